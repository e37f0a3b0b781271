//! reference/websocket-events, tutorials/developer/subscribe-to-websocket-events

use serde_json::{Value, json};

use super::calls::call_example;
use crate::{
    events::Events,
    shape::is_like,
    world::{SERVER_NAME, World},
};

/// What all events of rooms have.
fn envelope(kind: &str, room: &str) -> Value {
    json!({ "type": kind, "id": "evt-*", "room_id": room, "tenant_id": "<string>", "ts": "<time>" })
}

#[tokio::test]
async fn the_first_frame_is_hello() {
    let world = World::start().await;
    let alice = world.sign_in("alice").await;
    let tenant = alice.press("/v1/auth/register").await.ok()["tenant_id"].clone();
    let hello = Events::open(&alice.base, &alice.token).await.unwrap().next().await;
    let example = json!({
        "type": "hello", "session_id": "<uuid>", "server_name": SERVER_NAME, "tenant_id": tenant, "ts": "<time>",
    });
    is_like(&hello, example);
    assert!(hello.get("id").is_none() && hello.get("room_id").is_none(), "{hello}");
}

#[tokio::test]
async fn a_message_reaches_everybody_its_sender_too() {
    let world = World::start().await;
    let (alice, bob) = (world.sign_in("alice").await, world.sign_in("bob").await);
    let (mut at_alice, mut at_bob) = (alice.stream().await, bob.stream().await);
    let sent = alice.say(&world.team, "hello").await.ok();
    for events in [&mut at_alice, &mut at_bob] {
        let event = events.next_of("swp.room.message").await;
        is_like(&event, envelope("swp.room.message", &world.team));
        let example = json!({
            "id": sent["id"], "sender_id": alice.id, "content": { "msgtype": "swp.text", "body": "hello" },
            "stream_position": sent["stream_position"], "origin_ts": "<seconds>",
        });
        is_like(&event, example);
    }
}

#[tokio::test]
async fn nobody_hears_of_rooms_they_are_not_in() {
    let world = World::start().await;
    let (alice, carol) = (world.sign_in("alice").await, world.sign_in("carol").await);
    let mut at_carol = carol.stream().await;
    alice.say(&world.direct, "between us").await.ok();
    alice.say(&world.team, "for all").await.ok();
    let event = at_carol.next_of("swp.room.message").await;
    assert_eq!(event["content"]["body"], "for all");
}

#[tokio::test]
async fn a_call_invites_and_tells_its_state() {
    let world = World::with_sfu(&[]).await;
    let (alice, bob) = (world.sign_in("alice").await, world.sign_in("bob").await);
    let (mut at_alice, mut at_bob) = (alice.stream().await, bob.stream().await);
    let call = alice.initiate(&world.team).await.is(201)["call_id"].clone();
    let invite = at_bob.next_of("swp.call.invite").await;
    is_like(&invite, envelope("swp.call.invite", &world.team));
    let example = json!({
        "call": call_example(), "from": alice.id, "timeout_ms": "<int>", "expires_at": "<time>",
    });
    is_like(&invite, example);
    assert_eq!(invite["call"]["call_id"], call);
    assert_eq!(invite["expires_at"], invite["call"]["ring_expires_at"]);

    bob.call(call.as_str().unwrap(), "join").await.ok();
    let state = at_alice.find(|event| event["type"] == "swp.call.state" && event["call"]["state"] == "active").await;
    is_like(&state, envelope("swp.call.state", &world.team));
    is_like(&state, json!({ "call": call_example() }));

    alice.call(call.as_str().unwrap(), "end").await.ok();
    let state = at_bob.find(|event| event["type"] == "swp.call.state" && event["call"]["state"] == "ending").await;
    is_like(&state["call"], json!({ "end_reason": "ended_by_user", "ended_at": "<time>" }));
    let ended = at_bob.next_of("swp.call.ended").await;
    is_like(&ended, envelope("swp.call.ended", &world.team));
    is_like(
        &ended,
        json!({ "call_id": call, "end_reason": "ended_by_user", "ended_by": alice.id, "duration_ms": "<int>" }),
    );
}

#[tokio::test]
async fn who_calls_is_not_rung() {
    let world = World::with_sfu(&[]).await;
    let alice = world.sign_in("alice").await;
    let mut at_alice = alice.stream().await;
    let call = alice.initiate(&world.team).await.is(201)["call_id"].as_str().unwrap().to_owned();
    alice.call(&call, "end").await.ok();
    let before = at_alice.before(|event| event["type"] == "swp.call.ended").await;
    assert!(before.iter().all(|event| event["type"] != "swp.call.invite"), "{before:?}");
}

#[tokio::test]
async fn versions_of_a_call_rise() {
    let world = World::with_sfu(&[]).await;
    let (alice, bob) = (world.sign_in("alice").await, world.sign_in("bob").await);
    let mut at_bob = bob.stream().await;
    let call = alice.initiate(&world.team).await.is(201)["call_id"].as_str().unwrap().to_owned();
    bob.call(&call, "join").await.ok();
    alice.call(&call, "end").await.ok();
    let seen = at_bob.before(|event| event["type"] == "swp.call.ended").await;
    let states = seen.iter().filter(|event| event["type"] == "swp.call.state");
    let versions: Vec<u64> = states.map(|event| event["call"]["version"].as_u64().unwrap()).collect();
    assert!(versions.len() > 2 && versions.is_sorted_by(|a, b| a < b), "{versions:?}");
}

