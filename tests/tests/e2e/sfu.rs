//! The SFU dies in a call of real clients. Without a desktop: the people are agents.

use std::{fs, time::Duration};

use e2e::{
    api::Api,
    world::{SOON, kill},
};
use xtask::{
    paths,
    peers::Agent,
    process::wait_until,
    stack::{Options, Stack, direct_name},
};

/// Until an interrupted call is whole again or over: the devices' grace and a round of the reconciler.
const SETTLED: Duration = Duration::from_secs(90);

#[test]
fn a_killed_sfu_in_a_call_leaves_a_whole_call_or_none() {
    let directory = paths::target_dir("e2e").unwrap().join("sfu-killed");
    let _ = fs::remove_dir_all(&directory);
    let mut stack = Stack::start(Options::new(directory.join("stack"))).unwrap();
    let bob = Agent::start(&stack.state, "bob", &["--answer", "--publish", "tone:440"], &directory).unwrap();
    bob.events.milestone("online", 0, SOON).unwrap();
    let room = stack.state.room(&direct_name("alice", "bob")).unwrap().room_id.clone();
    let alice = Agent::start(&stack.state, "alice", &["--call", &room, "--publish", "tone:660"], &directory).unwrap();
    let call_id = alice.events.milestone("connected", 0, SOON).unwrap()["call_id"].as_str().unwrap().to_owned();
    bob.events.milestone("first_media", 0, SOON).unwrap();
    let api = Api::sign_in(&stack.state, "bob").unwrap();

    let sfu = stack.state.processes.iter().find(|process| process.name == "livekit-server").unwrap().pid;
    let (alices, bobs) = (alice.events.mark(), bob.events.mark());
    kill(sfu).unwrap();
    for (agent, mark) in [(&alice, alices), (&bob, bobs)] {
        agent.events.milestone("reconnecting", mark, SOON).unwrap();
    }
    let refused = api.post(
        "calls/initiate",
        &serde_json::json!({ "room_id": stack.state.room("Team").unwrap().room_id, "type": "audio" }),
    );
    let refused = refused.unwrap();
    assert_eq!((refused.status, refused.body["error"]["code"].as_str()), (503, Some("SW_CALL_LIVEKIT_UNREACHABLE")));
    assert!(refused.retry_after.is_some());
    stack.start_livekit().unwrap();

    let mut last = String::new();
    let settled = wait_until("the call is whole again or over", SETTLED, || {
        let call = api.get(&format!("calls/{call_id}"))?.ok()?;
        last = call.to_string();
        let states: Vec<_> =
            call["participants"].as_array().into_iter().flatten().map(|device| &device["state"]).collect();
        let whole = call["state"] == "active" && states.len() == 2 && states.iter().all(|state| *state == "joined");
        let over =
            call["state"] == "ended" && call["end_reason"] == "sfu_lost" && states.iter().all(|state| *state == "left");
        Ok(whole || over)
    });
    settled.unwrap_or_else(|e| panic!("{e:#}: {last}"));
    println!("after the SFU's return: {last}");
}
