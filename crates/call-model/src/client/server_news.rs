//! What the server says.

use super::{
    CallInfo, Client, Effect, Outcome, RingOutcome, ServerNews,
    directory::Learned,
    rings::{Offer, outcome_of_end, outcome_of_invite},
};
use crate::{CallId, EndReason, InviteState, ParticipantId, UnixMillis};

impl Client {
    pub(super) fn on_server(&mut self, now: UnixMillis, news: ServerNews) {
        match news {
            ServerNews::Invite { call, expires_at } => {
                let call_id = call.call_id.clone();
                // a server that lists no invites has still sent us this one
                let open = call.invite_of(&self.me).is_none_or(|invite| !invite.state.is_final());
                let offer = Offer::of(&call, &self.me, expires_at);
                self.learn(now, call);
                // judged by what is known now: the invite may be older than a state we have
                let known = self.directory.get(&call_id).and_then(|call| call.invite_of(&self.me));
                if open && known.is_none_or(|invite| !invite.state.is_final()) {
                    self.offer_ring(now, &call_id, offer);
                }
            }
            ServerNews::CallChanged { call } => self.learn(now, call),
            ServerNews::InviteChanged { call_id, participant, state, ring } => {
                self.directory.learn_invite(&call_id, &participant, state, ring);
                self.follow_own_invite(now, &call_id);
            }
            ServerNews::CallEnded { call_id, reason, by } => self.call_over(&call_id, reason, by),
            ServerNews::LiveCalls { calls, asked_at } => self.on_live_calls(now, calls, asked_at),
            ServerNews::CallUnknown { call_id } => {
                self.forget_call(&call_id, RingOutcome::Cancelled);
                if self.is_own(&call_id) {
                    self.finish_call(Outcome::Removed);
                }
            }
        }
    }

    fn on_live_calls(&mut self, now: UnixMillis, calls: Vec<CallInfo>, asked_at: UnixMillis) {
        for call_id in self.directory.missing_in(&calls, asked_at) {
            if self.is_own(&call_id) {
                self.effects.push(Effect::FetchCall { call_id });
            } else {
                self.forget_call(&call_id, RingOutcome::Cancelled);
            }
        }
        for call in calls {
            self.learn(now, call);
        }
    }

    /// Takes in a call as it is now.
    pub(super) fn learn(&mut self, now: UnixMillis, call: CallInfo) {
        let (call_id, reason) = (call.call_id.clone(), call.end_reason);
        let outcome = call.invite_of(&self.me).and_then(|invite| outcome_of_invite(invite.state));
        if !call.state.is_live() {
            // the ring's outcome is the invite's where that is final, else the call's
            if let Some(outcome) = outcome {
                self.end_ring(&call_id, outcome);
            }
        }
        match self.directory.learn(now, call) {
            Learned::Stale => {}
            Learned::Over => self.call_over(&call_id, reason.unwrap_or(EndReason::AllLeft), None),
            Learned::Live => {
                self.follow_own_invite(now, &call_id);
                self.still_live(now, &call_id);
            }
        }
    }

    /// Stops the ring of an invite that became final, rings for one that is open.
    fn follow_own_invite(&mut self, now: UnixMillis, call_id: &CallId) {
        let Some(call) = self.directory.get(call_id) else { return };
        let Some(invite) = call.invite_of(&self.me) else { return };
        let state = invite.state;
        // How long a later ring lasts only the call itself says; it follows.
        let lasts = invite.expires_at.is_some() || invite.ring == 1;
        let offer = Offer::of(call, &self.me, invite.expires_at.unwrap_or(call.ring_expires_at));
        match state {
            InviteState::Pending | InviteState::Ringing if lasts => self.offer_ring(now, call_id, offer),
            InviteState::Pending | InviteState::Ringing => {}
            InviteState::Accepted
            | InviteState::Declined
            | InviteState::Busy
            | InviteState::Missed
            | InviteState::Cancelled => {
                if let Some(outcome) = outcome_of_invite(state) {
                    self.end_ring(call_id, outcome);
                }
            }
        }
    }

    fn call_over(&mut self, call_id: &CallId, reason: EndReason, by: Option<ParticipantId>) {
        self.forget_call(call_id, outcome_of_end(reason));
        if self.is_own(call_id) {
            self.finish_call(Outcome::Ended { reason, by });
        } else if let Some(call) = &mut self.call {
            // "ended by whom" may come after "ended"
            call.name_who_ended(call_id, by);
        }
    }

    fn is_own(&self, call_id: &CallId) -> bool {
        self.call.as_ref().is_some_and(|call| call.is_on() && call.call_id() == Some(call_id))
    }
}
