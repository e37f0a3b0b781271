//! Leaving, being taken out, and the end.

use super::{Call, Device, Input, LeftReason, News, Refusal, after, machine::Step};
use crate::{CallState, EndReason, InviteState, ParticipantId, SfuIdentity, UnixMillis};

impl Call {
    /// Who is at the SFU and has no business there: taken out, long gone by choice, or never let in. Who was given up too soon
    /// comes back instead.
    pub fn strangers(
        &self,
        at_sfu: &[(SfuIdentity, String)],
        asked_at: UnixMillis,
        t: &super::Timings,
    ) -> Vec<SfuIdentity> {
        let stranger = |identity: &SfuIdentity| {
            let Some(device) = self.devices.iter().find(|device| device.identity == *identity) else { return true };
            match device.left_reason {
                Some(LeftReason::Removed) => true,
                // It needs a moment to hang up by itself.
                Some(LeftReason::Left) => asked_at >= after(device.since, t.delete_ms),
                Some(LeftReason::Lost | LeftReason::NeverJoined | LeftReason::CallEnded) | None => false,
            }
        };
        at_sfu.iter().map(|(identity, _)| identity).filter(|identity| stranger(identity)).cloned().collect()
    }

    /// Everybody whom the call would have to forget if they were no member: rung or in it.
    pub fn people(&self) -> Vec<ParticipantId> {
        let rung = self.invites.iter().filter(|invite| !invite.state.is_final()).map(|invite| &invite.participant);
        let within =
            self.devices.iter().filter(|device| device.is_present()).map(|device| &device.identity.participant);
        let mut people: Vec<_> = rung.chain(within).cloned().collect();
        people.sort();
        people.dedup();
        people
    }
}

impl Step<'_> {
    pub(super) fn leave(&mut self, identity: &SfuIdentity) {
        let now = self.now;
        let Some(device) = self.device(identity).filter(|device| device.is_present()) else { return };
        device.left(LeftReason::Left, now);
        self.changed = true;
        self.after_leaving(&identity.participant);
    }

    pub(super) fn member_gone(&mut self, who: &ParticipantId) {
        let now = self.now;
        let mut was_in = false;
        for device in self.call.devices.iter_mut().filter(|device| device.identity.participant == *who) {
            // Those that left before are marked too: they may hold a token that is still good.
            was_in |= device.is_present();
            device.remove(now);
        }
        self.changed |= was_in;
        self.settle_invite(who, InviteState::Cancelled, None);
        if was_in {
            self.after_leaving(who);
        }
        if self.changed && self.call.state.is_live() {
            self.end_if_nobody_is_left_to_answer(EndReason::NoAnswer);
        }
    }

    fn after_leaving(&mut self, who: &ParticipantId) {
        if self.call.direct && self.call.state == CallState::Active && !self.call.is_present(who) {
            // Of two people one hung up: nobody expects to stay behind alone.
            self.end(EndReason::AllLeft);
        } else {
            self.after_a_departure();
        }
    }

    /// Somebody may have gone: a caller who is gone before the answer has hung up; a call nobody is in ends soon.
    pub(super) fn after_a_departure(&mut self) {
        if self.call.state == CallState::Ringing && !self.call.is_present(&self.call.initiator) {
            let mut mine = self.call.devices.iter().filter(|device| device.identity.participant == self.call.initiator);
            let never = mine.all(|d| d.joined_at.is_none() && d.left_reason == Some(LeftReason::NeverJoined));
            return self.end(if never { EndReason::InitiatorNeverJoined } else { EndReason::Cancelled });
        }
        self.note_presence();
    }

    pub(super) fn note_presence(&mut self) {
        let empty = !self.call.devices.iter().any(Device::is_present);
        match (empty, self.call.empty_until) {
            (true, None) => self.call.empty_until = Some(after(self.now, self.t.empty_ms)),
            (false, Some(_)) => self.call.empty_until = None,
            (true, Some(_)) | (false, None) => {}
        }
    }

    pub(super) fn end(&mut self, reason: EndReason) {
        let now = self.now;
        self.settle_open_invites(InviteState::Cancelled, |_| true);
        for device in self.call.devices.iter_mut().filter(|device| device.is_present()) {
            device.left(LeftReason::CallEnded, now);
        }
        self.call.state = CallState::Ending;
        self.call.end_reason = Some(reason);
        self.call.ended_at = Some(now);
        self.call.empty_until = None;
        self.call.delete_at = Some(after(now, self.t.delete_ms));
        self.changed = true;
        self.news.push(News::Ended);
    }

    fn ended(&mut self) {
        self.call.state = CallState::Ended;
        self.call.delete_at = None;
        self.changed = true;
    }

    pub(super) fn after_the_end(&mut self, input: Input) -> Result<(), Refusal> {
        match input {
            Input::Join(_) | Input::Ring { .. } => Err(Refusal::Ended),
            Input::End { by, allowed } if !allowed && by != self.call.initiator => Err(Refusal::Forbidden),
            Input::RoomDeleted if self.call.state == CallState::Ending => {
                self.ended();
                Ok(())
            }
            Input::DeleteFailed if self.call.state == CallState::Ending => {
                let ended_at = self.call.ended_at.unwrap_or(self.now);
                if self.now >= after(ended_at, self.t.sfu_give_up_ms) {
                    self.ended();
                } else {
                    self.call.delete_at = Some(after(self.now, self.t.sfu_retry_ms));
                }
                Ok(())
            }
            Input::Leave(_)
            | Input::Reject { .. }
            | Input::End { .. }
            | Input::MemberGone(_)
            | Input::RoomClosed
            | Input::Delivered(_)
            | Input::Heartbeat(_)
            | Input::SfuJoined { .. }
            | Input::SfuLeft { .. }
            | Input::Observed { .. }
            | Input::Tick
            | Input::RoomDeleted
            | Input::DeleteFailed => Ok(()),
        }
    }
}
