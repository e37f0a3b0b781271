//! The SFU dies, before, during and after a call. Participants are signalling connections, which is enough to be listed.

use std::time::Duration;

use serde_json::Value;

use crate::{
    sfu::{Signal, signal},
    user::{User, until},
    world::World,
};

/// A device has 6 s to reach the SFU; one that dropped out is given up after 4 s, an empty call after 4 s more.
const SETTINGS: [(&str, &str); 1] = [("SCAIWAVE_TIME_LAPSE", "5")];

async fn look(user: &User, call: &str) -> Value {
    user.get(&format!("/v1/calls/{call}")).await.is(200)
}

async fn call_is(user: &User, call: &str, what: &str, fulfils: impl Fn(&Value) -> bool) {
    until(what, async || fulfils(&look(user, call).await)).await;
}

fn joined(call: &Value) -> usize {
    call["participants"].as_array().unwrap().iter().filter(|device| device["state"] == "joined").count()
}

/// Alice and Bob in a call; answers both, Alice's grant, and their connections to the SFU.
async fn talking(world: &World) -> (User, User, Value, [Signal; 2]) {
    let (alice, bob) = (world.sign_in("alice").await, world.sign_in("bob").await);
    let grant = alice.initiate(&world.team).await.is(201);
    let call = grant["call_id"].as_str().unwrap();
    let at_sfu = [signal(&grant).await.unwrap(), signal(&bob.call(call, "join").await.is(200)).await.unwrap()];
    call_is(&alice, call, "both are in", |call| joined(call) == 2).await;
    (alice, bob, grant, at_sfu)
}

#[tokio::test]
async fn before_a_call_nobody_is_rung() {
    let mut world = World::with_sfu(&SETTINGS).await;
    let (alice, bob) = (world.sign_in("alice").await, world.sign_in("bob").await);
    let mut at_bob = bob.stream().await;
    world.sfu.as_mut().unwrap().kill().await;
    let refused = alice.initiate(&world.direct).await;
    refused.fails(503, "SW_CALL_LIVEKIT_UNREACHABLE");
    assert!(refused.header("retry-after").is_some_and(|seconds| seconds.parse::<u32>().is_ok()), "{refused:?}");
    assert_eq!(
        alice.get("/v1/sync?timeout=0").await.is(200)["events"],
        serde_json::json!([]),
        "not even in the timeline"
    );
    world.sfu.as_mut().unwrap().again().await;
    let call = alice.initiate(&world.direct).await.is(201)["call_id"].clone();
    assert_eq!(
        at_bob.next_of("swp.call.invite").await["call"]["call_id"],
        call,
        "the first that rang is the one that could"
    );
}

#[tokio::test]
async fn during_a_call_without_return_it_ends_as_lost_and_nobody_stays() {
    let mut world = World::with_sfu(&SETTINGS).await;
    let (alice, _, grant, at_sfu) = talking(&world).await;
    let call = grant["call_id"].as_str().unwrap();
    let sfu = world.sfu.as_mut().unwrap();
    sfu.kill().await;
    drop(at_sfu);
    // Its word is awaited: while it says nothing nobody is removed.
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!((look(&alice, call).await["state"].as_str(), joined(&look(&alice, call).await)), (Some("active"), 2));
    // It returns without memory; nobody comes back.
    sfu.again().await;
    call_is(&alice, call, "the call is over", |call| call["state"] == "ended").await;
    let over = look(&alice, call).await;
    assert_eq!(over["end_reason"], "sfu_lost", "{over}");
    assert!(over["participants"].as_array().unwrap().iter().all(|device| device["state"] == "left"), "a ghost: {over}");
    assert_eq!(alice.initiate(&world.team).await.status, 201, "the room may have another call");
}

#[tokio::test]
async fn during_a_call_it_goes_on_if_people_come_back() {
    // Slower: the two need time to come back.
    let mut world = World::with_sfu(&[("SCAIWAVE_TIME_LAPSE", "2")]).await;
    let (alice, bob, grant, at_sfu) = talking(&world).await;
    let call = grant["call_id"].as_str().unwrap();
    let sfu = world.sfu.as_mut().unwrap();
    sfu.kill().await;
    drop(at_sfu);
    sfu.again().await;
    // A fresh token, for which the room is made anew.
    let again = (alice.call(call, "join").await.is(200), bob.call(call, "join").await.is(200));
    let at_sfu = [signal(&again.0).await.unwrap(), signal(&again.1).await.unwrap()];
    let present = world.sfu.as_ref().unwrap().present(grant["livekit_room"].as_str().unwrap()).await;
    assert_eq!(present.len(), 2, "{present:?}");
    call_is(&alice, call, "both are in again", |call| joined(call) == 2).await;
    assert_eq!(look(&alice, call).await["state"], "active");
    assert_eq!(alice.call(call, "end").await.is(200)["end_reason"], "ended_by_user");
    drop(at_sfu);
}

#[tokio::test]
async fn after_a_call_nothing_is_stuck_in_ending() {
    let mut world = World::with_sfu(&SETTINGS).await;
    let alice = world.sign_in("alice").await;
    let call = alice.initiate(&world.team).await.is(201)["call_id"].as_str().unwrap().to_owned();
    world.sfu.as_mut().unwrap().kill().await;
    assert_eq!(alice.call(&call, "end").await.is(200)["state"], "ending");
    world.sfu.as_mut().unwrap().again().await;
    call_is(&alice, &call, "it is ended", |call| call["state"] == "ended").await;
}

#[tokio::test]
async fn after_a_call_it_is_given_up_even_if_the_sfu_never_returns() {
    // Ten minutes of asking are six seconds.
    let mut world = World::with_sfu(&[("SCAIWAVE_TIME_LAPSE", "100")]).await;
    let alice = world.sign_in("alice").await;
    let call = alice.initiate(&world.team).await.is(201)["call_id"].as_str().unwrap().to_owned();
    world.sfu.as_mut().unwrap().kill().await;
    alice.call(&call, "end").await.is(200);
    call_is(&alice, &call, "it is ended", |call| call["state"] == "ended").await;
}

#[tokio::test]
async fn a_call_under_way_outlives_the_loss_of_sfu_and_server_together() {
    let mut world = World::with_sfu(&SETTINGS).await;
    let alice = world.sign_in("alice").await;
    let grant = alice.initiate(&world.team).await.is(201);
    let call = grant["call_id"].as_str().unwrap();
    let at_sfu = signal(&grant).await.unwrap();
    call_is(&alice, call, "she is in", |call| joined(call) == 1).await;
    world.sfu.as_mut().unwrap().kill().await;
    world.kill().await;
    drop(at_sfu);
    world.again().await;
    world.sfu.as_mut().unwrap().again().await;
    call_is(&alice, call, "it is over", |call| call["state"] == "ended").await;
    let over = look(&alice, call).await;
    assert!(
        over["invites"]
            .as_array()
            .unwrap()
            .iter()
            .all(|invite| !["pending", "ringing"].contains(&invite["state"].as_str().unwrap())),
        "{over}"
    );
}
