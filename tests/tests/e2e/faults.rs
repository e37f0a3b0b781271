//! What a call survives, and what the others see of what it does not.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use e2e::{
    api::Api,
    world::{SOON, World, child_of, kill},
};
use serde_json::Value;
use xtask::{
    lines::Lines,
    peers::{Agent, App},
    process::wait_until,
    stack::direct_name,
};

/// From the death of the engine to being in the call again.
const BACK: Duration = Duration::from_secs(3);
/// From the death of the app until the others see it gone.
const GONE: Duration = Duration::from_secs(30);

/// Alice's app and Bob's agent in a call that Bob started, each seeing the other.
struct Call {
    alice: App,
    bob: Agent,
    call_id: String,
}

impl Call {
    fn start(world: &World) -> Self {
        let alice = world.app("alice").unwrap();
        let room = world.room(&direct_name("alice", "bob")).unwrap();
        let bob = world.agent("bob", &["--call", &room, "--publish", "pattern,tone:660"]).unwrap();
        world.answer(&alice).unwrap();
        let connected = alice.report.milestone("connected", 0, SOON).unwrap();
        let call = Self { alice, bob, call_id: connected["call_id"].as_str().unwrap().to_owned() };
        call.goes_on(0, 0);
        call
    }

    /// Frames reach both ends after these marks.
    fn goes_on(&self, alices_mark: usize, bobs_mark: usize) {
        let bobs_picture = |line: &Value| line["milestone"] == "drawn" && line["video"] != "local";
        self.alice.report.wait("Bob's picture at Alice's", alices_mark, SOON, bobs_picture).unwrap();
        let before = seen(&self.bob.events, bobs_mark);
        wait_until("Alice's picture at Bob's", SOON, || Ok(seen(&self.bob.events, bobs_mark) > before + 5)).unwrap();
    }
}

/// Frames of the newest remote picture, from the first count after the mark on; 0 without any.
fn seen(events: &Lines, mark: usize) -> u64 {
    let lines = events.all();
    let mut counts = lines.iter().skip(mark).filter(|line| line["milestone"] == "media" && line["kind"] == "video");
    counts.next_back().and_then(|line| line["frames"].as_u64()).unwrap_or(0)
}

fn at(line: &Value) -> u64 {
    line["at_ms"].as_u64().unwrap()
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis().try_into().unwrap()
}

#[test]
fn a_killed_engine_is_back_in_the_call_within_three_seconds() {
    let world = World::start("engine-killed").unwrap();
    let mut call = Call::start(&world);
    let (alices, bobs) = (call.alice.report.mark(), call.bob.events.mark());
    let engine = child_of(call.alice.process.pid(), "call-engine").unwrap();
    let killed_at = now();
    kill(engine).unwrap();

    let died = call.alice.report.milestone("engine_died", alices, SOON).unwrap();
    call.alice.report.milestone("reconnecting", alices, SOON).unwrap();
    let back = call.alice.report.milestone("connected", alices, SOON).unwrap();
    let took = Duration::from_millis(at(&back) - killed_at);
    assert!(took <= BACK, "back after {took:?}");
    assert!(at(&died) >= killed_at);
    assert_eq!(back["call_id"], call.call_id.as_str(), "another call");
    call.alice.process.check().unwrap();

    // a new picture of hers, not the rest of the old one
    let again = |line: &Value| line["milestone"] == "first_frame_drawn" && line["identity"].is_string();
    call.bob.events.wait("Alice's new picture at Bob's", bobs, SOON, again).unwrap();
    let mark = call.alice.report.all().iter().position(|line| *line == back).unwrap();
    call.goes_on(mark, call.bob.events.mark());
    assert!(!call.alice.report.all().iter().any(|line| line["milestone"] == "call_ended"), "the call ended between");
}

#[test]
fn a_killed_app_is_gone_for_the_others_within_thirty_seconds() {
    let world = World::start("app-killed").unwrap();
    let mut call = Call::start(&world);
    let api = Api::sign_in(&world.stack.state, "bob").unwrap();
    let alice = world.stack.state.user("alice").unwrap().participant_id.clone();
    let here = || api.devices_in_call(&call.call_id, &alice).unwrap();
    assert_eq!(here(), 1);
    let engine = child_of(call.alice.process.pid(), "call-engine").unwrap();

    call.alice.process.kill().unwrap();
    wait_until("Alice is gone", GONE, || Ok(here() == 0)).unwrap();
    wait_until("her engine is gone too", SOON, || Ok(!std::fs::exists(format!("/proc/{engine}"))?)).unwrap();
    call.bob.process.check().unwrap();
}

#[test]
fn a_call_outlives_a_restart_of_the_server() {
    let mut world = World::start("server-restart").unwrap();
    let mut call = Call::start(&world);

    let (alices, bobs) = (call.alice.report.mark(), call.bob.events.mark());
    world.stack.stop_server();
    call.goes_on(alices, bobs);
    let (alices, bobs) = (call.alice.report.mark(), call.bob.events.mark());
    world.stack.start_server().unwrap();
    call.alice.report.milestone("online", alices, SOON).unwrap();
    call.goes_on(call.alice.report.mark(), call.bob.events.mark());
    let after = |events: &Lines, mark, name| events.all().into_iter().skip(mark).any(|line| line["milestone"] == name);
    for name in ["reconnecting", "engine_died", "call_ended"] {
        assert!(!after(&call.alice.report, alices, name), "{name} at Alice's");
        assert!(!after(&call.bob.events, bobs, name), "{name} at Bob's");
    }

    // the new server process knows the call and ends it for both
    let api = Api::sign_in(&world.stack.state, "bob").unwrap();
    let mark = call.alice.report.mark();
    let ended = api.post(&format!("calls/{}/end", call.call_id), &serde_json::json!({})).unwrap();
    assert_eq!(ended.status / 100, 2, "{ended:?}");
    call.alice.report.milestone("call_ended", mark, SOON).unwrap();
    let report = call.bob.report(SOON).unwrap();
    assert_eq!((&report["reconnections"], &report["engine_restarts"]), (&0.into(), &0.into()), "{report}");
    let look = || api.get(&format!("calls/{}", call.call_id)).unwrap().ok().unwrap();
    wait_until("the call is over", SOON, || Ok(look()["state"] == "ended")).unwrap();
    assert!(look()["answered_at"].is_string(), "it forgot that the call was answered");
}
