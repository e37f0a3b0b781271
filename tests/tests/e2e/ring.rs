//! A ring: answered, rejected, taken back, answered elsewhere, run out, rung again after a restart.

use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, ensure};
use e2e::{
    notifications::{Notifications, Shown},
    world::{SOON, World},
};
use serde_json::{Value, json};
use xtask::{
    peers::{Agent, App},
    process::wait_until,
    stack::direct_name,
};

/// Of Bob's ring window.
const TITLE: &str = "Incoming video call from Bob Brown";
/// From an event to what a person sees of it, by the issue.
const PAINTED: i64 = 100;
/// From hanging up to silence, by the issue.
const SILENT: Duration = Duration::from_secs(1);

/// Bob calls Alice, by what `more` says, with picture and sound.
fn bob_calls(world: &World, more: &[&str]) -> Result<Agent> {
    let room = world.room(&direct_name("alice", "bob"))?;
    let arguments = ["--call", &room, "--publish", "pattern,tone:660"];
    world.agent("bob", &[&arguments, more].concat())
}

/// Waits until the app shows the agent and hears it, and the agent sees and hears the app.
fn media_flows_both_ways(app: &App, agent: &Agent) -> Result<()> {
    for report in [&app.report, &agent.events] {
        for kind in ["video", "audio"] {
            report.wait(&format!("the other's {kind}"), 0, SOON, |line| {
                line["milestone"] == "first_media" && line["kind"] == kind
            })?;
        }
    }
    let others_picture = |line: &Value| line["milestone"] == "first_frame_drawn" && line["video"] != "local";
    app.report.wait("the other's picture on the screen", 0, SOON, others_picture).map(|_| ())
}

/// Waits until the agent sees and hears Alice, hangs up, and checks that its report says so.
fn saw_and_heard_alice(world: &World, mut agent: Agent) -> Result<()> {
    let alice = world.stack.state.user("alice")?.participant_id.clone();
    let counted = |what: &str, fits: &dyn Fn(&Value) -> bool| {
        let of_alice = |line: &Value| line["identity"].as_str().is_some_and(|identity| identity.starts_with(&alice));
        agent.events.wait(what, 0, SOON, |line| line["milestone"] == "media" && of_alice(line) && fits(line))
    };
    counted("frames of Alice", &|line| line["kind"] == "video" && line["frames"].as_u64() > Some(10))?;
    counted("Alice's tone", &|line| line["tone_hz"].is_number())?;
    world.hang_up(&agent)?;
    let report = agent.report(SOON)?;
    let alice = &report["others"][0];
    ensure!(alice["display_name"] == "Alice Adams" && report["error"].is_null(), "{report}");
    ensure!(alice["seen"]["frames_decoded"].as_u64() > Some(0), "no picture of Alice: {report}");
    // her microphone is a tone of 440 Hz
    let tone = alice["heard"]["tone_hz"].as_i64().context("no tone")?;
    ensure!((tone - 440).abs() <= 10, "{report}");
    Ok(())
}

fn stopped(app: &App, mark: usize, outcome: &str) -> Result<Value> {
    let stop = app.report.milestone("ring_stopped", mark, SOON)?;
    ensure!(stop["outcome"] == outcome, "{stop}");
    Ok(stop)
}

/// Presses until it works: no person is so fast that the app does not listen yet.
fn press_in_notification(app: &App, notifications: &Notifications, shown: &Shown, action: &str) -> Result<()> {
    wait_until(&format!("{action} in the notification works"), SOON, || {
        notifications.press(shown, action)?;
        Ok(app.report.all().iter().any(|line| line["milestone"] == "ring_stopped"))
    })
}

fn ring_window_goes(world: &World, at_most: Duration) -> Result<()> {
    wait_until("the ring window goes", at_most, || Ok(world.desktop.windows(TITLE).is_empty()))
}

fn at(line: &Value) -> Result<i64> {
    line["at_ms"].as_i64().with_context(|| format!("no time in {line}"))
}

fn now() -> Result<i64> {
    Ok(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_millis().try_into()?)
}

