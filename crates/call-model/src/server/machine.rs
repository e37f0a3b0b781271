use super::{Call, Callee, Device, Input, Invite, LeftReason, News, Refusal, SfuView, Timings, after};
use crate::{
    CallId, CallState, CallType, CallVersion, DeviceState, EndReason, InviteState, ParticipantId, RoomId, SfuIdentity,
    UnixMillis,
};

/// Who and where a new call is.
#[derive(Clone, Debug)]
pub struct NewCall {
    /// Which.
    pub id: CallId,
    /// Where.
    pub room_id: RoomId,
    /// Whether the room is a direct one.
    pub direct: bool,
    /// Audio or video.
    pub call_type: CallType,
    /// Who starts it, on which device.
    pub initiator: SfuIdentity,
    /// Who is rung.
    pub invited: Vec<Callee>,
}

impl Call {
    /// A call that begins to ring.
    pub fn start(new: NewCall, now: UnixMillis, t: &Timings) -> Self {
        let mut device = Device::new(new.initiator.clone(), now);
        device.token_issued(now, t);
        let invite = |callee| Invite::new(callee, now, t);
        Self {
            id: new.id,
            room_id: new.room_id,
            direct: new.direct,
            call_type: new.call_type,
            state: CallState::Ringing,
            version: CallVersion(1),
            initiator: new.initiator.participant,
            started_at: now,
            answered_at: None,
            ended_at: None,
            end_reason: None,
            ended_by: None,
            ring_expires_at: after(now, t.ring_ms),
            empty_until: None,
            delete_at: None,
            sfu_lost: false,
            invites: new.invited.into_iter().map(invite).collect(),
            devices: vec![device],
        }
    }

    /// Applies one input. Refused inputs change nothing; inputs without meaning in the present state change nothing either.
    pub fn apply(&mut self, input: Input, now: UnixMillis, t: &Timings) -> Result<Vec<News>, Refusal> {
        let mut step = Step { call: self, now, t, news: Vec::new(), changed: false };
        step.run(input)?;
        let Step { news, changed, .. } = step;
        if changed {
            self.version.0 += 1;
        }
        Ok(news)
    }

    /// When the clock has something to do; `None` for a call that is over.
    pub fn next_due(&self, t: &Timings) -> Option<UnixMillis> {
        match self.state {
            CallState::Ringing | CallState::Active => {
                let open =
                    self.invites.iter().filter(|invite| !invite.state.is_final()).map(|invite| invite.expires_at);
                let unanswered = (self.state == CallState::Ringing).then_some(self.ring_expires_at);
                let devices = self.devices.iter().filter_map(|device| device.due(t));
                devices.chain(open).chain(unanswered).chain(self.empty_until).min()
            }
            CallState::Ending => self.delete_at,
            CallState::Ended => None,
        }
    }

    /// Whether a device may have run out of time, so that the SFU has to be asked.
    pub fn device_due(&self, now: UnixMillis, t: &Timings) -> bool {
        self.state.is_live() && self.devices.iter().any(|device| device.due(t).is_some_and(|due| due <= now))
    }

    /// Who was rung and did not answer.
    pub fn missed_by(&self) -> Vec<ParticipantId> {
        let missed = |invite: &&Invite| match invite.state {
            InviteState::Pending | InviteState::Ringing => false,
            InviteState::Accepted | InviteState::Declined => false,
            InviteState::Busy | InviteState::Missed | InviteState::Cancelled => true,
        };
        self.invites.iter().filter(missed).map(|invite| invite.participant.clone()).collect()
    }

    /// From the first answer to the end.
    pub fn duration_ms(&self) -> u64 {
        match (self.answered_at, self.ended_at) {
            (Some(answered), Some(ended)) => (ended.0 - answered.0).max(0).unsigned_abs(),
            _ => 0,
        }
    }

    pub(super) fn is_present(&self, who: &ParticipantId) -> bool {
        self.devices.iter().any(|device| device.is_present() && device.identity.participant == *who)
    }
}

/// One input on its way through the call.
pub(super) struct Step<'a> {
    pub(super) call: &'a mut Call,
    pub(super) now: UnixMillis,
    pub(super) t: &'a Timings,
    pub(super) news: Vec<News>,
    pub(super) changed: bool,
}

