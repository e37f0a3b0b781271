//! What the server shows of a call is right, whatever becomes of the SFU's webhooks. Without a desktop: the people are agents.

use std::{fs, time::Duration};

use e2e::{
    api::Api,
    webhooks::Proxy,
    world::{SOON, child_of, kill},
};
use nix::{
    sys::signal::{self, Signal},
    unistd::Pid,
};
use serde_json::Value;
use xtask::{
    paths,
    peers::Agent,
    process::wait_until,
    stack::{Options, Stack},
};

/// The reconciler repairs whatever a lost webhook left wrong.
const RIGHT: Duration = Duration::from_secs(30);
/// The SFU's own patience with somebody whose connection broke comes before.
const GONE: Duration = Duration::from_secs(60);

/// Who is shown as joined, by name.
fn joined(api: &Api, stack: &Stack, call_id: &str) -> Vec<String> {
    let call = api.get(&format!("calls/{call_id}")).unwrap().ok().unwrap();
    let here = call["participants"].as_array().unwrap().iter().filter(|device| device["state"] == "joined");
    let name = |device: &Value| {
        let user = stack.state.users.iter().find(|user| device["participant_id"] == user.participant_id.as_str());
        user.unwrap().username.clone()
    };
    let mut names: Vec<_> = here.map(name).collect();
    names.sort();
    names
}

fn a_call_becomes_right(seed: u64) {
    let directory = paths::target_dir("e2e").unwrap().join(format!("webhooks-{seed}"));
    let _ = fs::remove_dir_all(&directory);
    let proxy = Proxy::start(seed).unwrap();
    let options = Options { webhooks: Some(proxy.url()), ..Options::new(directory.join("stack")) };
    let stack = Stack::start(options).unwrap();
    proxy.pass_on_to(&stack.state.server_url).unwrap();
    let agent = |user: &str, arguments: &[&str]| Agent::start(&stack.state, user, arguments, &directory).unwrap();
    let api = Api::sign_in(&stack.state, "dave").unwrap();
    let told = || format!("seed {seed}:\n{}", proxy.fates().join("\n"));

    let bob = agent("bob", &["--answer", "--publish", "tone:440"]);
    let mut carol = agent("carol", &["--answer", "--publish", "tone:550"]);
    for agent in [&bob, &carol] {
        agent.events.milestone("online", 0, SOON).unwrap();
    }
    let mut alice = agent("alice", &["--call", "Team", "--publish", "tone:660", "--depart", "end"]);
    let connected = alice.events.milestone("connected", 0, SOON).unwrap();
    let call_id = connected["call_id"].as_str().unwrap();
    for agent in [&bob, &carol] {
        agent.events.milestone("connected", 0, SOON).unwrap();
    }
    let becomes = |who: &[&str], at_most| {
        wait_until(&format!("{who:?} are in, {}", told()), at_most, || Ok(joined(&api, &stack, call_id) == who))
            .unwrap();
    };
    becomes(&["alice", "bob", "carol"], RIGHT);

    // One says goodbye, one is torn out.
    signal::kill(Pid::from_raw(bob.process.pid().try_into().unwrap()), Signal::SIGINT).unwrap();
    let engine = child_of(carol.process.pid(), "call-engine").unwrap();
    carol.process.kill().unwrap();
    kill(engine).unwrap_or_default();
    becomes(&["alice"], GONE);

    signal::kill(Pid::from_raw(alice.process.pid().try_into().unwrap()), Signal::SIGINT).unwrap();
    alice.report(SOON).unwrap();
    wait_until(&format!("the call is over, {}", told()), RIGHT, || {
        Ok(api.get(&format!("calls/{call_id}"))?.ok()?["state"] == "ended")
    })
    .unwrap();
    let history =
        api.get(&format!("rooms/{}/messages", stack.state.room("Team").unwrap().room_id)).unwrap().ok().unwrap();
    let ends = history.as_array().unwrap().iter().filter(|event| event["event_type"] == "swp.call.ended");
    assert_eq!(ends.count(), 1, "{}", told());
    assert!(proxy.fates().len() >= 4, "hardly any webhooks came: {}", told());
}

#[test]
fn lost_doubled_late_and_shuffled_webhooks_leave_the_right_state() {
    for seed in [1, 2] {
        a_call_becomes_right(seed);
    }
}