#[test]
fn answered_by_the_ring_window() -> Result<()> {
    let world = World::start("ring-window")?;
    let app = world.app("alice")?;
    let bob = bob_calls(&world, &[])?;
    app.report.milestone("ring_painted", 0, SOON)?;
    ensure!(world.desktop.windows(TITLE).len() == 1, "no window “{TITLE}”");
    world.answer(&app)?;
    stopped(&app, 0, "answered_here")?;
    ring_window_goes(&world, SOON)?;
    media_flows_both_ways(&app, &bob)?;
    saw_and_heard_alice(&world, bob)?;
    app.report.milestone("call_ended", 0, SOON)?;
    Ok(())
}

#[test]
fn answered_by_the_notification() -> Result<()> {
    let world = World::start("ring-notification")?;
    let app = world.app("alice")?;
    let mut notifications = Notifications::watch(&world.desktop)?;
    let bob = bob_calls(&world, &[])?;
    let shown = notifications.with_buttons()?;
    ensure!(shown.summary == "Bob Brown" && shown.actions == ["answer", "Answer", "reject", "Reject"], "{shown:?}");
    press_in_notification(&app, &notifications, &shown, "answer")?;
    stopped(&app, 0, "answered_here")?;
    ring_window_goes(&world, SOON)?;
    media_flows_both_ways(&app, &bob)?;
    saw_and_heard_alice(&world, bob)
}

#[test]
fn rejected_by_the_notification() -> Result<()> {
    let world = World::start("ring-notification-reject")?;
    let app = world.app("alice")?;
    let mut notifications = Notifications::watch(&world.desktop)?;
    let mut bob = bob_calls(&world, &[])?;
    let shown = notifications.with_buttons()?;
    press_in_notification(&app, &notifications, &shown, "reject")?;
    stopped(&app, 0, "declined_here")?;
    let report = bob.report(SOON)?;
    ensure!(report["ended"]["reason"] == "declined", "{report}");
    Ok(())
}

#[test]
fn a_reject_reaches_the_caller() -> Result<()> {
    let world = World::start("ring-reject")?;
    let app = world.app("alice")?;
    let mut bob = bob_calls(&world, &[])?;
    app.report.milestone("ring_painted", 0, SOON)?;
    world.desktop.press("Incoming", "Reject", SOON)?;
    stopped(&app, 0, "declined_here")?;
    ring_window_goes(&world, SOON)?;
    let report = bob.report(SOON)?;
    ensure!(report["ended"]["outcome"] == "ended" && report["ended"]["reason"] == "declined", "{report}");
    Ok(())
}

#[test]
fn a_caller_who_hangs_up_stops_the_ring() -> Result<()> {
    let world = World::start("ring-cancelled")?;
    let app = world.app("alice")?;
    let mut notifications = Notifications::watch(&world.desktop)?;
    let bob = bob_calls(&world, &[])?;
    let shown = notifications.with_buttons()?;
    app.report.milestone("ring_painted", 0, SOON)?;
    let hung_up = now()?;
    world.hang_up(&bob)?;
    let stop = stopped(&app, 0, "cancelled")?;
    ring_window_goes(&world, SILENT)?;
    let took = at(&stop)? - hung_up;
    ensure!(took <= 1_000, "it rang on for {took} ms");
    notifications.closed(&shown)
}

#[test]
fn answered_on_a_second_device() -> Result<()> {
    let world = World::start("ring-elsewhere")?;
    let app = world.app("alice")?;
    let phone = world.agent("alice", &["--answer", "--after", "1s", "--publish", "pattern,tone"])?;
    phone.events.milestone("online", 0, SOON)?;
    let bob = bob_calls(&world, &[])?;
    app.report.milestone("ring_painted", 0, SOON)?;
    stopped(&app, 0, "answered_elsewhere")?;
    ring_window_goes(&world, SOON)?;
    phone.events.milestone("connected", 0, SOON)?;
    let hears = |line: &Value| line["milestone"] == "first_media" && line["kind"] == "audio";
    bob.events.wait("the phone's sound", 0, SOON, hears)?;
    saw_and_heard_alice(&world, bob)?;
    ensure!(app.report.all().iter().all(|line| line["milestone"] != "answered"), "the first device answered too");
    Ok(())
}