impl Step<'_> {
    fn run(&mut self, input: Input) -> Result<(), Refusal> {
        // A call that is over stays over, whatever comes late.
        if !self.call.state.is_live() {
            return self.after_the_end(input);
        }
        match input {
            Input::Join(identity) => self.join(identity),
            Input::Leave(identity) => self.leave(&identity),
            Input::Reject { by, busy } => self.reject(&by, busy),
            Input::Ring { by, whom, named } => self.ring(&by, whom, named)?,
            Input::MemberGone(who) => self.member_gone(&who),
            Input::RoomClosed => self.end(EndReason::RoomClosed),
            Input::End { by, allowed } => {
                if !allowed && by != self.call.initiator {
                    return Err(Refusal::Forbidden);
                }
                self.call.ended_by = Some(by);
                self.end(EndReason::EndedByUser);
            }
            Input::Delivered(to) => self.delivered(&to),
            Input::Heartbeat(identity) => {
                let now = self.now;
                if let Some(device) = self.device(&identity).filter(|device| device.is_present()) {
                    device.last_seen = Some(now);
                }
            }
            Input::SfuJoined { identity, sid } => self.sfu_joined(&identity, &sid),
            Input::SfuLeft { identity, sid } => self.sfu_left(&identity, &sid),
            Input::Observed { asked_at, view } => self.observed(asked_at, view),
            Input::Tick => self.tick(),
            // The room is still needed: `join` makes it anew.
            Input::RoomDeleted | Input::DeleteFailed => {}
        }
        Ok(())
    }

    fn join(&mut self, identity: SfuIdentity) {
        let (now, t) = (self.now, self.t);
        let answers = identity.participant != self.call.initiator;
        self.settle_invite(&identity.participant, InviteState::Accepted, Some(&identity));
        if answers && self.call.state == CallState::Ringing {
            self.call.state = CallState::Active;
            self.call.answered_at = Some(now);
            self.changed = true;
        }
        match self.device(&identity) {
            // A fresh token for a device that is in, or was a moment ago: its engine starts anew.
            Some(device) if device.state == DeviceState::Joined => {}
            Some(device) if device.state == DeviceState::Reconnecting => {
                device.deadline = Some(after(now, t.reconnect_ms));
                // Who asks for a token is there.
                device.last_seen = device.last_seen.map(|_| now);
            }
            Some(device) => {
                device.token_issued(now, t);
                self.changed = true;
            }
            None => {
                let mut device = Device::new(identity, now);
                device.token_issued(now, t);
                self.call.devices.push(device);
                self.changed = true;
            }
        }
        self.note_presence();
    }

    fn sfu_joined(&mut self, identity: &SfuIdentity, sid: &str) {
        let now = self.now;
        if self.device(identity).is_some_and(|device| device.seen_at_sfu(sid, now)) {
            self.changed = true;
            self.call.sfu_lost = false;
        }
        self.note_presence();
    }

    fn sfu_left(&mut self, identity: &SfuIdentity, sid: &str) {
        let (now, t) = (self.now, self.t);
        let Some(device) = self.device(identity) else { return };
        let same_stay = device.sfu_sid.as_deref() == Some(sid);
        if device.state == DeviceState::Joined && same_stay {
            device.reconnecting(now, t);
            self.changed = true;
        }
    }

    fn observed(&mut self, asked_at: UnixMillis, view: SfuView) {
        let (now, t) = (self.now, self.t);
        match view {
            SfuView::Unknown => {
                for device in &mut self.call.devices {
                    if device.due(t).is_some_and(|due| due <= now) {
                        // Pushes both the deadline and the heartbeat's due time on.
                        device.deadline = Some(after(now, t.sfu_retry_ms));
                        device.last_seen = device.last_seen.map(|_| after(now, t.sfu_retry_ms - t.heartbeat_lost_ms));
                    }
                }
                return;
            }
            SfuView::Gone => {
                let lost = self.lose(|device| device.since < asked_at);
                self.call.sfu_lost |= lost;
            }
            SfuView::Present { devices } => {
                for (identity, sid) in &devices {
                    self.sfu_joined(identity, sid);
                }
                self.lose(|device| device.since < asked_at && devices.iter().all(|(id, _)| *id != device.identity));
            }
        }
        self.give_up_devices();
        if self.call.state.is_live() {
            self.after_a_departure();
        }
    }

    /// Joined devices that the SFU does not have are reconnecting.
    fn lose(&mut self, missing: impl Fn(&Device) -> bool) -> bool {
        let mut any = false;
        for device in &mut self.call.devices {
            if device.state == DeviceState::Joined && missing(device) {
                device.reconnecting(self.now, self.t);
                any = true;
            }
        }
        self.changed |= any;
        any
    }

    fn give_up_devices(&mut self) {
        let (now, t) = (self.now, self.t);
        for device in &mut self.call.devices {
            if device.due(t).is_some_and(|due| due <= now) {
                let never = device.state == DeviceState::TokenIssued;
                device.left(if never { LeftReason::NeverJoined } else { LeftReason::Lost }, now);
                self.changed = true;
            }
        }
    }

    fn tick(&mut self) {
        let now = self.now;
        self.settle_open_invites(InviteState::Missed, |invite| invite.expires_at <= now);
        if self.changed || self.call.ring_expires_at <= now {
            self.end_if_nobody_is_left_to_answer(EndReason::NoAnswer);
        }
        if self.call.state.is_live() && self.call.empty_until.is_some_and(|until| until <= now) {
            let reason = if self.call.sfu_lost { EndReason::SfuLost } else { EndReason::AllLeft };
            self.end(reason);
        }
    }

    pub(super) fn device(&mut self, identity: &SfuIdentity) -> Option<&mut Device> {
        self.call.devices.iter_mut().find(|device| device.identity == *identity)
    }
}
