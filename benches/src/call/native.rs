//! The app as Alice.

use std::{fs, path::PathBuf, time::Duration};

use anyhow::Result;
use serde_json::Value;
use xtask::{
    peers::{App, AppOptions},
    process::{Pipes, Process},
};

use super::{Measured, Scene, at_ms, middle};
use crate::processes::Tree;

const START: Duration = Duration::from_secs(40);

/// Started with a window, left idle, rung, answered, measured.
pub(super) fn measure(scene: &Scene, run: u32) -> Result<Measured> {
    let directory = scene.directory.join(format!("app-{run}"));
    let mut app = App::start(Some(&scene.desktop), &scene.stack.state, "alice", &options(scene), &directory)?;
    app.report.milestone("online", 0, START)?;
    let tree = Tree::of(app.process.pid());
    let idle = scene.watch(&tree)?;

    let mut bob = scene.bob(&directory)?;
    app.report.milestone("ring_painted", 0, START)?;
    scene.desktop.press("Incoming", "Answer", START)?;
    let answered = at_ms(&app.report.milestone("answered", 0, START)?)?;
    let remote = |line: &Value| line["milestone"] == "first_frame_drawn" && line["video"] != "local";
    let first_frame = at_ms(&app.report.wait("the first remote frame", 0, START, remote)?)?;
    let sound = |line: &Value| line["milestone"] == "first_media" && line["kind"] == "audio";
    let first_sound = at_ms(&app.report.wait("the first sound", 0, START, sound)?)?;

    let call = scene.watch(&tree)?;
    let lines = app.report.all();
    scene.desktop.screenshot(None, &directory.join("call.png"))?;
    bob.report(START)?;
    app.process.stop();
    let watched = last_seconds(&lines, scene.plan.span());
    let drawn = |line: &&Value| line["milestone"] == "drawn" && line["video"] != "local";
    Measured::new((first_frame - answered, first_sound - answered), idle, call, |field| {
        middle(watched.iter().filter(drawn), field)
    })
}

/// Started in the background: signed in from the keyring of an earlier run, never had a window.
pub(super) fn measure_windowless(scene: &Scene, run: u32) -> Result<Measured> {
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
    let idle = scene.watch(&Tree::of(app.pid()))?;
    app.stop();
    Ok(Measured { idle_cpu: idle.cpu, idle_pss_mb: idle.pss_mb, ..Measured::default() })
}

fn options(scene: &Scene) -> AppOptions {
    AppOptions {
        camera: format!("file:{}", scene.sources.camera.display()),
        microphone: format!("file:{}", scene.sources.microphone.display()),
        speaker: "device".into(),
    }
}

/// The lines of the last `span` before the end.
pub(super) fn last_seconds(lines: &[Value], span: Duration) -> &[Value] {
    let at = |line: &Value| line["at_ms"].as_f64().unwrap_or_default();
    let from = lines.last().map_or(0.0, at) - span.as_secs_f64() * 1000.0;
    &lines[lines.partition_point(|line| at(line) < from)..]
}
