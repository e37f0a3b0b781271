//! The process itself: its lines, its end, and a machine without devices.

mod common;

use std::process::Stdio;

use call_media::{
    frames::FrameClient,
    protocol::{
        AudioInput, AudioOutput, Command, EngineErrorCode, Event, FrameEndpoint, MediaSetup, Notice, Output, Reply,
        Secret,
    },
};
use common::{Peer, launch, within};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdout, Command as Process},
};

fn start() -> (Child, Lines<BufReader<ChildStdout>>) {
    let mut child = Process::new(launch().program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("the engine starts");
    let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    (child, lines)
}

/// The next reply, events left out.
async fn reply(lines: &mut Lines<BufReader<ChildStdout>>) -> Output {
    within("a reply", async {
        loop {
            let line = lines.next_line().await.expect("readable").expect("the engine still writes");
            let output: Output = serde_json::from_str(&line).expect("an output");
            if matches!(output, Output::Reply { .. }) {
                return output;
            }
        }
    })
    .await
}

#[tokio::test]
async fn lines_that_are_no_requests_are_answered_and_do_no_harm() {
    let (mut child, mut lines) = start();
    let stdin = child.stdin.as_mut().expect("a pipe");
    let mut input = b"nonsense\n\xff\xfe\n{}\n[1,2\n".to_vec();
    input.extend(std::iter::repeat_n(b'x', 400_000));
    input.extend_from_slice(b"\n{\"id\":3,\"command\":\"fly\"}\n{\"id\":4,\"command\":\"set_camera\",\"on\":\"perhaps\"}\n{\"id\":5,\"command\":\"stats\"}\n");
    within("written", stdin.write_all(&input)).await.expect("written");
    for expected in [3, 4] {
        let Output::Reply { id, result: Err(error) } = reply(&mut lines).await else { panic!("no error") };
        assert_eq!((id, error.code), (expected, EngineErrorCode::BadRequest));
    }
    let Output::Reply { id: 5, result: Ok(Reply::Stats { .. }) } = reply(&mut lines).await else { panic!("no stats") };
}

#[tokio::test]
async fn the_engine_ends_when_its_host_does() {
    let (mut child, mut lines) = start();
    within("ready", lines.next_line()).await.expect("readable").expect("a first line");
    drop(child.stdin.take());
    let status = within("the end", child.wait()).await.expect("an end");
    assert!(status.success(), "{status}");
}

#[tokio::test]
async fn shutdown_is_answered_and_then_done() {
    let mut peer = Peer::launch().await;
    peer.ok(Command::Shutdown).await;
    within("the events end", async { while peer.events.recv().await.is_some() {} }).await;
}

#[tokio::test]
async fn frames_are_only_for_who_knows_the_secret() {
    let peer = Peer::launch().await;
    let stranger = FrameEndpoint { port: peer.frames.port, secret: Secret("guess".into()) };
    let mut client = FrameClient::connect(&stranger).await.expect("the socket itself is open");
    let end = within("an end", client.next()).await;
    assert!(end.is_none_or(|frame| frame.is_err()), "a stranger gets no frame");
}

/// In every test run there is at least this machine: it may have devices or none, neither may hang or crash the engine.
#[tokio::test]
async fn devices_are_listed_whatever_the_machine_has_and_a_missing_microphone_is_said_once() {
    let mut peer = Peer::launch().await;
    let Ok(Reply::Devices { devices }) = peer.engine.request(Command::ListDevices).await else { panic!("no devices") };
    assert!(devices.iter().all(|device| !device.id.is_empty() && !device.name.is_empty()));
    let media = MediaSetup {
        microphone: AudioInput::Device { id: Some("alsa:no-such-device".into()) },
        speaker: AudioOutput::Null,
        ..MediaSetup::default()
    };
    peer.ok(Command::Prepare { media: media.clone() }).await;
    let message = peer
        .event("listening only", |event| match event {
            Event::Notice { notice: Notice::NoMicrophone { message } } => Some(message.clone()),
            _ => None,
        })
        .await;
    assert!(message.contains("choose another"), "{message}");
    // prepared again without that microphone, then with it: it was said
    peer.ok(Command::Prepare { media: MediaSetup { microphone: AudioInput::None, ..media.clone() } }).await;
    peer.ok(Command::Prepare { media }).await;
    peer.ok(Command::Shutdown).await;
    within("the end", async {
        while let Some(event) = peer.events.recv().await {
            assert!(!matches!(event, Event::Notice { .. }), "said twice: {event:?}");
        }
    })
    .await;
}
