//! Getting into the call, staying in, getting out.

use super::{
    Admission, Attempt, ClickRefusal, Client, Effect, EngineNews, EngineNo, HEARTBEAT_MS, JoinFault, Media, MediaEnd,
    Outcome, OwnCall, Refusal, RefusalKind, Stage, VERDICT_MS, own_call::Open, retry,
};
use crate::{CallId, UnixMillis};

impl Client {
    pub(super) fn on_asked(&mut self, now: UnixMillis, attempt: Attempt, result: Result<Admission, Refusal>) {
        let expected = |call: &OwnCall| call.stage == Stage::Asking { attempt };
        if !self.call.as_ref().is_some_and(expected) {
            return self.undo(now, result);
        }
        match result {
            Ok(Admission { call: info, ticket }) => {
                if let Some(call) = &mut self.call {
                    call.call_id = Some(info.call_id.clone());
                    call.call_type = info.call_type;
                    call.stage = Stage::Admitted;
                    call.media = Media::Apart { ticket: Some(ticket) };
                }
                // may find that it is over already
                self.learn(now, info);
                self.join_if_waiting();
            }
            Err(refusal) => self.on_refusal(now, refusal),
        }
    }

    /// An answer nobody waits for any more: what it gave is given back, unless we are (getting) in there again.
    fn undo(&mut self, now: UnixMillis, result: Result<Admission, Refusal>) {
        let Ok(Admission { call: info, .. }) = result else { return };
        let wanted = self.call.as_ref().is_some_and(|call| {
            call.is_on() && (call.call_id.as_ref() == Some(&info.call_id) || call.room_id == info.room_id)
        });
        if !wanted && info.state.is_live() {
            self.effects.push(Effect::AskLeave { room_id: info.room_id.clone(), call_id: info.call_id.clone() });
        }
        self.learn(now, info);
    }

    fn on_refusal(&mut self, now: UnixMillis, refusal: Refusal) {
        let was_connected = self.call.as_ref().is_some_and(|call| call.was_connected);
        match refusal.kind {
            RefusalKind::Passing if was_connected => self.try_again(now, refusal.message),
            // how it ended, the call itself says best
            RefusalKind::CallOver if self.await_verdict(now) => {}
            // the first time, somebody waits for the answer: better told at once than kept guessing
            RefusalKind::Passing | RefusalKind::Lasting | RefusalKind::CallOver => {
                self.finish_call(Outcome::Failed { message: refusal.message });
            }
            RefusalKind::NotAllowed if was_connected => self.finish_call(Outcome::Removed),
            RefusalKind::NotAllowed => self.finish_call(Outcome::Failed { message: refusal.message }),
        }
    }

    pub(super) fn on_engine(&mut self, now: UnixMillis, engine: EngineNo, news: EngineNews) {
        if self.engine != Some(engine) {
            return;
        }
        match news {
            EngineNews::Connected => self.on_connected(now, engine),
            EngineNews::Reconnecting => {
                let Some(call) = self.call.as_mut().filter(|call| call.is_on()) else { return };
                if let Media::Connected { .. } = call.media {
                    call.media = Media::Reconnecting;
                    self.tell_media_lost(false);
                }
            }
            EngineNews::Disconnected { reason } => self.on_disconnected(now, reason),
            EngineNews::JoinFailed { fault, message } => {
                if self.call.as_ref().is_none_or(|call| call.media != Media::Joining) {
                    return;
                }
                match fault {
                    JoinFault::Passing => self.try_again(now, message),
                    JoinFault::Lasting => self.fail_and_leave(message),
                }
            }
            EngineNews::Died => {
                self.engine = None;
                self.warm_up_failed = true;
                self.on_engine_died(now);
            }
            EngineNews::Unavailable { message } => {
                self.engine = None;
                self.warm_up_failed = true;
                if self.in_call() {
                    self.fail_and_leave(message);
                }
            }
        }
    }