#[test]
fn a_ring_that_runs_out_is_a_missed_call() -> Result<()> {
    let world = World::with_ring("ring-expired", 4)?;
    let window = world.window("alice")?;
    let mut bob = bob_calls(&world, &[])?;
    window.report.milestone("ring_painted", 0, SOON)?;
    let stop = window.report.milestone("ring_stopped", 0, SOON)?;
    ensure!(stop["outcome"] == "expired", "{stop}");
    let notice = window.text_at(r#"[data-testid="notice"][data-level="warning"]"#, SOON)?;
    ensure!(notice.contains("Missed call from Bob Brown"), "{notice}");
    window.click_at(r#"[data-testid="notice"] button.link"#)?;
    let line = window.text_at(r#"[data-testid="timeline-call"][data-missed="true"]"#, SOON)?;
    ensure!(line.contains("Missed video call") && line.contains("Bob Brown"), "{line}");
    let report = bob.report(SOON)?;
    ensure!(report["ended"] == json!({"outcome": "ended", "reason": "no_answer", "by": null}), "{report}");
    Ok(())
}

#[test]
fn an_app_restarted_while_it_rings_rings_again() -> Result<()> {
    let world = World::start("ring-restart")?;
    let mut app = world.app("alice")?;
    let bob = bob_calls(&world, &[])?;
    app.report.milestone("ring_painted", 0, SOON)?;
    app.process.kill()?;
    ring_window_goes(&world, SOON)?;
    let mark = app.report.mark();
    // signed in by what the keyring kept
    let app = world.open_again("alice")?;
    app.report.milestone("ring_received", mark, SOON)?;
    app.report.milestone("ring_painted", mark, SOON)?;
    world.answer(&app)?;
    media_flows_both_ways(&app, &bob)?;
    saw_and_heard_alice(&world, bob)
}

#[test]
fn it_rings_with_the_window_closed() -> Result<()> {
    let world = World::start("ring-closed")?;
    let mut app = world.app("alice")?;
    let main = || world.desktop.windows("ScaiWave Calls");
    wait_until("the main window", SOON, || Ok(!main().is_empty()))?;
    let window = main().pop().context("no main window")?;
    // by the window manager, as its button would
    world.desktop.output("xdotool", &["windowactivate", "--sync", &window, "key", "alt+F4"])?;
    wait_until("the main window closes", SOON, || Ok(main().is_empty()))?;
    app.process.check()?;
    let bob = bob_calls(&world, &[])?;
    world.answer(&app)?;
    wait_until("the main window opens for the call", SOON, || Ok(!main().is_empty()))?;
    media_flows_both_ways(&app, &bob)?;
    saw_and_heard_alice(&world, bob)
}

#[test]
fn keys_answer_and_reject_and_the_focus_stays_until_it_is_given() -> Result<()> {
    let world = World::start("ring-keys")?;
    let app = world.app("alice")?;
    let active = || world.desktop.output("xdotool", &["getactivewindow", "getwindowname"]).unwrap_or_default();
    wait_until("the app's window has the focus", SOON, || Ok(active() == "ScaiWave Calls"))?;
    let press_key = |name: &str| {
        let window = world.desktop.windows(TITLE).pop().context("no ring window")?;
        world.desktop.output("xdotool", &["windowactivate", "--sync", &window, "key", name])
    };

    let mut bob = bob_calls(&world, &[])?;
    app.report.milestone("ring_painted", 0, SOON)?;
    ensure!(active() == "ScaiWave Calls", "the ring took the focus: {}", active());
    press_key("Escape")?;
    stopped(&app, 0, "declined_here")?;
    ensure!(bob.report(SOON)?["ended"]["reason"] == "declined", "Bob does not know");
    ring_window_goes(&world, SOON)?;

    let mark = app.report.mark();
    let bob = bob_calls(&world, &[])?;
    // the first one also waits for what the window still has to do after its start
    let painted = app.report.milestone("ring_painted", mark, SOON)?;
    let took = at(&painted)? - at(&app.report.milestone("ring_received", mark, SOON)?)?;
    ensure!(took <= PAINTED, "the ring was painted {took} ms after its event");
    press_key("Return")?;
    stopped(&app, mark, "answered_here")?;
    app.report.milestone("connected", mark, SOON)?;
    bob.events.milestone("first_media", 0, SOON)?;
    Ok(())
}
