//! `demo`: the stack, the app signed in as Alice, and Bob, who calls her.

use std::{
    env, fs,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use crate::{
    build,
    desktop::Desktop,
    lines::Lines,
    paths,
    peers::{Agent, App, AppOptions},
    progress::{headline, say},
    setup,
    stack::{self, Options, Stack},
};

/// From the start of the app to the ring window.
const RING: Duration = Duration::from_secs(40);
/// From the answer to picture and sound on both sides.
const MEDIA: Duration = Duration::from_secs(20);
/// How long Bob stays when nobody is watching.
const CALL_SECONDS: u64 = 8;

/// Builds, starts, and shows it to the person or, without a display, to the camera of screenshots.
pub fn run() -> Result<()> {
    setup::all()?;
    headline("Building");
    build::webview()?;
    build::programs(&[build::SERVER, build::ENGINE, build::AGENT, build::APP])?;
    headline("Starting");
    let directory = paths::target_dir("demo")?;
    let stack = Stack::start(Options::new(paths::target_dir(&format!("stack/{}", std::process::id()))?))?;
    say(&format!("server {}, SFU {}", stack.state.server_url, stack.state.livekit_url));
    let has_display =
        ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| env::var_os(name).is_some_and(|value| !value.is_empty()));
    if has_display { for_a_person(stack, &directory) } else { for_nobody(stack, &directory) }
}

/// Opens the app and lets Bob call; ends when the app does.
fn for_a_person(mut stack: Stack, directory: &Path) -> Result<()> {
    let run = fresh(directory)?;
    let options = AppOptions { camera: camera(), microphone: microphone(), ..AppOptions::default() };
    let mut app = App::start(None, &stack.state, "alice", &options, &run)?;
    let room = stack.state.room(&stack::direct_name("alice", "bob"))?.room_id.clone();
    headline("Bob calls. Answer, look, listen, mute, hang up. Ctrl-C here ends everything.");
    let mut bob = Some(Agent::start(&stack.state, "bob", &["--call", &room, "--publish", "pattern,tone:660"], &run)?);
    while app.process.ended().is_none() {
        stack.check()?;
        if let Some(partner) = &mut bob
            && partner.process.ended().is_some()
        {
            say(&told("Bob", &partner.report(Duration::ZERO)?));
            bob = None;
        }
        thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}

/// The same on a desktop without a screen: answers through the ring window, keeps pictures and both reports.
fn for_nobody(stack: Stack, directory: &Path) -> Result<()> {
    let run = fresh(directory)?;
    say("no display here: a virtual one, where the ring window is answered by itself");
    let desktop = Desktop::start(&run.join("desktop"))?;
    let mut app = App::start(Some(&desktop), &stack.state, "alice", &AppOptions::default(), &run)?;
    let room = stack.state.room(&stack::direct_name("alice", "bob"))?.room_id.clone();
    let stay = format!("{CALL_SECONDS}s");
    let arguments = ["--call", &room, "--publish", "pattern,tone:660", "--for", &stay];
    let mut bob = Agent::start(&stack.state, "bob", &arguments, &run)?;

    headline("Bob calls");
    app.report.milestone("ring_painted", 0, RING)?;
    desktop.screenshot(None, &directory.join("1-ring.png"))?;
    desktop.press("Incoming", "Answer", RING)?;
    let bobs_picture = |line: &Value| line["milestone"] == "first_frame_drawn" && line["video"] != "local";
    app.report.wait("Bob's picture on Alice's screen", 0, MEDIA, bobs_picture)?;
    for kind in ["video", "audio"] {
        first_media(&app.report, kind)?;
    }
    bob.events.milestone("first_frame_drawn", 0, MEDIA)?;
    // the second count of drawn frames from here on: all of the window has settled
    let mark = app.report.mark();
    app.report.milestone("drawn", mark, MEDIA)?;
    app.report.milestone("drawn", app.report.mark(), MEDIA)?;
    desktop.screenshot(None, &directory.join("2-call.png"))?;
    let heard = bob.report(Duration::from_secs(CALL_SECONDS) + MEDIA)?;
    app.report.milestone("call_ended", 0, MEDIA)?;
    desktop.screenshot(None, &directory.join("3-after.png"))?;
    app.process.check()?;

    let report = json!({"alice": app.report.all(), "bob": heard});
    let file = directory.join("report.json");
    fs::write(&file, serde_json::to_vec_pretty(&report)?)?;
    headline("What was seen and heard");
    say(&seen_by_the_app(&app.report));
    say(&told("Bob", &heard));
    say(&format!("pictures and the report of both sides: {}", directory.display()));
    let alice = heard["others"].get(0).context("Bob met nobody")?;
    ensure!(alice["seen"]["frames_decoded"].as_u64() > Some(0), "Bob did not see Alice: {}", file.display());
    ensure!(alice["heard"]["level"].as_f64() > Some(0.0), "Bob did not hear Alice: {}", file.display());
    if let Some(error) = heard["error"].as_str() {
        bail!("Bob: {error}");
    }
    Ok(())
}

fn first_media(report: &Lines, kind: &str) -> Result<Value> {
    let fits = |line: &Value| line["milestone"] == "first_media" && line["kind"] == kind;
    report.wait(&format!("the first {kind}"), 0, MEDIA, fits)
}

fn seen_by_the_app(report: &Lines) -> String {
    let lines = report.all();
    let at = |name: &str| lines.iter().find(|line| line["milestone"] == name).and_then(|line| line["at_ms"].as_i64());
    let between = |from, to| match (at(from), at(to)) {
        (Some(from), Some(to)) => format!("{} ms", to - from),
        _ => "unknown".to_owned(),
    };
    let (painted, drawn) = (between("ring_received", "ring_painted"), between("answered", "first_frame_drawn"));
    format!("Alice: ring painted after {painted}, Bob's first picture {drawn} after the answer")
}

fn told(who: &str, report: &Value) -> String {
    let other = &report["others"][0];
    let (name, seen, heard) = (&other["display_name"], &other["seen"], &other["heard"]);
    if other.is_null() {
        return format!("{who} met nobody: {}", report["ended"]);
    }
    let name = name.as_str().unwrap_or("somebody");
    format!("{who} saw {} frames of {name} and heard {} Hz", seen["frames_decoded"], heard["tone_hz"])
}

/// A directory of this run, so that two at a time do not mix.
fn fresh(directory: &Path) -> Result<PathBuf> {
    let run = directory.join(format!("run-{}", std::process::id()));
    fs::create_dir_all(&run)?;
    Ok(run)
}

fn camera() -> String {
    if Path::new("/dev/video0").exists() { "device".into() } else { "pattern".into() }
}

fn microphone() -> String {
    let devices = fs::read_to_string("/proc/asound/pcm").unwrap_or_default();
    if devices.contains("capture") { "device".into() } else { "tone:440".into() }
}
