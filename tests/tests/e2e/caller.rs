//! Calling from the app's window, and what its buttons do to the other side.

use anyhow::{Result, ensure};
use e2e::world::{SOON, World};
use serde_json::Value;
use xtask::{peers::Agent, stack::direct_name};

/// Waits until the agent sees Alice like this.
fn sees(agent: &Agent, mark: usize, what: &str, on: bool) -> Result<Value> {
    agent.events.wait(&format!("Alice with {what} {on}"), mark, SOON, |line| {
        line["milestone"] == "people" && line["others"][0][what] == on
    })
}

#[test]
fn calls_mutes_and_leaves_by_the_window() -> Result<()> {
    let world = World::start("caller")?;
    let mut bob = world.agent("bob", &["--answer", "--after", "1s", "--publish", "pattern,tone:660"])?;
    let alice = world.window("alice")?;
    bob.events.milestone("online", 0, SOON)?;
    let room = world.room(&direct_name("alice", "bob"))?;
    alice.click_at(&format!(r#"[data-room-id="{room}"] .room-button"#))?;
    alice.click("call-video")?;
    let ringing = alice.text("ringing", SOON)?;
    ensure!(ringing.contains("Bob Brown"), "{ringing}");
    let others_picture = |line: &Value| line["milestone"] == "first_frame_drawn" && line["video"] != "local";
    alice.report.wait("Bob's picture", 0, SOON, others_picture)?;
    for kind in ["video", "audio"] {
        let fits = |line: &Value| line["milestone"] == "first_media" && line["kind"] == kind;
        alice.report.wait(&format!("Bob's {kind}"), 0, SOON, fits)?;
        bob.events.wait(&format!("Alice's {kind}"), 0, SOON, fits)?;
    }
    alice.text("call-timer", SOON)?;
    sees(&bob, 0, "microphone_on", true)?;

    for (button, what) in [("call-mute", "microphone_on"), ("call-camera", "camera_on")] {
        for on in [false, true] {
            let mark = bob.events.mark();
            alice.click(button)?;
            // pressed is off
            alice.text_at(&format!(r#"[data-testid="{button}"][aria-pressed="{}"]"#, !on), SOON)?;
            sees(&bob, mark, what, on)?;
        }
    }

    alice.click("call-leave")?;
    let ended = alice.report.milestone("call_ended", 0, SOON)?;
    ensure!(ended["outcome"] == "left", "{ended}");
    world.hang_up(&bob)?;
    let report = bob.report(SOON)?;
    ensure!(report["others"][0]["display_name"] == "Alice Adams", "{report}");
    ensure!(report["others"][0]["seen"]["frames_decoded"].as_u64() > Some(0), "{report}");
    Ok(())
}
