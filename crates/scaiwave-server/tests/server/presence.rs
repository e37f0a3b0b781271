//! Who is there and who types; the clock is moved, nobody waits for it.

use std::time::Duration;

use serde_json::{Value, json};

use crate::world::{User, World};

const MINUTE: Duration = Duration::from_secs(60);

async fn beat(user: &User, device: &str, active: bool) {
    let answer = user.post("/v1/me/presence/heartbeat", json!({ "device_id": device, "active": active })).await;
    assert_eq!(answer.status, 204, "{answer:?}");
}

async fn choose(user: &User, status: Value) -> Value {
    user.put("/v1/me/presence", json!({ "status": status })).await.ok()["status"].clone()
}

async fn seen(by: &User, who: &User) -> Value {
    by.get(&format!("/v1/presence?ids={}", who.id)).await.ok()[&who.id].clone()
}

#[tokio::test]
async fn heartbeats_say_online_then_idle_and_silence_says_offline() {
    let world = World::start().await;
    let (alice, bob) = (world.sign_in("alice").await, world.sign_in("bob").await);
    let mut events = alice.stream().await;
    assert_eq!(seen(&alice, &bob).await, "offline");
    beat(&bob, "desk", true).await;
    assert_eq!(events.presence_of(&bob).await, "online");
    for _ in 0..4 {
        world.clock.advance(MINUTE);
        beat(&bob, "desk", false).await;
    }
    world.clock.advance(MINUTE);
    assert_eq!(events.presence_of(&bob).await, "idle", "told once, and online was not told again");
    beat(&bob, "phone", true).await;
    assert_eq!(events.presence_of(&bob).await, "online", "the most awake device wins");
    world.clock.advance(2 * MINUTE);
    assert_eq!(events.presence_of(&bob).await, "offline");
    assert_eq!(seen(&alice, &bob).await, "offline");
}

#[tokio::test]
async fn an_open_stream_is_presence_and_its_end_is_forgiven_for_two_minutes() {
    let world = World::start().await;
    let (alice, bob) = (world.sign_in("alice").await, world.sign_in("bob").await);
    let mut events = alice.stream().await;
    let stream = bob.stream().await;
    assert_eq!(events.presence_of(&bob).await, "online");
    world.clock.advance(5 * MINUTE);
    assert_eq!(events.presence_of(&bob).await, "idle");
    world.clock.advance(60 * MINUTE);
    stream.leave().await;
    let back = bob.stream().await;
    assert_eq!(events.presence_of(&bob).await, "online", "no offline between");
    back.leave().await;
    // The server learns of the end in its own time; two minutes after that Bob is gone.
    while seen(&alice, &bob).await != "offline" {
        world.clock.advance(2 * MINUTE);
    }
    events.next_presence(&bob, "offline").await;
}

#[tokio::test]
async fn busy_stays_until_it_is_reset_even_over_a_restart() {
    let mut world = World::start().await;
    let (alice, bob) = (world.sign_in("alice").await, world.sign_in("bob").await);
    let mut events = alice.stream().await;
    beat(&bob, "desk", true).await;
    assert_eq!(events.presence_of(&bob).await, "online");
    assert_eq!(choose(&bob, json!("busy")).await, "busy");
    assert_eq!(events.presence_of(&bob).await, "busy");
    world.restart().await;
    let again = |user: &User| User { base: world.base(), ..user.clone() };
    let (alice, bob) = (again(&alice), again(&bob));
    let mut events = alice.stream().await;
    assert_eq!(seen(&alice, &bob).await, "offline");
    beat(&bob, "desk", true).await;
    assert_eq!(events.presence_of(&bob).await, "busy");
    assert_eq!((seen(&alice, &bob).await, &bob.get("/v1/me").await.ok()["presence"]), (json!("busy"), &json!("busy")));
    assert_eq!(choose(&bob, Value::Null).await, "online");
    assert_eq!(events.presence_of(&bob).await, "online");
}

