//! The client's machine: rings and the one call of a device, on whatever clock the driver brings.
//!
//! [`Client::step`] takes one [`Input`] and returns the [`Effect`]s to carry out, in order. "Accepted" (the server let us in, somebody
//! answered) and "connected" (media flows) are separate axes, since either may come first: [`Stage`] with the
//! call's own state, and [`Media`].
//! Whatever was under way when its reason went away undoes itself when its answer comes in: each try and each engine has a number.

mod call;
mod clicks;
mod directory;
mod effect;
mod input;
mod own_call;
pub mod retry;
mod rings;
mod server_news;
#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, fmt};

use directory::Directory;
pub use effect::*;
pub use input::*;
pub use own_call::{Media, OwnCall, Phase, Stage};
use rings::Ringing;
pub use rings::{MAX_RING_MS, RingView};

use crate::{CallId, DeviceId, ParticipantId, RoomId, UnixMillis};

/// Between two [`Effect::Heartbeat`]s.
pub const HEARTBEAT_MS: i64 = 5_000;
/// How long the server has to say why the SFU's room is gone.
pub const VERDICT_MS: i64 = 3_000;

/// One signed-in device.
#[derive(Clone, Debug)]
pub struct Client {
    me: ParticipantId,
    device: DeviceId,
    directory: Directory,
    rings: BTreeMap<CallId, Ringing>,
    call: Option<OwnCall>,
    engine: Option<EngineNo>,
    engines_started: u64,
    attempts: u64,
    /// An engine that died or does not start while it only rings is not started again before somebody answers.
    warm_up_failed: bool,
    effects: Vec<Effect>,
}

/// What one input came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// To carry out, in order.
    pub effects: Vec<Effect>,
    /// For the log.
    pub trace: Trace,
}

/// One line for the log: where we were, what happened, where we are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// State before.
    pub before: String,
    /// Name of the input.
    pub input: &'static str,
    /// State after.
    pub after: String,
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} --{}--> {}", self.before, self.input, self.after)
    }
}

impl Client {
    /// A device that knows of nothing yet.
    pub fn new(me: ParticipantId, device: DeviceId) -> Self {
        Self {
            me,
            device,
            directory: Directory::default(),
            rings: BTreeMap::new(),
            call: None,
            engine: None,
            engines_started: 0,
            attempts: 0,
            warm_up_failed: false,
            effects: Vec::new(),
        }
    }

    /// The one place through which everything goes.
    pub fn step(&mut self, now: UnixMillis, input: Input) -> Step {
        let (before, name) = (self.state_name(), input.name());
        match input {
            Input::Server(news) => self.on_server(now, news),
            Input::Click(click) => self.on_click(now, click),
            Input::Asked { attempt, result } => self.on_asked(now, attempt, result),
            Input::Engine { engine, news } => self.on_engine(now, engine, news),
            Input::Tick => {}
        }
        self.run_timers(now);
        self.settle_rings(now);
        self.settle_engine();
        let trace = Trace { before, input: name, after: self.state_name() };
        Step { effects: std::mem::take(&mut self.effects), trace }
    }

    /// When the next [`Input::Tick`] is due.
    pub fn deadline(&self) -> Option<UnixMillis> {
        let ring = self.rings.values().filter_map(Ringing::deadline).min();
        let call = self.call.as_ref().and_then(OwnCall::deadline);
        ring.into_iter().chain(call).min()
    }

    /// The call of this device, its end included until dismissed.
    pub fn call(&self) -> Option<&OwnCall> {
        self.call.as_ref()
    }

    /// What the server last said of a live call.
    pub fn live_call(&self, call: &CallId) -> Option<&CallInfo> {
        self.directory.get(call)
    }

    /// The room's live call.
    pub fn call_of_room(&self, room: &RoomId) -> Option<&CallInfo> {
        self.directory.of_room(room)
    }

    /// All live calls.
    pub fn live_calls(&self) -> impl Iterator<Item = &CallInfo> {
        self.directory.calls()
    }

    /// The engine in use.
    pub fn engine(&self) -> Option<EngineNo> {
        self.engine
    }

    /// This device's person.
    pub fn me(&self) -> &ParticipantId {
        &self.me
    }

    /// This device.
    pub fn device(&self) -> &DeviceId {
        &self.device
    }

    /// Whether we are in a call or on the way into one.
    pub fn in_call(&self) -> bool {
        self.call.as_ref().is_some_and(OwnCall::is_on)
    }

    fn next_attempt(&mut self) -> Attempt {
        self.attempts += 1;
        Attempt(self.attempts)
    }

    /// An engine runs while there is a call, and warms up while it rings aloud.
    fn settle_engine(&mut self) {
        let rings = self.rings.values().any(Ringing::is_pressing);
        self.warm_up_failed &= rings;
        let wanted = self.in_call() || (rings && !self.warm_up_failed);
        match (wanted, self.engine) {
            (true, None) => {
                self.engines_started += 1;
                let engine = EngineNo(self.engines_started);
                self.engine = Some(engine);
                self.effects.push(Effect::PrepareEngine { engine });
                self.join_if_waiting();
            }
            (false, Some(_)) => self.stop_engine(),
            (true, Some(_)) | (false, None) => {}
        }
    }

    fn stop_engine(&mut self) {
        if let Some(engine) = self.engine.take() {
            self.effects.push(Effect::StopEngine { engine });
        }
    }

    fn state_name(&self) -> String {
        let rings = self.rings.values().filter(|ring| ring.is_shown()).count();
        let call = self.call.as_ref().map_or_else(|| "idle".to_owned(), OwnCall::state_name);
        if rings == 0 { call } else { format!("{call}+{rings} ringing") }
    }
}
