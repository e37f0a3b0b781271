//! Two engines in a call on a real SFU.

mod common;

use std::time::Duration;

use call_media::{frames::FrameClient, pattern, protocol::*};
use common::*;
use tokio::time::Instant;

const ALICE: &str = "alice/desk";
const BOB: &str = "bob/desk";

fn camera_of(participant: &Participant) -> String {
    participant.camera.sid.clone().expect("a camera")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_engines_see_and_hear_each_other_mute_hide_and_leave() {
    let sfu = Sfu::start().await;
    let mut alice = Peer::join(&sfu, ALICE, test_media(440)).await;
    let mut bob = Peer::join(&sfu, BOB, test_media(880)).await;

    let seen_by_alice = alice.other("bob's camera", BOB, |bob| bob.camera.on && bob.microphone.on).await;
    let seen_by_bob = bob.other("alice's camera", ALICE, |alice| alice.camera.on && alice.microphone.on).await;
    alice.show(&camera_of(&seen_by_alice), 320, 320).await;
    bob.show(&camera_of(&seen_by_bob), 640, 360).await;

    for (peer, other, tone) in [(&alice, BOB, 880), (&bob, ALICE, 440)] {
        let stats = peer
            .stats_when("the other is seen and heard", |stats| {
                let heard = track(stats, other, "audio").and_then(|audio| audio.tone_hz);
                let seen =
                    track(stats, other, "video").is_some_and(|video| video.frames > 40 && video.latency_ms.is_some());
                heard.is_some_and(|hz| hz.abs_diff(tone) <= 5) && seen
            })
            .await;
        let (audio, video) =
            (track(&stats, other, "audio").expect("audio"), track(&stats, other, "video").expect("video"));
        assert!((0.1..0.2).contains(&audio.level), "a sine at a fifth: {}", audio.level);
        let (p50, p95) = video.latency_ms.expect("a latency");
        assert!((0.0..2_000.0).contains(&p50) && p50 <= p95, "{p50} {p95}");
        assert!(video.first_ms.is_some() && audio.first_ms.is_some() && stats.connect_ms.is_some());
        println!(
            "{other}: connect {:?} ms, first picture {:?} ms, first sound {:?} ms, latency {p50}/{p95} ms, drops {:?}",
            stats.connect_ms, video.first_ms, audio.first_ms, stats.audio_drops
        );
    }

    frames_come_at_the_tiles_size(&alice).await;
    mute_is_seen(&alice, &mut bob).await;
    a_hidden_picture_is_paused(&alice, &camera_of(&seen_by_alice)).await;

    alice.ok(Command::Leave).await;
    alice
        .event("out of the call", |event| {
            matches!(event, Event::Connection { state: Connection::Disconnected { reason: DisconnectReason::Left } })
                .then_some(())
        })
        .await;
    assert_eq!(alice.stats().await.sdk_handles, 0, "nothing of the SDK is held after a call");
    bob.event("alice is gone", |event| match event {
        Event::Participants { participants } => (participants.len() == 1).then_some(()),
        _ => None,
    })
    .await;
}

/// Alice shows bob in a tile of 320 × 320.
async fn frames_come_at_the_tiles_size(alice: &Peer) {
    let mut client = FrameClient::connect(&alice.frames).await.expect("connected for frames");
    let mut last = 0;
    for _ in 0..10 {
        let frame = within("a frame", client.next()).await.expect("the connection holds").expect("a sound frame");
        let header = frame.header;
        assert_eq!((header.view, header.width, header.height), (1, 320, 180), "fitted, with its shape kept");
        assert!(header.sequence > last, "newer than the one before");
        last = header.sequence;
        let time = pattern::read_time(frame.y(), 320, 320, 180, (header.received_unix_us / 1_000) as u64);
        assert_eq!(
            time.map(|time| time as i64 * 1_000),
            Some(header.captured_unix_us),
            "the code survived the scaling"
        );
    }
    // two frames are held back and so are their credits: nothing more may come, and what is replaced meanwhile is counted
    let held = [within("a frame", client.next()).await, within("a frame", client.next()).await];
    alice
        .stats_when("frames dropped for want of credit", |stats| {
            stats.views.iter().any(|view| view.view == 1 && view.dropped > 3)
        })
        .await;
    let sent = |stats: &Stats| stats.views.iter().find(|view| view.view == 1).map_or(0, |view| view.sent);
    let before = sent(&alice.stats().await);
    drop(held);
    alice.stats_when("frames after the credits came back", |stats| sent(stats) >= before + 2).await;
}

async fn mute_is_seen(alice: &Peer, bob: &mut Peer) {
    bob.other("alice speaks", ALICE, |alice| alice.speaking && alice.level > 0.05).await;
    alice.ok(Command::SetMicrophone { on: false }).await;
    alice.ok(Command::SetCamera { on: false }).await;
    bob.other("alice is muted and silent", ALICE, |alice| {
        !alice.microphone.on && !alice.camera.on && !alice.speaking && alice.level == 0.0
    })
    .await;
    alice.ok(Command::SetMicrophone { on: true }).await;
    alice.ok(Command::SetCamera { on: true }).await;
    bob.other("alice is back", ALICE, |alice| alice.microphone.on && alice.camera.on && alice.speaking).await;
}

async fn a_hidden_picture_is_paused(alice: &Peer, camera: &str) {
    let decoded = |stats: &Stats| track(stats, BOB, "video").map_or(0, |video| video.frames);
    alice.ok(Command::ShowVideo { views: Vec::new() }).await;
    let (mut last, mut since) = (0, Instant::now());
    alice
        .stats_when("no frame is decoded for a second", |stats| {
            if decoded(stats) != last {
                (last, since) = (decoded(stats), Instant::now());
            }
            since.elapsed() > Duration::from_secs(1)
        })
        .await;
    alice.show(camera, 320, 180).await;
    alice.stats_when("frames again", |stats| decoded(stats) > last + 5).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_engine_that_is_killed_is_gone_for_the_other_and_its_host_knows_at_once() {
    let sfu = Sfu::start().await;
    let mut alice = Peer::join(&sfu, ALICE, test_media(440)).await;
    let mut bob = Peer::join(&sfu, BOB, test_media(880)).await;
    alice.other("bob is there", BOB, |bob| bob.microphone.sid.is_some()).await;
    bob.engine.kill();
    within("the events end", async { while bob.events.recv().await.is_some() {} }).await;
    let error = bob.engine.request(Command::Stats).await.expect_err("nobody answers");
    assert_eq!(error.code, EngineErrorCode::Internal);
    alice
        .event("bob is gone", |event| match event {
            Event::Participants { participants } => (participants.len() == 1).then_some(()),
            _ => None,
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_end_of_the_sfu_is_told_truthfully() {
    let mut sfu = Sfu::start().await;
    let mut alice = Peer::join(&sfu, ALICE, test_media(440)).await;
    sfu.kill().await;
    alice
        .event("reconnecting", |event| {
            matches!(event, Event::Connection { state: Connection::Reconnecting }).then_some(())
        })
        .await;
    alice.ok(Command::Leave).await;
    assert_eq!(alice.stats().await.sdk_handles, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_join_that_cannot_work_says_why() {
    let sfu = Sfu::start().await;
    let mut alice = Peer::launch().await;
    alice.ok(Command::Prepare { media: test_media(440) }).await;
    let join = |url: &str, token: Secret| Command::Join { url: url.into(), token, microphone: false, camera: false };
    let wrong = Secret(format!("{}x", token(ALICE).0));
    let refused = alice.engine.request(join(&sfu.url, wrong.clone())).await.expect_err("a wrong token");
    assert!(!refused.message.contains(&wrong.0), "the token is told to nobody");
    assert_eq!(refused.code, EngineErrorCode::TokenRefused, "{refused}");
    alice
        .event("told", |event| {
            matches!(event, Event::Connection { state: Connection::Disconnected { .. } }).then_some(())
        })
        .await;

    let nowhere = alice.engine.request(join("ws://127.0.0.1:9", token(ALICE))).await.expect_err("nobody listens");
    assert_eq!(nowhere.code, EngineErrorCode::Unreachable, "{nowhere}");
    assert!(nowhere.message.contains("check"), "{nowhere}");
    let nonsense = alice.engine.request(join("http://x", token(ALICE))).await.expect_err("no such scheme");
    assert_eq!(nonsense.code, EngineErrorCode::BadRequest);
    for command in
        [Command::SetMicrophone { on: true }, Command::SetCamera { on: true }, Command::ShowVideo { views: Vec::new() }]
    {
        let error = alice.engine.request(command).await.expect_err("not in a call");
        assert_eq!(error.code, EngineErrorCode::NotInCall);
    }
    alice.ok(join(&sfu.url, token(ALICE))).await;
    let error = alice.engine.request(join(&sfu.url, token(ALICE))).await.expect_err("once is enough");
    assert_eq!(error.code, EngineErrorCode::BadRequest);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_picture_that_gets_lost_between_sfu_and_engine_is_brought_back() {
    let sfu = Sfu::start().await;
    let mut alice = Peer::join(&sfu, ALICE, test_media(440)).await;
    let _bob = Peer::join(&sfu, BOB, test_media(880)).await;
    let camera = camera_of(&alice.other("bob's camera", BOB, |bob| bob.camera.on).await);
    alice.show(&camera, 320, 180).await;
    let decoded = |stats: &Stats| track(stats, BOB, "video").map(|video| video.frames);
    alice.stats_when("bob is seen", |stats| decoded(stats) > Some(5)).await;

    sfu.unsubscribe(ALICE, &camera).await;
    alice.stats_when("bob's picture is gone", |stats| decoded(stats).is_none()).await;
    alice.stats_when("bob is seen again", |stats| decoded(stats) > Some(5)).await;
}
