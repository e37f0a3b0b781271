//! Chromium with `livekit-client` as Alice.

use std::{
    fs::File,
    io::Write,
    process::Command,
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, Result};
use call_model::{CallId, DeviceId, RoomId};
use scaiwave_client::Client;
use serde_json::{Value, json};
use xtask::{
    lines::Lines,
    paths,
    peers::Agent,
    process::{Output, Pipes, Process},
};

use crate::{Measured, Scene, native::idle, processes::Tree, table::median};

const START: Duration = Duration::from_secs(60);

/// Page open and idle, rung, answered (a join token from the server, as the app takes one), measured.
pub(crate) fn measure(scene: &Scene, run: u32) -> Result<Measured> {
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
    let (idle_cpu, idle_pss_mb) = idle(scene, &tree)?;

    let stay = scene.plan.stay();
    let calls = ["--call", &scene.room, "--publish", "pattern,tone:660", "--for", &stay, "--view", "1280x720"];
    let mut bob = Agent::start(&scene.stack.state, "bob", &calls, &directory)?;
    let call = runtime.block_on(ringing_call(&client, &scene.room))?;
    let answered = now_ms()?;
    let grant = runtime.block_on(client.join(&call, &DeviceId::from("browser")))?;
    let mut stdin = peer.stdin().context("the browser peer has no input")?;
    writeln!(stdin, "{}", json!({"url": grant.livekit_url, "token": grant.livekit_token}))?;
    let first_frame = at_ms(&wait("first_frame")?)?;
    let first_sound = at_ms(&wait("first_sound")?)?;

    thread::sleep(scene.plan.settle());
    let x_server = scene.x_server()?;
    let mark = events.mark();
    let (cpu, x) = (tree.cpu()?, x_server.cpu()?);
    thread::sleep(scene.plan.span());
    let (cpu, x_server_cpu) = (cpu.percent_until(tree.cpu()?), x.percent_until(x_server.cpu()?));
    let pss_mb = tree.pss_mb()?;
    let lines = events.all();
    scene.desktop.screenshot(None, &directory.join("call.png"))?;
    drop(stdin);
    peer.wait(START)?;
    bob.report(START)?;
    let middle = |field: &str| -> Result<f64> {
        let seconds = lines[mark..].iter().filter(|line| line["event"] == "stats");
        let values: Vec<f64> = seconds.filter_map(|line| line[field].as_f64()).collect();
        median(&values).with_context(|| format!("the browser reported no {field}"))
    };
    Ok(Measured {
        first_frame_ms: first_frame - answered,
        first_sound_ms: first_sound - answered,
        latency_p50_ms: middle("latency_p50_ms")?,
        latency_p95_ms: middle("latency_p95_ms")?,
        fps: middle("fps")?,
        width: middle("width")?,
        cpu,
        x_server_cpu,
        pss_mb,
        idle_cpu,
        idle_pss_mb,
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

fn at_ms(line: &Value) -> Result<f64> {
    line["at_ms"].as_f64().with_context(|| format!("no time in {line}"))
}