    fn on_connected(&mut self, now: UnixMillis, engine: EngineNo) {
        let Some(call) = self.call.as_mut().filter(|call| call.is_on()) else { return };
        match call.media {
            Media::Joining | Media::Reconnecting => call.media = Media::Connected { since: now },
            // said twice, or of a connection given up
            Media::Connected { .. } | Media::Apart { .. } => return,
        }
        call.was_connected = true;
        call.heartbeat_at.get_or_insert(now);
        let (wanted, told) = (call.wanted, std::mem::replace(&mut call.told, call.wanted));
        let call_id = call.call_id.clone();
        self.effects.extend(call_id.map(|call_id| Effect::MediaConnected { call_id }));
        if wanted.microphone != told.microphone {
            self.effects.push(Effect::SetMicrophone { engine, on: wanted.microphone });
        }
        if wanted.camera != told.camera {
            self.effects.push(Effect::SetCamera { engine, on: wanted.camera });
        }
    }

    fn on_disconnected(&mut self, now: UnixMillis, reason: MediaEnd) {
        let Some(call) = self.call.as_mut().filter(|call| call.is_on()) else { return };
        match reason {
            // a refused join says so by itself, and what we left we know
            MediaEnd::Left => {}
            MediaEnd::RoomDeleted => {
                call.media = Media::Apart { ticket: None };
                self.tell_media_lost(false);
                self.await_verdict(now);
            }
            MediaEnd::Removed | MediaEnd::DuplicateIdentity => self.finish_call(Outcome::Removed),
            MediaEnd::Lost => match call.media {
                Media::Connected { .. } | Media::Reconnecting => {
                    self.tell_media_lost(false);
                    self.try_again(now, "The connection to the call was lost. Check your network.".into());
                }
                // the join's own answer follows
                Media::Apart { .. } | Media::Joining => {}
            },
        }
    }

    /// Asks the server what became of the call; false if there is none to ask about.
    fn await_verdict(&mut self, now: UnixMillis) -> bool {
        let Some(call) = self.call.as_mut().filter(|call| call.is_on()) else { return false };
        let Some(call_id) = call.call_id.clone() else { return false };
        call.stage = Stage::AwaitingVerdict { until: UnixMillis(now.0 + VERDICT_MS) };
        self.effects.push(Effect::FetchCall { call_id });
        true
    }

    fn on_engine_died(&mut self, now: UnixMillis) {
        let Some(call) = self.call.as_mut().filter(|call| call.is_on()) else { return };
        match (&call.stage, &call.media) {
            // nothing lost: the ticket joins by the next engine
            (_, Media::Apart { .. }) if call.tries < retry::MAX_TRIES_AT_FIRST => call.tries += 1,
            (_, Media::Apart { .. } | Media::Joining | Media::Connected { .. } | Media::Reconnecting) => {
                self.tell_media_lost(true);
                self.try_again(now, "The media engine of this program keeps failing. Start the program again.".into());
            }
        }
    }

    /// Back in by a fresh token, at once the first time, later and later after that; `message` is what is said on giving up.
    fn try_again(&mut self, now: UnixMillis, message: String) {
        let Some(call) = self.call.as_mut().filter(|call| call.is_on()) else { return };
        match call.media {
            Media::Connected { since } if now.0 - since.0 >= retry::STABLE_MS => call.tries = 1,
            Media::Connected { .. } | Media::Apart { .. } | Media::Joining | Media::Reconnecting => call.tries += 1,
        }
        call.media = Media::Apart { ticket: None };
        let Some(pause) = retry::pause_ms(call.tries, call.was_connected) else { return self.fail_and_leave(message) };
        call.stage = Stage::Pausing { until: UnixMillis(now.0 + pause) };
    }

    /// The call lives, says the server: if the SFU's room was gone, back in.
    pub(super) fn still_live(&mut self, now: UnixMillis, call_id: &CallId) {
        let own = |call: &&mut OwnCall| call.call_id.as_ref() == Some(call_id);
        let Some(call) = self.call.as_mut().filter(own) else { return };
        if let Stage::AwaitingVerdict { .. } = call.stage {
            self.try_again(now, "The call's media server keeps closing the call. Call again.".into());
        }
    }

