use std::time::Duration;

use serde_json::json;

use crate::world::{World, device_of, id_of};

async fn world() -> World {
    World::with(|s| {
        s.reconcile = Duration::from_millis(50);
        s.timings.reconnect_ms = 300;
        s.timings.empty_ms = 300;
        s.timings.delete_ms = 100;
        s.timings.sfu_retry_ms = 100;
    })
    .await
}

#[tokio::test]
async fn without_an_sfu_nobody_is_rung() {
    let world = World::start().await;
    let (alice, bob) = (world.sign_in("alice").await, world.sign_in("bob").await);
    let mut at_bob = bob.stream().await;
    world.sfu.fail(true);
    let answer = alice.initiate(&world.direct).await;
    answer.fails(503, "SW_CALL_LIVEKIT_UNREACHABLE");
    assert_eq!(answer.retry_after.as_deref(), Some("5"));
    assert!(alice.get("/v1/rooms").await.ok()[1]["active_call"].is_null(), "nothing is left half open");
    world.sfu.fail(false);
    let call = id_of(&alice.initiate(&world.direct).await.ok());
    // The first thing bob hears of is the call that came about.
    let first = at_bob.next().await;
    assert_eq!((&first["type"], &first["call"]["call_id"]), (&json!("swp.call.invite"), &json!(call)));
    world.sfu.fail(true);
    bob.call(&call, "join").await.fails(503, "SW_CALL_LIVEKIT_UNREACHABLE");
    assert_eq!(bob.look(&call).await["state"], "ringing", "an answer that could not be given is none");
}

#[tokio::test]
async fn without_any_webhook_the_reconciler_sees_who_comes_and_goes() {
    let world = world().await;
    let (alice, bob, _, room) = world.talking().await;
    let mut events = alice.stream().await;
    world.sfu.drop_out(&room, &bob.desk());
    events.state(|call| device_of(call, &bob) == "reconnecting").await;
    world.sfu.enter(&room, &bob.desk());
    events.state(|call| device_of(call, &bob) == "joined").await;
    world.sfu.drop_out(&room, &bob.desk());
    let after = events.state(|call| device_of(call, &bob) == "left").await;
    assert_eq!(after["state"], "active", "alice is still in");
}

#[tokio::test]
async fn an_sfu_that_does_not_answer_removes_nobody() {
    let world = world().await;
    let (alice, bob, call, room) = world.talking().await;
    let mut events = alice.stream().await;
    world.sfu.drop_out(&room, &bob.desk());
    events.state(|call| device_of(call, &bob) == "reconnecting").await;
    world.sfu.fail(true);
    // Once every 50 ms at most: that is well past every grace.
    world.sfu.asked(20).await;
    let seen = alice.look(&call).await;
    assert_eq!((device_of(&seen, &alice), device_of(&seen, &bob)), ("joined".into(), "reconnecting".into()));
    world.sfu.enter(&room, &bob.desk());
    world.sfu.fail(false);
    events.state(|call| device_of(call, &bob) == "joined").await;
}

#[tokio::test]
async fn an_sfu_that_lost_the_room_gets_it_back_by_a_join() {
    let world = world().await;
    let (alice, bob, call, room) = world.talking().await;
    let mut events = alice.stream().await;
    world.sfu.lose_rooms();
    events.state(|call| device_of(call, &alice) == "reconnecting").await;
    alice.call(&call, "join").await.ok();
    world.sfu.enter(&room, &alice.desk());
    world.sfu.enter(&room, &bob.desk());
    events.state(|call| device_of(call, &alice) == "joined" && device_of(call, &bob) == "joined").await;
}

#[tokio::test]
async fn an_sfu_that_lost_the_room_for_good_ends_the_call() {
    let world = world().await;
    let (alice, ..) = world.talking().await;
    let mut events = alice.stream().await;
    world.sfu.lose_rooms();
    assert_eq!(events.next_of("swp.call.ended").await["end_reason"], "sfu_lost");
}

#[tokio::test]
async fn a_caller_who_never_reaches_the_sfu_does_not_ring_on() {
    let world = World::with(|s| s.timings.join_ms = 300).await;
    let (alice, bob) = (world.sign_in("alice").await, world.sign_in("bob").await);
    let mut at_bob = bob.stream().await;
    alice.initiate(&world.direct).await.ok();
    assert_eq!(at_bob.next_of("swp.call.ended").await["end_reason"], "initiator_never_joined");
}

#[tokio::test]
async fn a_room_the_sfu_will_not_delete_is_deleted_later() {
    let world = world().await;
    let (alice, _, call, _) = world.talking().await;
    let mut events = alice.stream().await;
    world.sfu.fail(true);
    assert_eq!(alice.call(&call, "end").await.ok()["state"], "ending");
    events.next_of("swp.call.ended").await;
    world.sfu.fail(false);
    events.state(|call| call["state"] == "ended").await;
    assert!(world.sfu.rooms().is_empty());
}
