use std::time::Duration;

use futures_util::future::join_all;
use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::json;

use crate::world::{Answer, User, World, device_of, id_of, invite_of, seeds};

/// Asks after some hundred microseconds, so that each order comes up.
async fn soon(chance: u64, user: &User, call: &str, verb: &str) -> Answer {
    tokio::time::sleep(Duration::from_micros(chance)).await;
    user.call(call, verb).await
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_starts_at_once_are_one_call_and_one_ring_each() {
    let world = World::start().await;
    let users = [world.sign_in("alice").await, world.sign_in("bob").await, world.sign_in("carol").await];
    let mut streams = Vec::new();
    for user in &users {
        streams.push(user.stream().await);
    }
    let answers = join_all((0..50).map(|n| users[n % 2].initiate(&world.team))).await;
    let new = answers.iter().filter(|answer| answer.status == 201).count();
    let call = answers[0].body["data"]["call_id"].clone();
    assert_eq!(new, 1);
    assert!(answers.iter().all(|a| a.status <= 201 && a.body["data"]["call_id"] == call), "{answers:?}");
    let call = id_of(&json!({ "call_id": call }));
    let initiator = users[0].look(&call).await["initiator_id"].as_str().unwrap().to_owned();
    users.iter().find(|u| u.id == initiator).unwrap().call(&call, "end").await.ok();
    for (user, stream) in users.iter().zip(&mut streams) {
        let rings = stream.until("swp.call.ended").await.iter().filter(|e| e["type"] == "swp.call.invite").count();
        assert_eq!(rings, usize::from(user.id != initiator), "{}", user.id);
    }
    streams[0].state(|call| call["state"] == "ended").await;
    assert!(world.sfu.rooms().is_empty(), "{} rooms were made, all are gone", world.sfu.made());
}

#[tokio::test(flavor = "multi_thread")]
async fn answer_decline_and_hang_up_in_the_same_moment_leave_a_sound_call() {
    let world = World::start().await;
    let (alice, bob) = (world.sign_in("alice").await, world.sign_in("bob").await);
    for round in 0..20 {
        let mut at_alice = alice.stream().await;
        let call = id_of(&alice.initiate(&world.direct).await.ok());
        let rejected = format!("/v1/calls/{call}/reject");
        let (joined, declined, left) = tokio::join!(
            bob.call(&call, "join"),
            bob.post(&rejected, json!({ "device_id": "phone" })),
            alice.call(&call, "leave"),
        );
        declined.ok();
        left.ok();
        assert!(joined.status == 200 || joined.status == 410, "{joined:?}");
        // One of a direct call's two has left, so it is over, whatever came first, and it ended once.
        assert_eq!(at_alice.next_of("swp.call.ended").await["call_id"], call.as_str());
        let over = alice.look(&call).await;
        assert!(["ending", "ended"].contains(&over["state"].as_str().unwrap()), "round {round}: {over}");
        let invite = invite_of(&over, &bob);
        let reason = over["end_reason"].as_str().unwrap();
        let fits = [("accepted", "all_left"), ("declined", "declined"), ("cancelled", "cancelled")];
        assert!(fits.contains(&(&*invite, reason)), "round {round}: {invite} but {reason}");
        if joined.status == 200 {
            assert_eq!(device_of(&over, &bob), "left");
        }
    }
    let ended = alice.get(&format!("/v1/rooms/{}/messages?limit=200", world.direct)).await.ok();
    let count = |kind: &str| ended.as_array().unwrap().iter().filter(|e| e["event_type"] == kind).count();
    assert_eq!((count("swp.call.started"), count("swp.call.ended")), (20, 20));
}

#[tokio::test]
async fn a_ring_under_way_outlives_a_restart() {
    let mut world = World::with(|s| s.timings.ring_ms = 3000).await;
    let alice = world.sign_in("alice").await;
    let call = id_of(&alice.initiate(&world.direct).await.ok());
    world.restart().await;
    let bob = world.sign_in("bob").await;
    let mut at_bob = bob.stream().await;
    let found = bob.get("/v1/rooms").await.ok()[1]["active_call"].clone();
    assert_eq!((&found["call_id"], &found["state"]), (&json!(call), &json!("ringing")), "found again by active_call");
    let ended = at_bob.next_of("swp.call.ended").await;
    assert_eq!((&ended["call_id"], &ended["end_reason"]), (&json!(call), &json!("no_answer")));
}

#[tokio::test]
async fn a_call_under_way_outlives_a_restart() {
    let mut world = World::start().await;
    let (alice, bob) = (world.sign_in("alice").await, world.sign_in("bob").await);
    let call = id_of(&alice.initiate(&world.direct).await.ok());
    bob.call(&call, "join").await.ok();
    let room = format!("scaiwave-{call}");
    world.sfu.enter(&room, &alice.desk());
    world.sfu.enter(&room, &bob.desk());
    world.restart().await;
    // The first round of the reconciler finds whom no webhook told of.
    let alice = world.sign_in("alice").await;
    let mut events = alice.stream().await;
    let joined = |call: &serde_json::Value| device_of(call, &alice) == "joined" && device_of(call, &bob) == "joined";
    if !joined(&alice.look(&call).await) {
        events.state(joined).await;
    }
    assert_eq!(alice.call(&call, "end").await.ok()["end_reason"], "ended_by_user");
}

#[tokio::test]
async fn a_call_that_was_ending_is_ended_after_a_restart() {
    let mut world = World::with(|s| s.timings.delete_ms = 1000).await;
    let alice = world.sign_in("alice").await;
    let call = id_of(&alice.initiate(&world.direct).await.ok());
    alice.call(&call, "end").await.ok();
    world.restart().await;
    let alice = world.sign_in("alice").await;
    let mut events = alice.stream().await;
    if alice.look(&call).await["state"] != "ended" {
        events.state(|call| call["state"] == "ended").await;
    }
    assert!(world.sfu.rooms().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn joined_and_cancelled_in_the_same_instant_is_one_or_the_other() {
    let world = World::start().await;
    let (alice, bob) = (world.sign_in("alice").await, world.sign_in("bob").await);
    for seed in seeds(30) {
        let mut chance = StdRng::seed_from_u64(seed);
        let room = if seed % 2 == 0 { &world.team } else { &world.direct };
        let call = id_of(&alice.initiate(room).await.ok());
        let (first, second) = (chance.random_range(0..3_000), chance.random_range(0..3_000));
        let (joined, left) = tokio::join!(soon(first, &bob, &call, "join"), soon(second, &alice, &call, "leave"));
        left.ok();
        let after = bob.look(&call).await;
        let (state, reason) = (after["state"].as_str().unwrap(), after["end_reason"].as_str());
        match (joined.status, invite_of(&after, &bob).as_str(), reason) {
            // First joined, then left: bob waits for others, unless it was for two.
            (200, "accepted", None) => assert!(state == "active" && room == &world.team, "seed {seed}: {after}"),
            (200, "accepted", Some("all_left")) => assert_eq!(room, &world.direct, "seed {seed}: {after}"),
            (410, "cancelled", Some("cancelled")) => {}
            other => panic!("seed {seed}: {other:?} {after}"),
        }
        alice.call(&call, "end").await.ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn left_and_ended_together_is_ended_once() {
    let world = World::start().await;
    let (alice, bob) = (world.sign_in("alice").await, world.sign_in("bob").await);
    for seed in seeds(20) {
        let mut chance = StdRng::seed_from_u64(seed);
        let mut events = alice.stream().await;
        let call = id_of(&alice.initiate(&world.team).await.ok());
        bob.call(&call, "join").await.ok();
        let mut delay = || chance.random_range(0..2_000);
        let (a, b, c, d) = (delay(), delay(), delay(), delay());
        let answers = tokio::join!(
            soon(a, &bob, &call, "leave"),
            soon(b, &alice, &call, "end"),
            soon(c, &bob, &call, "end"),
            soon(d, &alice, &call, "leave"),
        );
        for answer in [answers.0, answers.1, answers.2, answers.3] {
            answer.ok();
        }
        let ended = events.next_of("swp.call.ended").await;
        assert_eq!((&ended["call_id"], &ended["end_reason"]), (&json!(call), &json!("ended_by_user")), "seed {seed}");
        let over = alice.look(&call).await;
        assert_eq!((device_of(&over, &alice), device_of(&over, &bob)), ("left".into(), "left".into()), "seed {seed}");
        let history = alice.get(&format!("/v1/rooms/{}/messages?limit=5", world.team)).await.ok();
        let entries = history.as_array().unwrap().iter().filter(|e| e["content"]["call_id"] == call.as_str());
        assert_eq!(entries.count(), 2, "seed {seed}: started once, ended once");
        events.leave().await;
    }
}
