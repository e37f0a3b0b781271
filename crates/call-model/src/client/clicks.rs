//! What the person asks.

use super::{Click, ClickRefusal, Client, Effect, Outcome, OwnCall, RingOutcome};
use crate::{CallId, CallType, RoomId, UnixMillis};

impl Client {
    pub(super) fn on_click(&mut self, _now: UnixMillis, click: Click) {
        match click {
            Click::Start { room_id, call_type } => self.start(room_id, call_type),
            Click::Answer { call_id, with_video } => self.answer(&call_id, with_video),
            Click::Reject { call_id } => self.reject(&call_id),
            Click::Leave => self.leave(),
            Click::EndForEveryone => self.end_for_everyone(),
            Click::Dismiss => self.dismiss(),
            Click::SetMicrophone { on } => self.set_microphone(on),
            Click::SetCamera { on } => self.set_camera(on),
            Click::SignOut => self.sign_out(),
        }
    }

    fn start(&mut self, room_id: RoomId, call_type: CallType) {
        if let Some(call) = self.call.as_ref().filter(|call| call.is_on()) {
            if call.room_id != room_id {
                self.refuse(ClickRefusal::InAnotherCall);
            }
            return;
        }
        let ringing = self.directory.of_room(&room_id).map(|call| call.call_id.clone());
        if let Some(call_id) = ringing.filter(|call_id| self.shown_ring(call_id).is_some()) {
            return self.answer(&call_id, call_type == CallType::Video);
        }
        let attempt = self.next_attempt();
        self.call = Some(OwnCall::starting(room_id.clone(), call_type, attempt));
        self.effects.push(Effect::AskInitiate { attempt, room_id, call_type });
    }

    fn answer(&mut self, call_id: &CallId, with_video: bool) {
        let Some(call) = self.shown_ring(call_id) else {
            let in_it = self.call.as_ref().is_some_and(|call| call.is_on() && call.call_id() == Some(call_id));
            // a second click on the same button is no mistake worth a word
            if !in_it {
                self.refuse(ClickRefusal::RingOver);
            }
            return;
        };
        let (room_id, call_type) = (call.room_id.clone(), call.call_type);
        if self.in_call() {
            self.leave();
        }
        self.end_ring(call_id, RingOutcome::AnsweredHere);
        let attempt = self.next_attempt();
        self.call = Some(OwnCall::answering(room_id.clone(), call_type, call_id.clone(), with_video, attempt));
        self.effects.push(Effect::AskJoin { attempt, room_id, call_id: call_id.clone() });
    }

    fn reject(&mut self, call_id: &CallId) {
        let Some(call) = self.shown_ring(call_id) else { return };
        let room_id = call.room_id.clone();
        let busy = self.in_call();
        self.end_ring(call_id, RingOutcome::DeclinedHere);
        self.effects.push(Effect::AskReject { room_id, call_id: call_id.clone(), busy });
    }

    fn leave(&mut self) {
        let Some(call) = self.call.as_ref().filter(|call| call.is_on()) else {
            return self.refuse(ClickRefusal::NotInCall);
        };
        if let Some(call_id) = call.call_id().cloned() {
            self.effects.push(Effect::AskLeave { room_id: call.room_id.clone(), call_id });
        }
        self.finish_call(Outcome::Left);
    }

    fn end_for_everyone(&mut self) {
        let Some(call) = self.call.as_ref().filter(|call| call.is_on()) else {
            return self.refuse(ClickRefusal::NotInCall);
        };
        // nobody else is there yet
        let Some(call_id) = call.call_id().cloned() else { return self.leave() };
        if self.directory.get(&call_id).is_some_and(|call| call.can_end) {
            self.effects.push(Effect::AskEnd { room_id: call.room_id.clone(), call_id });
        } else {
            self.refuse(ClickRefusal::MayNotEnd);
        }
    }

    fn dismiss(&mut self) {
        if self.call.as_ref().is_some_and(|call| !call.is_on()) {
            self.call = None;
        }
    }

    fn sign_out(&mut self) {
        if self.in_call() {
            self.leave();
        }
        self.call = None;
        let rings: Vec<CallId> = self.rings.keys().cloned().collect();
        for call_id in rings {
            self.end_ring(&call_id, RingOutcome::SignedOut);
        }
        self.rings.clear();
        self.directory = Default::default();
    }

    pub(super) fn refuse(&mut self, refusal: ClickRefusal) {
        self.effects.push(Effect::Refused(refusal));
    }
}
