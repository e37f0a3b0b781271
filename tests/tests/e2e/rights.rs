//! Who may end a call for everyone.

use anyhow::{Context, Result, ensure};
use e2e::{
    api::Api,
    world::{SOON, World},
};
use xtask::stack::direct_name;

#[test]
fn a_member_below_50_may_leave_but_not_end() -> Result<()> {
    let world = World::start("rights-refused")?;
    let carol = world.window("carol")?;
    let bob = world.agent("bob", &["--call", "Team", "--publish", "pattern,tone:660"])?;
    carol.report.milestone("ring_painted", 0, SOON)?;
    carol.click("ring-answer")?;
    let connected = carol.report.milestone("connected", 0, SOON)?;
    let call_id = connected["call_id"].as_str().context("no call id")?;

    carol.text("call-leave", SOON)?;
    ensure!(!carol.is_there("call-end")?, "she is offered what she may not do");
    let refused =
        Api::sign_in(&world.stack.state, "carol")?.post(&format!("calls/{call_id}/end"), &serde_json::json!({}))?;
    ensure!(refused.status == 403 && refused.body.to_string().contains("SW_CALL_FORBIDDEN"), "{refused:?}");
    let call = Api::sign_in(&world.stack.state, "alice")?.get(&format!("calls/{call_id}"))?.ok()?;
    ensure!(call["state"] == "active", "{call}");

    carol.click("call-leave")?;
    let ended = carol.report.milestone("call_ended", 0, SOON)?;
    ensure!(ended["outcome"] == "left", "{ended}");
    world.hang_up(&bob)
}

#[test]
fn who_may_ends_it_for_everyone() -> Result<()> {
    let world = World::start("rights-end")?;
    let alice = world.window("alice")?;
    let room = world.room(&direct_name("alice", "bob"))?;
    let mut bob = world.agent("bob", &["--call", &room, "--publish", "pattern,tone:660"])?;
    alice.report.milestone("ring_painted", 0, SOON)?;
    alice.click("ring-answer")?;
    alice.report.milestone("connected", 0, SOON)?;
    bob.events.milestone("first_media", 0, SOON)?;
    // the second click is the confirmation
    alice.click("call-end")?;
    alice.click("call-end-confirm")?;
    let report = bob.report(SOON)?;
    ensure!(report["ended"]["reason"] == "ended_by_user", "{report}");
    alice.report.milestone("call_ended", 0, SOON)?;
    alice.text("call-dismiss", SOON).map(|_| ())
}
