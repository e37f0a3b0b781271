//! What each member has for themselves in a room: read marker, notifications, mute.

use serde_json::{Value, json};

use crate::world::{User, World};

async fn state(user: &User, room: &str) -> Value {
    user.get(&format!("/v1/rooms/{room}/state")).await.ok()
}

async fn unread(user: &User, room: &str) -> u64 {
    state(user, room).await["unread_count"].as_u64().unwrap()
}

async fn mark(user: &User, room: &str, event: &Value) -> crate::world::Answer {
    user.put(&format!("/v1/rooms/{room}/read_marker"), json!({ "event_id": event["id"] })).await
}

#[tokio::test]
async fn a_read_marker_counts_what_is_unread_and_never_moves_back() {
    let world = World::start().await;
    let (alice, bob, dave) = (world.sign_in("alice").await, world.sign_in("bob").await, world.sign_in("dave").await);
    let room = &world.team;
    let (one, two) = (alice.say(room, "one").await, alice.say(room, "two").await);
    bob.say(room, "own messages are no news").await;
    assert_eq!((unread(&bob, room).await, unread(&alice, room).await), (2, 1));
    let (mut at_alice, mut at_bob) = (alice.stream().await, bob.stream().await);
    let mut other_window = world.sign_in("bob").await.stream().await;
    assert_eq!(mark(&bob, room, &one).await.ok(), json!({ "event_id": one["id"], "unread_count": 1 }));
    for events in [&mut at_bob, &mut other_window] {
        let told = events.next_of("swp.room.read_marker").await;
        assert_eq!((&told["room_id"], &told["event_id"], &told["unread_count"]), (&json!(room), &one["id"], &json!(1)));
    }
    mark(&bob, room, &two).await.ok();
    assert_eq!(mark(&bob, room, &one).await.ok(), json!({ "event_id": two["id"], "unread_count": 0 }), "not backwards");
    let state = state(&bob, room).await;
    assert_eq!((&state["unread_count"], &state["last_read_event_id"]), (&json!(0), &two["id"]));
    let three = alice.say(room, "three").await;
    assert_eq!(unread(&bob, room).await, 1);
    alice.post(&format!("/v1/rooms/{room}/events/{}/redact", three["id"].as_str().unwrap()), json!({})).await.ok();
    assert_eq!(unread(&bob, room).await, 0, "a wiped message is not to be read");
    let seen = at_alice.until("swp.room.redaction").await;
    assert!(seen.iter().all(|e| e["type"] != "swp.room.read_marker"), "nobody else's business: {seen:?}");
    let elsewhere = alice.say(&world.direct, "elsewhere").await;
    mark(&bob, room, &elsewhere).await.fails(404, "SW_EVENT_NOT_FOUND");
    mark(&bob, room, &json!({ "id": "evt-none" })).await.fails(404, "SW_EVENT_NOT_FOUND");
    mark(&dave, room, &one).await.fails(404, "SW_ROOM_NOT_FOUND");
}

#[tokio::test]
async fn who_joins_has_nothing_unread() {
    let world = World::start().await;
    let (alice, dave) = (world.sign_in("alice").await, world.sign_in("dave").await);
    let room = alice.public_room("Garden").await;
    let old = alice.say(&room, "long ago").await;
    dave.room(&room, "join").await.ok();
    assert_eq!(unread(&dave, &room).await, 0);
    alice.say(&room, "now").await;
    assert_eq!(unread(&dave, &room).await, 1);
    assert_eq!(mark(&dave, &room, &old).await.ok()["unread_count"], 1, "older than the joining: nothing changes");
}

#[tokio::test]
async fn notification_mode_and_mute_are_each_members_own() {
    let world = World::start().await;
    let (alice, bob, dave) = (world.sign_in("alice").await, world.sign_in("bob").await, world.sign_in("dave").await);
    let (mode, mute) =
        (format!("/v1/rooms/{}/notification-mode", world.team), format!("/v1/rooms/{}/mute", world.team));
    let (mut at_alice, mut at_bob) = (alice.stream().await, bob.stream().await);
    for word in ["all", "mentions", "none", "inherit"] {
        assert_eq!(bob.put(&mode, json!({ "mode": word })).await.ok()["notification_mode"], word);
        assert_eq!(at_bob.member(&bob).await.0, "join", "one's other devices look again");
    }
    let until = "2099-01-01T00:00:00Z";
    assert_eq!(bob.put(&mute, json!({ "muted_until": until })).await.ok()["muted_until"], until);
    assert_eq!(at_bob.member(&bob).await.0, "join");
    assert_eq!(state(&bob, &world.team).await["muted_until"], until);
    assert_eq!(state(&alice, &world.team).await["muted_until"], Value::Null);
    bob.put(&mute, json!({ "muted_until": null })).await.ok();
    assert_eq!(state(&bob, &world.team).await["muted_until"], Value::Null);
    for (path, body) in [
        (&mode, json!({ "mode": "loud" })),
        (&mode, json!({})),
        (&mute, json!({ "muted_until": "2001-01-01T00:00:00Z" })),
        (&mute, json!({ "muted_until": "tomorrow" })),
        (&mute, json!({})),
    ] {
        bob.put(path, body).await.fails(422, "SW_VALIDATION");
    }
    dave.put(&mode, json!({ "mode": "all" })).await.fails(404, "SW_ROOM_NOT_FOUND");
    dave.put(&mute, json!({ "muted_until": null })).await.fails(404, "SW_ROOM_NOT_FOUND");
    alice.say(&world.team, "done").await;
    assert_eq!(at_alice.next().await["type"], "swp.room.message", "nobody else hears of it");
}

#[tokio::test]
async fn the_rooms_state_is_complete() {
    let world = World::start().await;
    let alice = world.sign_in("alice").await;
    let state = state(&alice, &world.team).await;
    for (field, value) in [
        ("unread_count", json!(0)),
        ("last_read_event_id", Value::Null),
        ("muted_until", Value::Null),
        ("snoozed_event_ids", json!([])),
        ("engagement", Value::Null),
        ("plan", Value::Null),
        ("active_sidekicks", json!([])),
        ("active_call", Value::Null),
    ] {
        assert_eq!(state.get(field), Some(&value), "{field}");
    }
    assert_eq!(state["members"].as_array().unwrap().len(), 3);
}
