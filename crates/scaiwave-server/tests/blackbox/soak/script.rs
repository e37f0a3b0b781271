//! What happens in a run, by its seed.

use std::time::Duration;

use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::Value;

use super::{Trace, device::Device};
use crate::{
    sfu::{Sfu, Signal, signal},
    user::until,
};

/// The server dies so long after the script's n-th request was sent, and stays away so long.
#[derive(Debug)]
pub struct Kill {
    pub request: usize,
    pub after: Duration,
    pub down: Duration,
}

impl Kill {
    fn roll(dice: &mut StdRng) -> Self {
        // Into the midst of a request, or into the quiet between two.
        let most = if dice.random() { 30 } else { 1200 };
        Self { request: dice.random_range(1..24), after: ms(dice, most), down: ms(dice, 500) }
    }
}

/// What the callee does about the ring.
#[derive(Clone, Copy, Debug)]
enum Reply {
    Answer,
    Decline,
    /// Answers on one device while declining on the other.
    Both,
    /// Calls the caller in the same moment.
    Glare,
    Nothing,
}

/// How it ends.
#[derive(Clone, Copy, Debug)]
enum Ending {
    CallerLeaves,
    CalleeLeaves,
    BothLeave,
    End,
    /// Leave and end in the same moment.
    LeaveAndEnd,
    /// Connections break, nobody says a word.
    HangUp,
}

#[derive(Debug)]
pub struct Script {
    pub direct: bool,
    pub kills: Vec<Kill>,
    reply: Reply,
    ending: Ending,
    /// Waits until server and SFU agree on who is in, before it ends.
    settles: bool,
    pauses: [Duration; 4],
}

/// Who took part, and what the server has promised them.
pub struct Cast {
    pub devices: Vec<Device>,
    /// Events the server has acknowledged.
    pub said: Vec<String>,
    /// Calls it has started.
    pub calls: Vec<String>,
}

fn ms(dice: &mut StdRng, most: u64) -> Duration {
    Duration::from_millis(dice.random_range(0..most))
}

fn one_of<T: Copy>(dice: &mut StdRng, choice: &[T]) -> T {
    choice[dice.random_range(0..choice.len())]
}

impl Script {
    pub fn of(seed: u64) -> Self {
        let dice = &mut StdRng::seed_from_u64(seed);
        let mut kills: Vec<_> = (0..dice.random_range(1..=2)).map(|_| Kill::roll(dice)).collect();
        kills.sort_by_key(|kill| kill.request);
        use Ending::{BothLeave, CalleeLeaves, CallerLeaves, End, HangUp, LeaveAndEnd};
        use Reply::{Answer, Both, Decline, Glare, Nothing};
        Self {
            direct: dice.random(),
            kills,
            reply: one_of(dice, &[Answer, Answer, Answer, Decline, Both, Glare, Nothing]),
            ending: one_of(dice, &[CallerLeaves, CalleeLeaves, BothLeave, End, LeaveAndEnd, HangUp]),
            settles: dice.random(),
            pauses: std::array::from_fn(|_| ms(dice, 300)),
        }
    }

    async fn pause(&self, n: usize) {
        tokio::time::sleep(self.pauses[n]).await;
    }

    /// Plays it to the end, kills or not.
    pub async fn play(&self, base: &str, room: &str, sfu: &Sfu, trace: &Trace) -> Cast {
        let (alice, desk, phone, carol) = tokio::join!(
            Device::start(base, "alice", "desk", trace),
            Device::start(base, "bob", "desk", trace),
            Device::start(base, "bob", "phone", trace),
            Device::start(base, "carol", "desk", trace),
        );
        let mut said = vec![alice.say(room, "before the call").await];
        self.pause(0).await;
        let mut calls = Vec::new();
        let mut grants = Vec::new();
        if matches!(self.reply, Reply::Glare) {
            let both = tokio::join!(alice.initiate(room), desk.initiate(room));
            grants.extend([both.0, both.1]);
        } else {
            grants.push(alice.initiate(room).await);
        }
        calls.extend(grants.iter().map(|grant| grant["call_id"].as_str().unwrap().to_owned()));
        let call = calls.last().unwrap().clone();
        let mut at_sfu = enter(&grants, trace).await;
        desk.rung(&call, Duration::from_secs(1)).await;
        self.pause(1).await;
        at_sfu.extend(enter(&self.reply(&desk, &phone, &call).await, trace).await);
        said.push(desk.say(room, "after the answer").await);
        if self.settles {
            agree(&alice, &call, sfu, trace).await;
        }
        self.pause(2).await;
        self.end(&alice, &desk, &phone, &call).await;
        drop(at_sfu);
        trace.note("connections to the SFU are dropped");
        said.push(alice.say(room, "after the call").await);
        self.pause(3).await;
        trace.played();
        Cast { devices: vec![alice, desk, phone, carol], said, calls }
    }

    /// Answers the grants there are.
    async fn reply(&self, desk: &Device, phone: &Device, call: &str) -> Vec<Value> {
        match self.reply {
            Reply::Answer => vec![phone.call(call, "join").await],
            Reply::Decline => {
                desk.call(call, "reject").await;
                Vec::new()
            }
            Reply::Both => {
                let (grant, _) = tokio::join!(phone.call(call, "join"), desk.call(call, "reject"));
                vec![grant]
            }
            Reply::Glare | Reply::Nothing => Vec::new(),
        }
    }

    async fn end(&self, alice: &Device, desk: &Device, phone: &Device, call: &str) {
        match self.ending {
            Ending::CallerLeaves => drop(alice.call(call, "leave").await),
            Ending::CalleeLeaves => drop(tokio::join!(phone.call(call, "leave"), desk.call(call, "leave"))),
            Ending::BothLeave => drop(tokio::join!(alice.call(call, "leave"), phone.call(call, "leave"))),
            Ending::End => drop(alice.call(call, "end").await),
            Ending::LeaveAndEnd => drop(tokio::join!(phone.call(call, "leave"), alice.call(call, "end"))),
            Ending::HangUp => {}
        }
    }
}

/// Connects to the SFU with each grant there is; the call may be over by then.
async fn enter(grants: &[Value], trace: &Trace) -> Vec<Signal> {
    let mut entered = Vec::new();
    for grant in grants.iter().filter(|grant| !grant.is_null()) {
        match signal(grant).await {
            Ok(socket) => entered.push(socket),
            Err(e) => trace.note(format!("the SFU refuses: {e}")),
        }
    }
    trace.note(format!("{} more at the SFU", entered.len()));
    entered
}

/// Waits until the server shows as joined whom the SFU has, or the call is over.
async fn agree(alice: &Device, call: &str, sfu: &Sfu, trace: &Trace) {
    until("server and SFU agree on who is in the call", async || {
        let shown = alice.get(&format!("/v1/calls/{call}")).await;
        if !["ringing", "active"].contains(&shown["state"].as_str().unwrap()) {
            return true;
        }
        let mut joined: Vec<String> = shown["participants"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|device| device["state"] == "joined")
            .map(|d| format!("{}/{}", d["participant_id"].as_str().unwrap(), d["device_id"].as_str().unwrap()))
            .collect();
        let mut present = sfu.present(&format!("scaiwave-{call}")).await;
        joined.sort();
        present.sort();
        joined == present
    })
    .await;
    trace.note("server and SFU agree");
}