    pub(super) fn run_timers(&mut self, now: UnixMillis) {
        let Some(call) = self.call.as_mut().filter(|call| call.is_on()) else { return };
        if let (Some(due), Some(call_id)) = (call.heartbeat_at, &call.call_id)
            && due <= now
        {
            call.heartbeat_at = Some(UnixMillis(now.0 + HEARTBEAT_MS));
            self.effects.push(Effect::Heartbeat { call_id: call_id.clone() });
        }
        match call.stage {
            Stage::Pausing { until } if until <= now => self.ask_again(),
            Stage::AwaitingVerdict { until } if until <= now => {
                let message = "The call's media server closed the call without a reason. Call again.".into();
                self.finish_call(Outcome::Failed { message });
            }
            Stage::Asking { .. }
            | Stage::Admitted
            | Stage::Pausing { .. }
            | Stage::AwaitingVerdict { .. }
            | Stage::Over { .. } => {}
        }
    }

    fn ask_again(&mut self) {
        let attempt = self.next_attempt();
        let Some(call) = &mut self.call else { return };
        let Some(call_id) = call.call_id.clone() else {
            return self.finish_call(Outcome::Failed { message: "The call could not be started. Try again.".into() });
        };
        call.stage = Stage::Asking { attempt };
        self.effects.push(Effect::AskJoin { attempt, room_id: call.room_id.clone(), call_id });
    }

    /// A ticket and an engine: in.
    pub(super) fn join_if_waiting(&mut self) {
        let (Some(engine), Some(call)) = (self.engine, self.call.as_mut().filter(|call| call.is_on())) else { return };
        let Media::Apart { ticket: waiting @ Some(_) } = &mut call.media else { return };
        let Some(ticket) = waiting.take() else { return };
        call.media = Media::Joining;
        call.told = call.wanted;
        let Open { microphone, camera } = call.wanted;
        self.effects.push(Effect::JoinMedia { engine, ticket, microphone, camera });
    }

    pub(super) fn set_microphone(&mut self, on: bool) {
        self.set_open(|open| open.microphone = on, |engine| Effect::SetMicrophone { engine, on });
    }

    pub(super) fn set_camera(&mut self, on: bool) {
        self.set_open(|open| open.camera = on, |engine| Effect::SetCamera { engine, on });
    }

    fn set_open(&mut self, set: impl Fn(&mut Open), tell: impl Fn(EngineNo) -> Effect) {
        let Some(call) = self.call.as_mut().filter(|call| call.is_on()) else {
            return self.refuse(ClickRefusal::NotInCall);
        };
        set(&mut call.wanted);
        match call.media {
            Media::Connected { .. } | Media::Reconnecting => {
                call.told = call.wanted;
                self.effects.extend(self.engine.map(tell));
            }
            // remembered: told at join, or once connected
            Media::Apart { .. } | Media::Joining => {}
        }
    }

    fn fail_and_leave(&mut self, message: String) {
        let Some(call) = &self.call else { return };
        if let Some(call_id) = call.call_id.clone() {
            self.effects.push(Effect::AskLeave { room_id: call.room_id.clone(), call_id });
        }
        self.finish_call(Outcome::Failed { message });
    }

    /// Over. The engine goes with the call: the next one gets a fresh process.
    pub(super) fn finish_call(&mut self, outcome: Outcome) {
        let Some(call) = self.call.as_mut().filter(|call| call.is_on()) else { return };
        call.stage = Stage::Over { outcome: outcome.clone() };
        call.media = Media::Apart { ticket: None };
        call.heartbeat_at = None;
        self.effects.push(Effect::CallOver { call_id: call.call_id.clone(), outcome });
        self.stop_engine();
    }

    fn tell_media_lost(&mut self, engine_died: bool) {
        let call_id = self.call.as_ref().and_then(|call| call.call_id.clone());
        self.effects.extend(call_id.map(|call_id| Effect::MediaLost { call_id, engine_died }));
    }
}
