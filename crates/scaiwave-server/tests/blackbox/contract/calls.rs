//! reference/api/calls

use serde_json::{Value, json};

use crate::{sfu::signal, shape::is_like, user::until, world::World};

/// The call object, which the vendor's page hides and the design decides.
pub fn call_example() -> Value {
    json!({
        "call_id": "call-*", "room_id": "room-*", "type": "video", "state": "<string>", "version": "<int>",
        "initiator_id": "<uuid>", "started_at": "<time>", "answered_at": "<time?>", "ended_at": "<time?>",
        "end_reason": "<string?>", "ring_expires_at": "<time>", "livekit_room": "scaiwave-call-*",
        "participants": [{
            "participant_id": "<uuid>", "device_id": "<string>", "state": "<string>", "joined_at": "<time?>", "left_at": "<time?>",
        }],
        "invites": [{ "participant_id": "<uuid>", "state": "<string>" }],
        "permissions": { "can_record": "<bool>", "can_end": "<bool>" },
    })
}

fn grant_example() -> Value {
    json!({
        "call_id": "call-*", "livekit_url": "<url>", "livekit_token": "<string>", "livekit_room": "scaiwave-call-*",
        "token_expires_at": "<time>", "call": call_example(),
    })
}

#[tokio::test]
async fn a_call_is_initiated_joined_and_left() {
    let world = World::with_sfu(&[]).await;
    let (alice, bob) = (world.sign_in("alice").await, world.sign_in("bob").await);
    let grant = alice.initiate(&world.team).await.is(201);
    is_like(&grant, grant_example());
    let call = grant["call_id"].as_str().unwrap();
    assert_eq!(grant["livekit_room"], format!("scaiwave-{call}"));
    assert_eq!(grant["call"]["state"], "ringing");

    let again = bob.initiate(&world.team).await.is(200);
    is_like(&again, grant_example());
    assert_eq!((&again["call_id"], &again["call"]["state"]), (&grant["call_id"], &json!("active")));

    let joined = bob.call(call, "join").await.is(200);
    is_like(&joined, grant_example());
    assert_ne!(joined["livekit_token"], grant["livekit_token"], "a token of one's own");

    let shown = alice.get(&format!("/v1/calls/{call}")).await.is(200);
    is_like(&shown, call_example());
    for room in ["", "/state"] {
        let path = format!("/v1/rooms/{}{room}", world.team);
        assert_eq!(alice.get(&path).await.is(200)["active_call"], shown, "the same object in {path}");
    }
    is_like(&bob.call(call, "leave").await.is(200), call_example());
    is_like(&alice.call(call, "heartbeat").await.is(200), call_example());
    let ended = alice.call(call, "end").await.is(200);
    is_like(&ended, call_example());
    assert_eq!(ended["end_reason"], "ended_by_user");
    for verb in ["leave", "reject", "end"] {
        alice.call(call, verb).await.is(200);
    }
    bob.call(call, "join").await.fails(410, "SW_CALL_ENDED");
    assert_eq!(alice.get(&format!("/v1/rooms/{}/state", world.team)).await.ok()["active_call"], Value::Null);
}

#[tokio::test]
async fn the_tokens_open_the_room_at_the_sfu() {
    let world = World::with_sfu(&[]).await;
    let (alice, bob) = (world.sign_in("alice").await, world.sign_in("bob").await);
    let grant = alice.initiate(&world.direct).await.is(201);
    let call = grant["call_id"].as_str().unwrap();
    let _alice = signal(&grant).await.unwrap();
    let _bob = signal(&bob.call(call, "join").await.is(200)).await.unwrap();
    let room = grant["livekit_room"].as_str().unwrap();
    let present = world.sfu.as_ref().unwrap().present(room).await;
    for person in [&alice, &bob] {
        assert!(present.iter().any(|identity| identity.starts_with(&person.id)), "{present:?}");
    }
    alice.call(call, "end").await.is(200);
    until("the room is deleted", async || world.sfu.as_ref().unwrap().room_names().await.is_empty()).await;
}

#[tokio::test]
async fn a_ring_is_rejected() {
    let world = World::with_sfu(&[]).await;
    let (alice, bob) = (world.sign_in("alice").await, world.sign_in("bob").await);
    let call = alice.initiate(&world.direct).await.is(201)["call_id"].as_str().unwrap().to_owned();
    let rejected = bob.call(&call, "reject").await.is(200);
    is_like(&rejected, call_example());
    assert_eq!((&rejected["invites"][0]["state"], &rejected["end_reason"]), (&json!("declined"), &json!("declined")));
}

#[tokio::test]
async fn a_call_is_ended_by_its_initiator_or_with_power() {
    let world = World::with_sfu(&[]).await;
    let (bob, carol) = (world.sign_in("bob").await, world.sign_in("carol").await);
    let call = bob.initiate(&world.team).await.is(201)["call_id"].as_str().unwrap().to_owned();
    carol.call(&call, "end").await.fails(403, "SW_CALL_FORBIDDEN");
    world.sign_in("alice").await.call(&call, "end").await.is(200);
    let call = carol.initiate(&world.team).await.is(201)["call_id"].as_str().unwrap().to_owned();
    carol.call(&call, "end").await.is(200);
}

#[tokio::test]
async fn a_call_that_is_not_there_is_not_found() {
    let world = World::start().await;
    let alice = world.sign_in("alice").await;
    alice.get("/v1/calls/call-0").await.fails(404, "SW_CALL_NOT_FOUND");
    for verb in ["join", "leave", "reject", "end", "recording/start", "recording/stop"] {
        let body = json!({ "audio": true, "video": true, "transcript": false });
        alice.post(&format!("/v1/calls/call-0/{verb}"), body).await.fails(404, "SW_CALL_NOT_FOUND");
    }
    alice.get("/v1/calls/call-0/recordings").await.fails(404, "SW_CALL_NOT_FOUND");
    alice.initiate("room-0").await.fails(404, "SW_ROOM_NOT_FOUND");
    world.sign_in("dave").await.initiate(&world.team).await.fails(404, "SW_ROOM_NOT_FOUND");
}

#[tokio::test]
async fn a_start_without_room_or_type_names_what_is_missing() {
    let world = World::start().await;
    let alice = world.sign_in("alice").await;
    for (body, names) in [
        (json!({ "type": "audio" }), "room_id"),
        (json!({ "room_id": world.team }), "type"),
        (json!({ "room_id": world.team, "type": "hologram" }), "type"),
        (json!({ "room_id": 7, "type": "audio" }), "room_id"),
    ] {
        let message = alice.post("/v1/calls/initiate", body).await.fails(422, "SW_VALIDATION");
        assert!(message.contains(names), "{message}");
    }
}

#[tokio::test]
async fn without_the_sfu_nobody_is_called() {
    let world = World::start().await;
    let (alice, bob) = (world.sign_in("alice").await, world.sign_in("bob").await);
    let mut at_bob = bob.stream().await;
    let refused = alice.initiate(&world.team).await;
    refused.fails(503, "SW_CALL_LIVEKIT_UNREACHABLE");
    assert!(refused.header("retry-after").is_some_and(|seconds| seconds.parse::<u32>().is_ok()), "{refused:?}");
    alice.say(&world.team, "cannot call").await.ok();
    let mut before = at_bob.before(|event| event["type"] == "swp.room.message").await;
    before.retain(|event| event["type"] != "presence");
    assert!(before.is_empty(), "it rang: {before:?}");
}
