//! Membership lost is the call lost; what crashes leave at the SFU is cleared away.

use std::time::Duration;

use scaiwave_server::store;

use crate::world::{User, World, device_of, id_of, invite_of};

async fn world() -> World {
    World::with(|s| {
        s.reconcile = Duration::from_millis(50);
        s.timings.delete_ms = 100;
    })
    .await
}

/// Puts somebody out of "Team" behind the server's back.
async fn put_out(world: &World, who: &User) {
    let room = &world.team;
    let whom = format!("room_id = '{room}' AND participant_id = '{}'", who.id);
    world.sql(&format!("UPDATE members SET membership = 'leave' WHERE {whom}")).await;
}

#[tokio::test]
async fn who_is_no_member_any_more_is_out_of_the_call_and_of_the_sfu() {
    let world = world().await;
    let (alice, bob, call, room) = world.talking().await;
    let mut events = alice.stream().await;
    put_out(&world, &bob).await;
    events.state(|call| device_of(call, &bob) == "left").await;
    world.sfu.thrown_out().await;
    assert_eq!(world.sfu.present(&room), [alice.desk()]);
    bob.call(&call, "join").await.fails(404, "SW_CALL_NOT_FOUND");
    // His token is still good at the SFU: it lets him in for a moment.
    world.sfu.enter(&room, &bob.desk());
    world.sfu.thrown_out().await;
    assert_eq!(device_of(&alice.look(&call).await, &bob), "left");
    assert_eq!(alice.look(&call).await["state"], "active");
}

#[tokio::test]
async fn whose_account_is_disabled_is_out_of_the_call_and_of_the_sfu() {
    let world = world().await;
    let (alice, bob, _, room) = world.talking().await;
    let mut events = alice.stream().await;
    let store = store::open(world.data_dir()).await.unwrap();
    store.cut_sessions(&bob.id.clone().into(), true).await.unwrap();
    store.close().await;
    events.state(|call| device_of(call, &bob) == "left").await;
    world.sfu.thrown_out().await;
    assert_eq!(world.sfu.present(&room), [alice.desk()]);
}

#[tokio::test]
async fn an_sfu_that_does_not_throw_out_is_asked_again() {
    let world = world().await;
    let (alice, bob, _, room) = world.talking().await;
    let mut events = alice.stream().await;
    world.sfu.fail(true);
    put_out(&world, &bob).await;
    events.state(|call| device_of(call, &bob) == "left").await;
    assert_eq!(world.sfu.present(&room).len(), 2);
    world.sfu.fail(false);
    world.sfu.thrown_out().await;
    assert_eq!(world.sfu.present(&room), [alice.desk()]);
}

#[tokio::test]
async fn who_is_no_member_any_more_is_not_rung_any_more() {
    let world = world().await;
    let (alice, carol) = (world.sign_in("alice").await, world.sign_in("carol").await);
    let mut events = alice.stream().await;
    let call = id_of(&alice.initiate(&world.team).await.ok());
    world.sfu.enter(&format!("scaiwave-{call}"), &alice.desk());
    put_out(&world, &carol).await;
    events.state(|call| invite_of(call, &carol) == "cancelled").await;
}

#[tokio::test]
async fn who_left_but_stays_at_the_sfu_is_thrown_out() {
    let world = world().await;
    let (alice, bob) = (world.sign_in("alice").await, world.sign_in("bob").await);
    let call = id_of(&alice.initiate(&world.team).await.ok());
    bob.call(&call, "join").await.ok();
    let room = format!("scaiwave-{call}");
    world.sfu.enter(&room, &alice.desk());
    world.sfu.enter(&room, &bob.desk());
    bob.call(&call, "leave").await.ok();
    world.sfu.thrown_out().await;
    assert_eq!(world.sfu.present(&room), [alice.desk()]);
}

#[tokio::test]
async fn rooms_that_belong_to_no_call_are_deleted_and_no_others() {
    let world = World::with(|s| {
        s.reconcile = Duration::from_millis(50);
        s.timings.join_ms = 1_000;
    })
    .await;
    let alice = world.sign_in("alice").await;
    let call = id_of(&alice.initiate(&world.team).await.ok());
    let room = format!("scaiwave-{call}");
    world.sfu.enter(&room, &alice.desk());
    for orphan in ["scaiwave-call-of-a-crash", "somebody-elses"] {
        use scaiwave_server::calls::sfu::Sfu;
        world.sfu.ensure_room(orphan).await.unwrap();
    }
    let deleted = async {
        while world.sfu.rooms().iter().any(|room| room == "scaiwave-call-of-a-crash") {
            world.sfu.asked(1).await;
        }
    };
    tokio::time::timeout(crate::world::PATIENCE, deleted).await.expect("the orphan stays");
    let mut left = world.sfu.rooms();
    left.sort();
    assert_eq!(left, [room, "somebody-elses".to_owned()]);
}