#[tokio::test]
async fn a_member_who_comes_or_goes_is_told_of() {
    let world = World::start().await;
    let (alice, bob, carol) = (world.sign_in("alice").await, world.sign_in("bob").await, world.sign_in("carol").await);
    let mut at_bob = bob.stream().await;
    carol.press(&format!("/v1/rooms/{}/leave", world.team)).await.ok();
    let event = at_bob.next_of("swp.room.member").await;
    is_like(&event, envelope("swp.room.member", &world.team));
    is_like(&event, json!({ "participant_id": carol.id, "membership": "leave", "changed_by": carol.id }));
    let body = json!({ "participant_id": carol.id });
    alice.post(&format!("/v1/rooms/{}/ban", world.team), body).await.ok();
    let event = at_bob.next_of("swp.room.member").await;
    is_like(&event, json!({ "participant_id": carol.id, "membership": "ban", "changed_by": alice.id }));
}

#[tokio::test]
async fn a_new_name_and_topic_are_told() {
    let world = World::start().await;
    let (alice, bob) = (world.sign_in("alice").await, world.sign_in("bob").await);
    let mut at_bob = bob.stream().await;
    for (what, value) in [("name", "The Team"), ("topic", "What we do")] {
        alice.put(&format!("/v1/rooms/{}/{what}", world.team), json!({ what: value })).await.ok();
        let kind = format!("swp.room.{what}");
        let event = at_bob.next_of(&kind).await;
        is_like(&event, envelope(&kind, &world.team));
        assert_eq!(event[what], value, "{event}");
    }
}

#[tokio::test]
async fn a_redaction_and_a_reaction_are_told() {
    let world = World::start().await;
    let (alice, bob) = (world.sign_in("alice").await, world.sign_in("bob").await);
    let mut at_bob = bob.stream().await;
    let id = alice.say(&world.team, "oops").await.ok()["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/rooms/{}/events/{id}", world.team);
    bob.post(&format!("{path}/reaction"), json!({ "emoji": "👍" })).await.ok();
    let event = at_bob.next_of("swp.room.reaction").await;
    is_like(&event, envelope("swp.room.reaction", &world.team));
    is_like(&event, json!({ "event_id": id, "sender_id": bob.id, "emoji": "👍" }));

    alice.post(&format!("{path}/redact"), json!({ "reason": "a slip" })).await.ok();
    let event = at_bob.next_of("swp.room.redaction").await;
    is_like(&event, envelope("swp.room.redaction", &world.team));
    is_like(&event, json!({ "event_id": id, "redacted_by": alice.id, "reason": "a slip" }));
}

#[tokio::test]
async fn typing_is_told_to_the_others_and_clears_itself() {
    let world = World::start().await;
    let (alice, bob) = (world.sign_in("alice").await, world.sign_in("bob").await);
    let mut at_bob = bob.stream().await;
    alice.put("/v1/typing", json!({ "room_id": world.team, "typing": true })).await.ok();
    let event = at_bob.next_of("typing").await;
    let example = json!({ "room_id": world.team, "participant_id": alice.id, "typing": true, "tenant_id": "<string>", "ts": "<time>" });
    is_like(&event, example);
    assert!(event.get("id").is_none(), "an id is for swp.* alone: {event}");
    // After 4 s of silence.
    assert_eq!(at_bob.next_of("typing").await["typing"], false);
}

#[tokio::test]
async fn presence_is_told() {
    let world = World::start().await;
    let (alice, bob) = (world.sign_in("alice").await, world.sign_in("bob").await);
    let (mut at_bob, _at_alice) = (bob.stream().await, alice.stream().await);
    alice.put("/v1/me/presence", json!({ "status": "busy" })).await.ok();
    let event = at_bob.find(|event| event["type"] == "presence" && event["status"] == "busy").await;
    is_like(&event, json!({ "participant_id": alice.id, "tenant_id": "<string>", "ts": "<time>" }));
}

#[tokio::test]
async fn a_token_that_is_no_good_is_closed_with_4001() {
    let world = World::start().await;
    for token in ["", "nonsense"] {
        assert_eq!(u16::from(Events::open(&world.base(), token).await.unwrap().closed().await.code), 4001);
    }
}

#[tokio::test]
async fn the_same_token_again_closes_the_older_socket_with_4003() {
    let world = World::start().await;
    let alice = world.sign_in("alice").await;
    let mut older = alice.stream().await;
    let mut newer = alice.stream().await;
    let closed = older.closed().await;
    assert_eq!((u16::from(closed.code), closed.reason.as_str()), (4003, "duplicate_connection"));
    alice.say(&world.team, "still here").await.ok();
    newer.next_of("swp.room.message").await;
}
