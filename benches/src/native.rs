//! The app as Alice.

use std::{
    fs,
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use serde_json::Value;
use xtask::{
    peers::{Agent, App, AppOptions},
    process::{Pipes, Process},
};

use crate::{Measured, Scene, processes::Tree, table::median};

const START: Duration = Duration::from_secs(40);

/// Started with a window, left idle, rung, answered, measured.
pub(crate) fn measure(scene: &Scene, run: u32) -> Result<Measured> {
    let directory = scene.directory.join(format!("app-{run}"));
    let mut app = App::start(Some(&scene.desktop), &scene.stack.state, "alice", &options(scene), &directory)?;
    app.report.milestone("online", 0, START)?;
    let tree = Tree::of(app.process.pid());
    let (idle_cpu, idle_pss_mb) = idle(scene, &tree)?;

    let stay = scene.plan.stay();
    let calls = ["--call", &scene.room, "--publish", "pattern,tone:660", "--for", &stay, "--view", "1280x720"];
    let mut bob = Agent::start(&scene.stack.state, "bob", &calls, &directory)?;
    app.report.milestone("ring_painted", 0, START)?;
    scene.desktop.press("Incoming", "Answer", START)?;
    let answered = at_ms(&app.report.milestone("answered", 0, START)?)?;
    let remote = |line: &Value| line["milestone"] == "first_frame_drawn" && line["video"] != "local";
    let first_frame = at_ms(&app.report.wait("the first remote frame", 0, START, remote)?)?;
    let sound = |line: &Value| line["milestone"] == "first_media" && line["kind"] == "audio";
    let first_sound = at_ms(&app.report.wait("the first sound", 0, START, sound)?)?;

    thread::sleep(scene.plan.settle());
    let x_server = scene.x_server()?;
    let mark = app.report.mark();
    let (cpu, x) = (tree.cpu()?, x_server.cpu()?);
    thread::sleep(scene.plan.span());
    let (cpu, x_server_cpu) = (cpu.percent_until(tree.cpu()?), x.percent_until(x_server.cpu()?));
    let pss_mb = tree.pss_mb()?;
    let lines = app.report.all();
    let drawn = remote_seconds(&lines[mark..]);
    scene.desktop.screenshot(None, &directory.join("call.png"))?;
    bob.report(Duration::from_secs(20))?;
    app.process.stop();
    let middle = |field: &str| -> Result<f64> {
        let values: Vec<f64> = drawn.iter().filter_map(|line| line[field].as_f64()).collect();
        median(&values).with_context(|| format!("the app reported no {field}"))
    };
    Ok(Measured {
        first_frame_ms: first_frame - answered,
        first_sound_ms: first_sound - answered,
        latency_p50_ms: middle("latency_ms_p50")?,
        latency_p95_ms: middle("latency_ms_p95")?,
        fps: middle("fps")?,
        width: middle("width")?,
        cpu,
        x_server_cpu,
        pss_mb,
        idle_cpu,
        idle_pss_mb,
    })
}

/// Started in the background: signed in from the keyring of an earlier run, never had a window.
pub(crate) fn measure_windowless(scene: &Scene, run: u32) -> Result<Measured> {
    let directory: PathBuf = scene.directory.join(format!("background-{run}"));
    fs::create_dir_all(&directory)?;
    // a first start signs this profile in
    let mut first = App::start(Some(&scene.desktop), &scene.stack.state, "alice", &options(scene), &directory)?;
    first.report.milestone("online", 0, START)?;
    first.process.stop();

    let mut command = xtask::peers::command(Some(&scene.desktop), "scaiwave-calls");
    command.arg("--background").args(options(scene).arguments(&directory));
    let mark = first.report.mark();
    let mut app = Process::start("scaiwave-calls", command, &directory.join("background.log"), Pipes::default())?;
    first.report.milestone("online", mark, START)?;
    let (idle_cpu, idle_pss_mb) = idle(scene, &Tree::of(app.pid()))?;
    app.stop();
    Ok(Measured { idle_cpu, idle_pss_mb, ..Measured::default() })
}

/// CPU and memory while nothing happens.
pub(crate) fn idle(scene: &Scene, tree: &Tree) -> Result<(f64, f64)> {
    thread::sleep(scene.plan.settle());
    let before = tree.cpu()?;
    let until = Instant::now() + scene.plan.span() / 2;
    thread::sleep(until - Instant::now());
    Ok((before.percent_until(tree.cpu()?), tree.pss_mb()?))
}

fn options(scene: &Scene) -> AppOptions {
    AppOptions {
        camera: format!("file:{}", scene.sources.camera.display()),
        microphone: format!("file:{}", scene.sources.microphone.display()),
        speaker: "device".into(),
    }
}

fn remote_seconds(lines: &[Value]) -> Vec<&Value> {
    lines.iter().filter(|line| line["milestone"] == "drawn" && line["video"] != "local").collect()
}

fn at_ms(line: &Value) -> Result<f64> {
    line["at_ms"].as_f64().with_context(|| format!("no time in {line}"))
}

impl Scene {
    pub(crate) fn x_server(&self) -> Result<Tree> {
        self.desktop.pid("Xvfb").map(Tree::of).context("the virtual desktop has no X server")
    }
}
