//! Ringing again, and ringing quietly.

use serde_json::{Value, json};

use crate::{
    events::Events,
    world::{User, World, id_of, invite_of},
};

/// Rings may follow each other at once, and run out soon.
async fn world() -> World {
    World::with(|s| {
        s.timings.ring_ms = 1_000;
        s.timings.ring_again_ms = 0;
    })
    .await
}

fn ring_number(call: &Value, who: &User) -> u64 {
    let invites = call["invites"].as_array().unwrap();
    invites.iter().find(|i| i["participant_id"] == who.id.as_str()).unwrap()["ring"].as_u64().unwrap()
}

async fn missed(events: &mut Events, who: &User) {
    events.state(|call| invite_of(call, who) == "missed").await;
}

#[tokio::test]
async fn who_missed_the_ring_is_rung_again() {
    let world = world().await;
    let (alice, bob, carol) = (world.sign_in("alice").await, world.sign_in("bob").await, world.sign_in("carol").await);
    let (mut at_alice, mut at_carol) = (alice.stream().await, carol.stream().await);
    let call = id_of(&alice.initiate(&world.team).await.ok());
    bob.call(&call, "join").await.ok();
    at_carol.next_of("swp.call.invite").await;
    missed(&mut at_alice, &carol).await;
    let rung = bob.post(&format!("/v1/calls/{call}/ring"), json!({})).await.ok();
    assert_eq!((ring_number(&rung, &carol), ring_number(&rung, &bob)), (2, 1), "bob has answered");
    let again = at_carol.next_of("swp.call.invite").await;
    assert_eq!((&again["call"]["call_id"], &again["quiet"]), (&json!(call), &Value::Null));
    assert!((1..=1_000).contains(&again["timeout_ms"].as_u64().unwrap()), "{again}");
    assert_eq!(again["expires_at"], again["call"]["ring_expires_at"]);
    let update = loop {
        let update = at_carol.next_of("swp.call.invite_update").await;
        if update["participant_id"] == carol.id.as_str() && update["ring"] == 2 {
            break update;
        }
    };
    assert_eq!(update["state"], "pending");
    at_alice.state(|call| invite_of(call, &carol) == "ringing" && ring_number(call, &carol) == 2).await;
    carol.call(&call, "join").await.ok();
    at_alice.state(|call| invite_of(call, &carol) == "accepted").await;
}

#[tokio::test]
async fn only_who_is_in_the_call_rings_others_and_only_members() {
    let world = world().await;
    let (alice, bob, carol, dave) = (
        world.sign_in("alice").await,
        world.sign_in("bob").await,
        world.sign_in("carol").await,
        world.sign_in("dave").await,
    );
    let call = id_of(&alice.initiate(&world.team).await.ok());
    let ring = format!("/v1/calls/{call}/ring");
    dave.post(&ring, json!({})).await.fails(404, "SW_CALL_NOT_FOUND");
    bob.post(&ring, json!({})).await.fails(403, "SW_CALL_FORBIDDEN");
    let names = |names: &[&str]| json!({ "participant_ids": names });
    let many: Vec<_> = (0..101).map(|n| n.to_string()).collect();
    let many: Vec<_> = many.iter().map(String::as_str).collect();
    for body in [names(&[&carol.id, &dave.id]), names(&[]), names(&many), json!({ "participant_ids": "all" })] {
        let message = alice.post(&ring, body).await.fails(422, "SW_VALIDATION");
        assert!(message.contains("participant_ids"), "{message}");
    }
    carol.call(&call, "reject").await.ok();
    let unnamed = alice.post(&ring, json!({})).await.ok();
    assert_eq!((invite_of(&unnamed, &carol).as_str(), ring_number(&unnamed, &bob)), ("declined", 2));
    let named = alice.post(&ring, names(&[&carol.id])).await.ok();
    assert_eq!((invite_of(&named, &carol).as_str(), ring_number(&named, &bob)), ("pending", 2));
    alice.call(&call, "end").await.ok();
    alice.post(&ring, json!({})).await.fails(410, "SW_CALL_ENDED");
}

#[tokio::test]
async fn nobody_is_rung_again_within_thirty_seconds() {
    let world = World::start().await;
    let (alice, bob) = (world.sign_in("alice").await, world.sign_in("bob").await);
    let mut at_bob = bob.stream().await;
    let call = id_of(&alice.initiate(&world.direct).await.ok());
    for _ in 0..5 {
        let answer = alice.post(&format!("/v1/calls/{call}/ring"), json!({})).await.ok();
        assert_eq!(ring_number(&answer, &bob), 1);
    }
    alice.call(&call, "end").await.ok();
    let seen = at_bob.until("swp.call.ended").await;
    assert_eq!(seen.iter().filter(|event| event["type"] == "swp.call.invite").count(), 1);
}

#[tokio::test]
async fn who_joined_the_room_later_is_rung_too() {
    let world = world().await;
    let (alice, dave) = (world.sign_in("alice").await, world.sign_in("dave").await);
    let mut at_dave = dave.stream().await;
    let call = id_of(&alice.initiate(&world.team).await.ok());
    let columns = "room_id, participant_id, membership, power_level, joined_at";
    world.sql(&format!("INSERT INTO members ({columns}) VALUES ('{}', '{}', 'join', 0, 0)", world.team, dave.id)).await;
    alice.post(&format!("/v1/calls/{call}/ring"), json!({ "participant_ids": [dave.id] })).await.ok();
    assert_eq!(at_dave.next_of("swp.call.invite").await["call"]["call_id"], call.as_str());
}

#[tokio::test]
async fn who_is_in_a_call_is_rung_quietly_and_nobody_else_hears_why() {
    let world = World::start().await;
    let (alice, bob, carol) = (world.sign_in("alice").await, world.sign_in("bob").await, world.sign_in("carol").await);
    let direct = id_of(&alice.initiate(&world.direct).await.ok());
    bob.call(&direct, "join").await.ok();
    let (mut at_bob, mut at_carol) = (bob.stream().await, carol.stream().await);
    let call = id_of(&carol.initiate(&world.team).await.ok());
    let invite = at_bob.next_of("swp.call.invite").await;
    assert_eq!((&invite["quiet"], &invite["call"]["quiet"]), (&json!("in_call"), &json!("in_call")));
    assert_eq!(bob.look(&call).await["quiet"], "in_call", "found again after a reconnect, it is as quiet");
    assert_eq!(bob.get("/v1/rooms").await.ok()[0]["active_call"]["quiet"], "in_call");
    let state = at_carol.next_of("swp.call.state").await;
    assert!(!state.to_string().contains("in_call"), "{state}");
    // Out of the one, the next ring is heard.
    bob.call(&direct, "leave").await.ok();
    carol.call(&call, "end").await.ok();
    alice.initiate(&world.direct).await.ok();
    assert_eq!(at_bob.next_of("swp.call.invite").await["quiet"], Value::Null);
}
