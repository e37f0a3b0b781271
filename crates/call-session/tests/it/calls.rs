//! A call as two people's devices live it.

use call_model::{CallType, EndReason, server::Timings};
use call_session::{
    MilestoneKind, UserCommand,
    view::{CallOutcome, CallPhase, CallView, NoticeLevel, Snapshot},
};

use crate::world::{Device, World};

fn phase(now: &Snapshot) -> Option<&CallPhase> {
    now.call.as_ref().map(|call| &call.phase)
}

fn is(wanted: CallPhase) -> impl Fn(&Snapshot) -> bool {
    move |now| phase(now) == Some(&wanted)
}

fn ended(reason: EndReason) -> impl Fn(&Snapshot) -> bool {
    move |now| matches!(phase(now), Some(CallPhase::Ended { outcome: CallOutcome::Ended { reason: why, .. } }) if *why == reason)
}

async fn start(device: &Device, world: &World) {
    device.ask(UserCommand::StartCall { room_id: world.room.clone(), call_type: CallType::Video }).await;
}

async fn ring_of(device: &mut Device) -> call_session::view::Ring {
    device.until(|now| !now.rings.is_empty()).await.rings[0].clone()
}

/// Alice called, Bob answered with his camera, both are connected.
async fn in_call(world: &World) -> (Device, Device) {
    let (mut alice, mut bob) = (world.device("alice", "desk").await, world.device("bob", "laptop").await);
    start(&alice, world).await;
    let call_id = ring_of(&mut bob).await.call_id;
    bob.ask(UserCommand::Answer { call_id, with_video: true }).await;
    bob.until(is(CallPhase::Connected)).await;
    alice.until(is(CallPhase::Connected)).await;
    (alice, bob)
}

fn call(now: &Snapshot) -> &CallView {
    now.call.as_ref().unwrap()
}

#[tokio::test]
async fn rings_is_answered_and_left() {
    let world = World::start(Timings::default()).await;
    let (mut alice, mut bob) = (world.device("alice", "desk").await, world.device("bob", "laptop").await);
    start(&alice, &world).await;
    let out = alice.until(is(CallPhase::RingingOut)).await;
    assert_eq!(call(&out).ringing[0].display_name, "Bob");
    let ring = ring_of(&mut bob).await;
    assert_eq!((ring.caller.display_name.as_str(), ring.room_name.as_str()), ("Alice", "Team"));
    assert!(ring.audible && !ring.ends_current_call);
    bob.reaches(|kind| matches!(kind, MilestoneKind::RingReceived { .. })).await;
    bob.ask(UserCommand::Answer { call_id: ring.call_id, with_video: false }).await;
    let answered = bob.until(is(CallPhase::Connected)).await;
    assert!(answered.rings.is_empty());
    assert!(call(&answered).microphone_on && !call(&answered).camera_on);
    assert!(call(&answered).tiles[0].is_local);
    let badge = alice.until(is(CallPhase::Connected)).await.rooms[0].active_call.clone().unwrap();
    assert!(badge.joined_here);
    bob.ask(UserCommand::Leave).await;
    bob.until(|now| {
        now.call.as_ref().is_some_and(|call| call.phase == CallPhase::Ended { outcome: CallOutcome::Left })
    })
    .await;
    bob.ask(UserCommand::DismissCall).await;
    bob.until(|now| now.call.is_none()).await;
}

#[tokio::test]
async fn a_rejection_reaches_the_caller() {
    let world = World::start(Timings::default()).await;
    let (mut alice, mut bob) = (world.device("alice", "desk").await, world.device("bob", "laptop").await);
    start(&alice, &world).await;
    let call_id = ring_of(&mut bob).await.call_id;
    bob.ask(UserCommand::Reject { call_id }).await;
    alice.until(ended(EndReason::Declined)).await;
    assert!(bob.until(|now| now.rings.is_empty()).await.call.is_none());
}

#[tokio::test]
async fn hanging_up_stops_the_ring_and_leaves_a_missed_call() {
    let world = World::start(Timings::default()).await;
    let (mut alice, mut bob) = (world.device("alice", "desk").await, world.device("bob", "laptop").await);
    start(&alice, &world).await;
    alice.until(is(CallPhase::RingingOut)).await;
    ring_of(&mut bob).await;
    alice.ask(UserCommand::Leave).await;
    let missed = bob.until(|now| now.rings.is_empty() && !now.notices.is_empty()).await;
    assert_eq!(missed.notices[0].text, "Missed call from Alice in Team");
    assert_eq!(missed.notices[0].room_id.as_ref(), Some(&world.room));
}

#[tokio::test]
async fn a_ring_runs_out() {
    let world = World::start(Timings { ring_ms: 1_000, ..Timings::default() }).await;
    let (mut alice, mut bob) = (world.device("alice", "desk").await, world.device("bob", "laptop").await);
    start(&alice, &world).await;
    ring_of(&mut bob).await;
    bob.until(|now| now.rings.is_empty() && !now.notices.is_empty()).await;
    alice.until(ended(EndReason::NoAnswer)).await;
}

#[tokio::test]
async fn answered_on_one_device_stops_the_other() {
    let world = World::start(Timings::default()).await;
    let (alice, mut laptop) = (world.device("alice", "desk").await, world.device("bob", "laptop").await);
    let mut phone = world.device("bob", "phone").await;
    start(&alice, &world).await;
    let call_id = ring_of(&mut laptop).await.call_id;
    ring_of(&mut phone).await;
    laptop.ask(UserCommand::Answer { call_id, with_video: false }).await;
    let stopped = phone.until(|now| now.rings.is_empty()).await;
    assert_eq!(stopped.notices[0].text, "Answered on another device");
    assert!(stopped.call.is_none());
}

