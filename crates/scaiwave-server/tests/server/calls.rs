use serde_json::{Value, json};

use crate::world::{World, device_of, id_of, invite_of};

#[tokio::test]
async fn it_rings_is_answered_and_ended() {
    let world = World::start().await;
    let (alice, bob, carol) = (world.sign_in("alice").await, world.sign_in("bob").await, world.sign_in("carol").await);
    let (mut at_alice, mut at_bob) = (alice.stream().await, bob.stream().await);

    let answer = alice.initiate(&world.team).await;
    assert_eq!(answer.status, 201);
    let grant = answer.ok();
    let id = id_of(&grant);
    assert_eq!(grant["livekit_room"], format!("scaiwave-{id}"));
    assert_eq!(world.sfu.rooms(), [format!("scaiwave-{id}")]);

    let invite = at_bob.next_of("swp.call.invite").await;
    assert_eq!(
        (&invite["from"], &invite["call"]["call_id"], &invite["call"]["type"]),
        (&json!(alice.id), &json!(id), &json!("video"))
    );
    assert!((40_000..=45_000).contains(&invite["timeout_ms"].as_u64().unwrap()), "{invite}");
    assert_eq!(invite["call"]["permissions"]["can_end"], true, "bob has power 50");
    let entry = at_bob.next_of("swp.call.started").await;
    assert_eq!((&entry["content"]["call_id"], &entry["sender_id"]), (&json!(id), &json!(alice.id)));
    let ringing = at_alice.state(|call| invite_of(call, &bob) == "ringing").await;
    assert_eq!(invite_of(&ringing, &carol), "pending", "carol has no device on the stream");
    for path in [format!("/v1/rooms/{}", world.team), format!("/v1/rooms/{}/state", world.team)] {
        assert_eq!(carol.get(&path).await.ok()["active_call"]["call_id"], id.as_str());
    }
    assert_eq!(carol.get("/v1/rooms").await.ok()[0]["active_call"]["call_id"], id.as_str());
    assert_eq!(carol.look(&id).await["permissions"], json!({ "can_record": false, "can_end": false }));

    let joined = bob.call(&id, "join").await.ok();
    assert_eq!((&joined["call"]["state"], &joined["livekit_room"]), (&json!("active"), &grant["livekit_room"]));
    let update = at_bob.next_of("swp.call.invite_update").await;
    assert_eq!(update["state"], "ringing");
    let update = at_bob.next_of("swp.call.invite_update").await;
    assert_eq!((&update["state"], &update["device_id"]), (&json!("accepted"), &json!("desk")));

    carol.call(&id, "end").await.fails(403, "SW_CALL_FORBIDDEN");
    let ending = bob.call(&id, "end").await.ok();
    assert_eq!((&ending["state"], &ending["end_reason"]), (&json!("ending"), &json!("ended_by_user")));
    let ended = at_alice.next_of("swp.call.ended").await;
    assert_eq!((&ended["ended_by"], &ended["content"]["missed_by"]), (&json!(bob.id), &json!([carol.id])));
    assert_eq!(ended["content"]["duration_ms"], ended["duration_ms"]);

    at_alice.state(|call| call["state"] == "ended").await;
    assert!(world.sfu.rooms().is_empty(), "the SFU's room is deleted by force");
    carol.call(&id, "join").await.fails(410, "SW_CALL_ENDED");
    for verb in ["leave", "reject", "end", "heartbeat"] {
        assert_eq!(alice.call(&id, verb).await.ok()["state"], "ended", "{verb} after the end");
    }
    let history = alice.get(&format!("/v1/rooms/{}/messages", world.team)).await.ok();
    let kinds: Vec<_> = history.as_array().unwrap().iter().map(|e| e["event_type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["swp.call.ended", "swp.call.started"]);
    assert_eq!(carol.get("/v1/rooms").await.ok()[0]["active_call"], Value::Null);
}

#[tokio::test]
async fn the_token_opens_one_room_for_ten_minutes_and_no_more() {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    let world = World::start().await;
    let alice = world.sign_in("alice").await;
    let grant = alice.initiate(&world.team).await.ok();
    let claims = grant["livekit_token"].as_str().unwrap().split('.').nth(1).unwrap().to_owned();
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
    assert_eq!((claims["sub"].as_str(), claims["name"].as_str()), (Some(&*alice.desk()), Some("Alice")));
    assert!(claims["exp"].as_i64().unwrap() - claims["nbf"].as_i64().unwrap() <= 600);
    let video = json!({
        "roomJoin": true, "room": grant["livekit_room"], "canPublish": true, "canSubscribe": true, "canPublishData": false,
        "canPublishSources": ["camera", "microphone", "screen_share", "screen_share_audio"], "canUpdateOwnMetadata": false,
    });
    assert_eq!(claims["video"], video);
}

#[tokio::test]
async fn a_call_one_cannot_see_does_not_exist() {
    let world = World::start().await;
    let (alice, carol, dave) =
        (world.sign_in("alice").await, world.sign_in("carol").await, world.sign_in("dave").await);
    dave.initiate(&world.team).await.fails(404, "SW_ROOM_NOT_FOUND");
    let call = id_of(&alice.initiate(&world.direct).await.ok());
    for user in [carol, dave] {
        user.get(&format!("/v1/calls/{call}")).await.fails(404, "SW_CALL_NOT_FOUND");
        for verb in ["join", "leave", "reject", "end", "heartbeat"] {
            user.call(&call, verb).await.fails(404, "SW_CALL_NOT_FOUND");
        }
    }
    alice.get("/v1/calls/call-none").await.fails(404, "SW_CALL_NOT_FOUND");
}

#[tokio::test]
async fn a_reject_reaches_the_caller() {
    let world = World::start().await;
    let (alice, bob) = (world.sign_in("alice").await, world.sign_in("bob").await);
    let mut at_alice = alice.stream().await;
    let call = id_of(&alice.initiate(&world.direct).await.ok());
    let answer = bob.post(&format!("/v1/calls/{call}/reject"), json!({ "device_id": "desk", "reason": "busy" })).await;
    assert_eq!(invite_of(&answer.ok(), &bob), "busy");
    let ended = at_alice.next_of("swp.call.ended").await;
    assert_eq!((&ended["end_reason"], &ended["content"]["missed_by"]), (&json!("declined"), &json!([bob.id])));
}

#[tokio::test]
async fn answered_on_one_device_stops_the_other_and_its_late_decline_ends_nothing() {
    let world = World::start().await;
    let (alice, bob) = (world.sign_in("alice").await, world.sign_in("bob").await);
    let mut phone = world.sign_in("bob").await.stream().await;
    let call = id_of(&alice.initiate(&world.direct).await.ok());
    phone.next_of("swp.call.invite").await;
    bob.call(&call, "join").await.ok();
    loop {
        let update = phone.next_of("swp.call.invite_update").await;
        if update["state"] == "accepted" {
            assert_eq!(update["device_id"], "desk");
            break;
        }
    }
    let late = bob.post(&format!("/v1/calls/{call}/reject"), json!({ "device_id": "phone" })).await.ok();
    assert_eq!((&late["state"], invite_of(&late, &bob).as_str()), (&json!("active"), "accepted"));
}

#[tokio::test]
async fn the_caller_hangs_up_and_the_ring_stops() {
    let world = World::start().await;
    let (alice, bob) = (world.sign_in("alice").await, world.sign_in("bob").await);
    let mut at_bob = bob.stream().await;
    let call = id_of(&alice.initiate(&world.direct).await.ok());
    at_bob.next_of("swp.call.invite").await;
    alice.call(&call, "leave").await.ok();
    let seen = at_bob.until("swp.call.ended").await;
    let ended = seen.last().unwrap();
    assert_eq!((&ended["end_reason"], &ended["content"]["missed_by"]), (&json!("cancelled"), &json!([bob.id])));
    assert!(seen.iter().any(|e| e["type"] == "swp.call.invite_update" && e["state"] == "cancelled"));
}

#[tokio::test]
async fn a_direct_call_ends_when_one_hangs_up() {
    let world = World::start().await;
    let (alice, bob) = (world.sign_in("alice").await, world.sign_in("bob").await);
    let call = id_of(&alice.initiate(&world.direct).await.ok());
    bob.call(&call, "join").await.ok();
    let left = bob.call(&call, "leave").await.ok();
    assert_eq!(left["end_reason"], "all_left");
}

#[tokio::test]
async fn an_unanswered_ring_runs_out() {
    let world = World::with(|s| s.timings.ring_ms = 400).await;
    let (alice, bob) = (world.sign_in("alice").await, world.sign_in("bob").await);
    let mut at_bob = bob.stream().await;
    alice.initiate(&world.direct).await.ok();
    let seen = at_bob.until("swp.call.ended").await;
    assert_eq!(seen.last().unwrap()["end_reason"], "no_answer");
    assert!(seen.iter().any(|e| e["type"] == "swp.call.invite_update" && e["state"] == "missed"));
    assert_eq!(seen.last().unwrap()["content"]["missed_by"], json!([bob.id]));
}

#[tokio::test]
async fn a_second_start_joins_the_running_call() {
    let world = World::start().await;
    let (alice, bob) = (world.sign_in("alice").await, world.sign_in("bob").await);
    let first = alice.initiate(&world.team).await.ok();
    let second = bob.initiate(&world.team).await;
    assert_eq!(second.status, 200);
    let second = second.ok();
    assert_eq!((&second["call_id"], &second["call"]["state"]), (&first["call_id"], &json!("active")));
    assert_eq!(invite_of(&second["call"], &bob), "accepted");
    alice.call(&id_of(&first), "end").await.ok();
    assert_eq!(bob.initiate(&world.team).await.status, 201, "after the end the room may have another call");
}

#[tokio::test]
async fn heartbeats_answer_the_call_and_bump_no_version() {
    let world = World::start().await;
    let alice = world.sign_in("alice").await;
    let call = id_of(&alice.initiate(&world.team).await.ok());
    let before = alice.look(&call).await;
    assert_eq!(alice.call(&call, "heartbeat").await.ok(), before);
    let silent = alice.send(reqwest::Method::POST, &format!("/v1/calls/{call}/heartbeat"), None).await;
    assert_eq!(silent.ok(), before, "a body may be left out");
    assert_eq!(device_of(&before, &alice), "token_issued");
}

#[tokio::test]
async fn a_group_call_ends_some_time_after_the_last_one_left() {
    let world = World::with(|s| s.timings.empty_ms = 300).await;
    let (alice, bob) = (world.sign_in("alice").await, world.sign_in("bob").await);
    let mut at_bob = bob.stream().await;
    let call = id_of(&alice.initiate(&world.team).await.ok());
    bob.call(&call, "join").await.ok();
    alice.call(&call, "leave").await.ok();
    assert_eq!(bob.call(&call, "leave").await.ok()["state"], "active");
    assert_eq!(at_bob.next_of("swp.call.ended").await["end_reason"], "all_left");
}