#[tokio::test]
async fn appear_offline_looks_offline_except_to_who_had_a_direct_message_of_late() {
    let world = World::start().await;
    let (alice, bob, carol) = (world.sign_in("alice").await, world.sign_in("bob").await, world.sign_in("carol").await);
    let message = json!({ "content": { "msgtype": "swp.text", "body": "hello" } });
    let (mut of_alice, mut of_carol, mut own) = (alice.stream().await, carol.stream().await, bob.stream().await);
    assert_eq!(of_alice.presence_of(&bob).await, "online");
    assert_eq!(of_carol.presence_of(&bob).await, "online");
    assert_eq!(own.presence_of(&bob).await, "online");

    assert_eq!(choose(&bob, json!("appear_offline")).await, "appear_offline");
    assert_eq!(own.presence_of(&bob).await, "appear_offline");
    for events in [&mut of_alice, &mut of_carol] {
        assert_eq!(events.presence_of(&bob).await, "offline");
    }
    assert_eq!((seen(&alice, &bob).await, seen(&bob, &bob).await), (json!("offline"), json!("appear_offline")));

    // A message between them, and Alice sees through it; Carol does not.
    alice.post(&format!("/v1/rooms/{}/send", world.direct), message).await.ok();
    assert_eq!((seen(&alice, &bob).await, seen(&carol, &bob).await), (json!("online"), json!("offline")));
    world.clock.advance(25 * 60 * MINUTE);
    assert_eq!(seen(&alice, &bob).await, "offline", "a day later it is of late no more");
}

#[tokio::test]
async fn presence_is_told_to_who_shares_a_room_and_asked_for_within_bounds() {
    let world = World::start().await;
    let (alice, bob, dave) = (world.sign_in("alice").await, world.sign_in("bob").await, world.sign_in("dave").await);
    let mut theirs = dave.stream().await;
    let mut events = alice.stream().await;
    beat(&bob, "desk", true).await;
    assert_eq!(events.presence_of(&bob).await, "online");
    beat(&dave, "desk", true).await;
    choose(&dave, json!("busy")).await;
    assert_eq!(theirs.all_presence_until("busy").await, [&*dave.id], "Dave shares no room with anybody");
    let both = alice.get(&format!("/v1/presence?ids={},{},nobody,", bob.id, dave.id)).await.ok();
    assert_eq!(both, json!({ bob.id.clone(): "online", dave.id.clone(): "busy" }));
    let many = vec!["x"; 201].join(",");
    for query in ["", "?ids=", "?ids=,", &format!("?ids={many}")] {
        alice.get(&format!("/v1/presence{query}")).await.fails(422, "SW_VALIDATION");
    }
    for body in [json!({}), json!({ "status": "offline" }), json!({ "status": "asleep" })] {
        assert!(alice.put("/v1/me/presence", body).await.fails(422, "SW_VALIDATION").contains("status"));
    }
    let bad = json!({ "device_id": "a/b", "active": true });
    assert!(alice.post("/v1/me/presence/heartbeat", bad).await.fails(422, "SW_VALIDATION").contains("device_id"));
}

#[tokio::test]
async fn typing_is_told_to_the_other_members_and_clears_itself() {
    let world = World::start().await;
    let (alice, bob, dave) = (world.sign_in("alice").await, world.sign_in("bob").await, world.sign_in("dave").await);
    let (mut own, mut theirs) = (alice.stream().await, bob.stream().await);
    let types = async |typing: bool| {
        let answer = alice.put("/v1/typing", json!({ "room_id": world.team, "typing": typing })).await;
        assert_eq!(answer.status, 204, "{answer:?}");
    };
    let mut told = async || {
        let event = theirs.next().await;
        assert_eq!((&event["type"], &event["room_id"]), (&json!("typing"), &json!(world.team)));
        assert_eq!((&event["participant_id"], &event["id"]), (&json!(alice.id), &Value::Null));
        event["typing"].as_bool().unwrap()
    };
    types(true).await;
    assert!(told().await);
    types(true).await;
    types(false).await;
    assert!(!told().await, "at every key nobody wants to know");
    types(false).await;
    types(true).await;
    assert!(told().await);
    world.clock.advance(Duration::from_secs(3));
    types(true).await;
    assert!(told().await, "who goes on typing is told again");
    world.clock.advance(Duration::from_secs(4));
    assert!(!told().await);

    let message = json!({ "content": { "msgtype": "swp.text", "body": "done" } });
    alice.post(&format!("/v1/rooms/{}/send", world.team), message).await.ok();
    assert_eq!(own.next().await["type"], "swp.room.message", "not to who types");
    let room = json!({ "room_id": world.team, "typing": true });
    dave.put("/v1/typing", room).await.fails(404, "SW_ROOM_NOT_FOUND");
    alice.put("/v1/typing", json!({ "room_id": world.team })).await.fails(422, "SW_VALIDATION");
}