#[tokio::test]
async fn two_starts_are_one_call_and_nobody_rings() {
    let world = World::start(Timings::default()).await;
    let (mut alice, mut bob) = (world.device("alice", "desk").await, world.device("bob", "laptop").await);
    tokio::join!(start(&alice, &world), start(&bob, &world));
    let (a, b) = (alice.until(is(CallPhase::Connected)).await, bob.until(is(CallPhase::Connected)).await);
    assert_eq!(call(&a).call_id, call(&b).call_id);
    assert!(a.rings.is_empty() && b.rings.is_empty());
}

#[tokio::test]
async fn who_may_not_end_is_told_and_who_may_ends_it_for_everyone() {
    let world = World::start(Timings::default()).await;
    let (mut alice, mut bob) = in_call(&world).await;
    let refused = bob.session.dispatch(UserCommand::EndForEveryone).await.unwrap_err();
    assert_eq!(refused.code, "may_not_end");
    alice.ask(UserCommand::EndForEveryone).await;
    alice.until(ended(EndReason::EndedByUser)).await;
    let over = bob.until(|now| match phase(now) {
        Some(CallPhase::Ended { outcome: CallOutcome::Ended { by, .. } }) => by.is_some(),
        _ => false,
    });
    let Some(CallPhase::Ended { outcome: CallOutcome::Ended { by, .. } }) = phase(&*over.await).cloned() else {
        panic!()
    };
    assert_eq!(by.unwrap().display_name, "Alice");
}

#[tokio::test]
async fn an_engine_that_is_killed_is_replaced_within_three_seconds() {
    let world = World::start(Timings::default()).await;
    let (_alice, mut bob) = in_call(&world).await;
    bob.ask(UserCommand::SetMicrophone { on: false }).await;
    let pid = bob.engine_pid().await;
    bob.reaches(|kind| matches!(kind, MilestoneKind::Connected { .. })).await;
    let killed = std::time::Instant::now();
    assert!(std::process::Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap().success());
    bob.reaches(|kind| *kind == MilestoneKind::EngineDied).await;
    bob.reaches(|kind| matches!(kind, MilestoneKind::Connected { .. })).await;
    assert!(killed.elapsed().as_secs() < 3, "{:?}", killed.elapsed());
    let back = bob.until(is(CallPhase::Connected)).await;
    assert!(!call(&back).microphone_on, "what was muted stays muted");
    assert_ne!(bob.engine_pid().await, pid);
}

#[tokio::test]
async fn the_call_outlives_a_restart_of_the_server() {
    let mut world = World::start(Timings::default()).await;
    let (mut alice, mut bob) = in_call(&world).await;
    world.restart().await;
    let again = alice.until(|now| now.link == call_session::view::Link::Online).await;
    assert_eq!(phase(&again), Some(&CallPhase::Connected));
    bob.until(is(CallPhase::Connected)).await;
    alice.ask(UserCommand::EndForEveryone).await;
    bob.until(ended(EndReason::EndedByUser)).await;
}

#[tokio::test]
async fn a_quiet_ring_in_a_call_can_take_over() {
    let world = World::start(Timings::default()).await;
    let (_alice, mut bob) = in_call(&world).await;
    let mut carol = world.device("carol", "desk").await;
    carol.ask(UserCommand::StartCall { room_id: world.other.clone(), call_type: CallType::Audio }).await;
    let ring = ring_of(&mut bob).await;
    assert!(!ring.audible && ring.ends_current_call && ring.pops_up);
    let call_id = ring.call_id.clone();
    bob.ask(UserCommand::Answer { call_id: ring.call_id, with_video: false }).await;
    let in_other = bob.until(|now| phase(now) == Some(&CallPhase::Connected) && call(now).room_name == "Other").await;
    assert_eq!(call(&in_other).call_id.as_ref(), Some(&call_id));
    carol.until(is(CallPhase::Connected)).await;
}

#[tokio::test]
async fn who_is_in_a_call_is_not_disturbed_on_another_device() {
    let world = World::start(Timings::default()).await;
    let (_alice, _laptop) = in_call(&world).await;
    let (mut phone, carol) = (world.device("bob", "phone").await, world.device("carol", "desk").await);
    carol.ask(UserCommand::StartCall { room_id: world.other.clone(), call_type: CallType::Audio }).await;
    let ring = ring_of(&mut phone).await;
    assert!(!ring.audible && !ring.pops_up && !ring.ends_current_call);
    carol.ask(UserCommand::Leave).await;
    let missed = phone.until(|now| now.rings.is_empty() && !now.notices.is_empty()).await;
    assert_eq!(missed.notices[0].level, NoticeLevel::Info, "it is told as quietly");
}

#[tokio::test]
async fn started_again_in_the_middle_of_a_ring_it_rings_again() {
    let world = World::start(Timings::default()).await;
    let (alice, mut bob) = (world.device("alice", "desk").await, world.device("bob", "laptop").await);
    start(&alice, &world).await;
    let call_id = ring_of(&mut bob).await.call_id;
    bob.session.shutdown().await;
    let mut again = world.device("bob", "laptop").await;
    let ring = ring_of(&mut again).await;
    assert_eq!((ring.call_id, ring.caller.display_name.as_str()), (call_id, "Alice"));
}

#[tokio::test]
async fn a_session_that_has_ended_says_so() {
    let world = World::start(Timings::default()).await;
    let (alice, mut bob) = in_call(&world).await;
    alice.session.shutdown().await;
    bob.until(|now| call(now).tiles.len() == 1).await;
    let over = alice.session.dispatch(UserCommand::Leave).await.unwrap_err();
    assert_eq!(over.code, "session_over");
}
