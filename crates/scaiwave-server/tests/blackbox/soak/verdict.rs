//! What has to be true once the server's own timers have brought everything to its end.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use super::{Trace, device::Device, script::Cast};
use crate::{sfu::Sfu, user::until};

pub async fn judge(cast: Cast, room: &str, sfu: &Sfu, trace: &Trace) {
    let alice = &cast.devices[0];
    let calls = all_over(alice, room, sfu).await;
    trace.note(format!("all over: {calls:?}"));
    for call in &calls {
        is_over_for_everybody(&alice.get(&format!("/v1/calls/{call}")).await);
    }
    for call in &cast.calls {
        assert!(calls.contains(call), "{call} was granted and is not in the timeline");
    }
    let last = alice.say(room, "the last word").await;
    for device in &cast.devices {
        let timeline = timeline(device).await;
        let mine = device.get("/v1/rooms").await.as_array().unwrap().iter().any(|mine| mine["id"] == room);
        let said = cast.said.iter().chain([&last]).filter(|_| mine);
        for id in said {
            let times = timeline.values().filter(|event| event["id"] == id.as_str()).count();
            assert_eq!(times, 1, "{}: the acknowledged event {id} is there {times} times", device.name);
        }
        one_call_at_a_time(&timeline);
        resumed(device, &timeline).await;
    }
}

/// Waits until no call lives and the SFU has no room left; answers all calls that there were.
async fn all_over(alice: &Device, room: &str, sfu: &Sfu) -> Vec<String> {
    until("no call rings or runs", async || {
        let state = alice.get(&format!("/v1/rooms/{room}/state")).await;
        state["active_call"].is_null()
    })
    .await;
    let timeline = timeline(alice).await;
    let started = timeline.values().filter(|event| event["event_type"] == "swp.call.started");
    let calls: Vec<_> = started.map(|event| event["content"]["call_id"].as_str().unwrap().to_owned()).collect();
    for call in &calls {
        until("the call is ended", async || alice.get(&format!("/v1/calls/{call}")).await["state"] == "ended").await;
    }
    until("the SFU has no room left", async || sfu.room_names().await.is_empty()).await;
    calls
}

fn is_over_for_everybody(call: &Value) {
    assert!(call["end_reason"].is_string() && call["ended_at"].is_string(), "{call}");
    let open = ["pending", "ringing"];
    for invite in call["invites"].as_array().unwrap() {
        assert!(!open.contains(&invite["state"].as_str().unwrap()), "an invite is not final: {call}");
    }
    for device in call["participants"].as_array().unwrap() {
        assert!(device["state"] == "left" && device["left_at"].is_string(), "a ghost: {call}");
    }
}

/// The whole timeline by `sync`, in small pages, whose positions rise and whose ids are all different.
async fn timeline(device: &Device) -> BTreeMap<u64, Value> {
    let mut timeline = BTreeMap::new();
    let mut ids = HashMap::new();
    let mut since = 0;
    loop {
        let page = device.get(&format!("/v1/sync?since={since}&limit=4&timeout=0")).await;
        for event in page["events"].as_array().unwrap() {
            let position = event["stream_position"].as_u64().unwrap();
            assert!(position > since, "{}: position {position} after {since}", device.name);
            since = position;
            let twice = ids.insert(event["id"].as_str().unwrap().to_owned(), position);
            assert!(twice.is_none(), "{}: {} is there twice", device.name, event["id"]);
            timeline.insert(position, event.clone());
        }
        if page["has_more"] == false {
            return timeline;
        }
    }
}

/// Starts and ends of calls alternate, each end that of the call started last.
fn one_call_at_a_time(timeline: &BTreeMap<u64, Value>) {
    let mut live: Option<&str> = None;
    for event in timeline.values() {
        let call = event["content"]["call_id"].as_str();
        match event["event_type"].as_str().unwrap() {
            "swp.call.started" => assert_eq!(std::mem::replace(&mut live, call), None, "two calls at once"),
            "swp.call.ended" => assert_eq!(live.take(), call, "a call ended that was not started, or ended twice"),
            _ => {}
        }
    }
    assert_eq!(live, None, "a call did not end");
}

/// The device's stream, with what it fetched after each break, has brought everything; and no call rang twice.
async fn resumed(device: &Device, timeline: &BTreeMap<u64, Value>) {
    let whole = || timeline.keys().all(|position| device.seen.lock().timeline.contains_key(position));
    until(&format!("{} has seen everything by its stream", device.name), async || whole()).await;
    let seen = device.seen.lock();
    for (position, id) in &seen.timeline {
        let kept = timeline.get(position).map(|event| event["id"].as_str().unwrap());
        assert_eq!(kept, Some(id.as_str()), "{}: saw an event that is not kept", device.name);
    }
    assert!(seen.rings.values().all(|times| *times == 1), "{}: rang twice: {:?}", device.name, seen.rings);
}
