//! Chromium with `livekit-client` as Alice.

use std::{
    fs::File,
    io::Write,
    process::Command,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, Result};
use call_model::{CallId, DeviceId, RoomId};
use scaiwave_client::Client;
use serde_json::{Value, json};
use xtask::{
    lines::Lines,
    paths,
    process::{Output, Pipes, Process},
};

use super::{Measured, Scene, at_ms, middle, native::last_seconds};
use crate::processes::Tree;

const START: Duration = Duration::from_secs(60);

/// Page open and idle, rung, answered (a join token from the server, as the app takes one), measured.
pub(super) fn measure(scene: &Scene, run: u32) -> Result<Measured> {
    let runtime = tokio::runtime::Runtime::new()?;
    let _ = rustls::crypto::ring::default_provider().install_default();
    let directory = scene.directory.join(format!("chromium-{run}"));
    std::fs::create_dir_all(&directory)?;
    let alice = scene.stack.state.user("alice")?;
    let client = runtime.block_on(Client::sign_in(&scene.stack.state.server_url, &alice.username, &alice.password))?;
    let (mut peer, events) = start_peer(scene, &directory)?;
    let wait = |name: &str| events.wait(name, 0, START, |line| line["event"] == name);
    wait("waiting")?;
    let tree = Tree::below(peer.pid());
    let idle = scene.watch(&tree)?;

    let mut bob = scene.bob(&directory)?;
    let call_id = runtime.block_on(ringing_call(&client, &scene.room))?;
    let answered = now_ms()?;
    let grant = runtime.block_on(client.join(&call_id, &DeviceId::from("browser")))?;
    let mut stdin = peer.stdin().context("the browser peer has no input")?;
    writeln!(stdin, "{}", json!({"url": grant.livekit_url, "token": grant.livekit_token}))?;
    let first_frame = at_ms(&wait("first_frame")?)?;
    let first_sound = at_ms(&wait("first_sound")?)?;

    let call = scene.watch(&tree)?;
    let lines = events.all();
    scene.desktop.screenshot(None, &directory.join("call.png"))?;
    drop(stdin);
    peer.wait(START)?;
    bob.report(START)?;
    let watched = last_seconds(&lines, scene.plan.span());
    let stats = |line: &&Value| line["event"] == "stats";
    Measured::new((first_frame - answered, first_sound - answered), idle, call, |field| {
        middle(watched.iter().filter(stats), field)
    })
}

fn start_peer(scene: &Scene, directory: &std::path::Path) -> Result<(Process, Lines)> {
    let output = directory.join("peer.jsonl");
    File::create(&output)?;
    let mut command: Command = scene.desktop.command("node");
    command.arg(paths::root().join("tests/browser/peer.mjs")).args(["--wait", "--headed", "--sample-hz", "4"]);
    command.arg("--camera").arg(&scene.sources.camera).arg("--microphone").arg(&scene.sources.microphone);
    let pipes = Pipes { stdin: true, stdout: Output::File(output.clone()) };
    let peer = Process::start("browser peer", command, &directory.join("peer.log"), pipes)?;
    Ok((peer, Lines::of(&output)))
}

/// Waits for the room's call.
async fn ringing_call(client: &Client, room: &str) -> Result<CallId> {
    let room = RoomId::from(room);
    let deadline = tokio::time::Instant::now() + START;
    while tokio::time::Instant::now() < deadline {
        if let Some(call) = client.room_state(&room).await?.active_call {
            return Ok(call.call_id);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    anyhow::bail!("Bob's call never came")
}

fn now_ms() -> Result<f64> {
    Ok(SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis() as f64)
}
