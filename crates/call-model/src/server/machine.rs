use std::collections::HashSet;

use super::{Call, Device, Input, Invite, LeftReason, News, Refusal, SfuView, Timings, after};
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
    pub invited: Vec<ParticipantId>,
}

impl Call {
    /// A call that begins to ring.
    pub fn start(new: NewCall, now: UnixMillis, t: &Timings) -> Self {
        let mut device = Device::new(new.initiator.clone(), now);
        device.token_issued(now, t);
        let invite = |participant| Invite { participant, state: InviteState::Pending, device: None };
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
                let ring = self.rings().then_some(self.ring_expires_at);
                let devices = self.devices.iter().filter_map(|device| device.due(t));
                devices.chain(ring).chain(self.empty_until).min()
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

    fn rings(&self) -> bool {
        self.state == CallState::Ringing || self.invites.iter().any(|invite| !invite.state.is_final())
    }

    fn is_present(&self, who: &ParticipantId) -> bool {
        self.devices.iter().any(|device| device.is_present() && device.identity.participant == *who)
    }
}

/// One input on its way through the call.
struct Step<'a> {
    call: &'a mut Call,
    now: UnixMillis,
    t: &'a Timings,
    news: Vec<News>,
    changed: bool,
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
            Input::Reject { by, busy } => self.reject(by, busy),
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
            Input::Observed(view) => self.observed(view),
            Input::Tick => self.tick(),
            // The room is still needed: `join` makes it anew.
            Input::RoomDeleted | Input::DeleteFailed => {}
        }
        Ok(())
    }

    fn after_the_end(&mut self, input: Input) -> Result<(), Refusal> {
        match input {
            Input::Join(_) => Err(Refusal::Ended),
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
            | Input::Delivered(_)
            | Input::Heartbeat(_)
            | Input::SfuJoined { .. }
            | Input::SfuLeft { .. }
            | Input::Observed(_)
            | Input::Tick
            | Input::RoomDeleted
            | Input::DeleteFailed => Ok(()),
        }
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

    fn leave(&mut self, identity: &SfuIdentity) {
        let now = self.now;
        let Some(device) = self.device(identity).filter(|device| device.is_present()) else { return };
        device.left(LeftReason::Left, now);
        self.changed = true;
        let gone = !self.call.is_present(&identity.participant);
        if gone && self.call.direct && self.call.state == CallState::Active {
            // Of two people one hung up: nobody expects to stay behind alone.
            self.end(EndReason::AllLeft);
        } else {
            self.after_a_departure();
        }
    }

    fn reject(&mut self, by: SfuIdentity, busy: bool) {
        let state = if busy { InviteState::Busy } else { InviteState::Declined };
        self.settle_invite(&by.participant, state, Some(&by));
        let over = self.call.invites.iter().all(|invite| invite.state.is_final());
        if over && self.changed && self.call.state == CallState::Ringing {
            self.end(EndReason::Declined);
        }
    }

    fn delivered(&mut self, to: &[ParticipantId]) {
        let to: HashSet<&ParticipantId> = to.iter().collect();
        for invite in &mut self.call.invites {
            if invite.state == InviteState::Pending && to.contains(&invite.participant) {
                invite.state = InviteState::Ringing;
                self.changed = true;
                self.news.push(News::Invite(invite.clone()));
            }
        }
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

    fn observed(&mut self, view: SfuView) {
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
                let lost = self.lose(|_| true);
                self.call.sfu_lost |= lost;
            }
            SfuView::Present { asked_at, devices } => {
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
        if self.now >= self.call.ring_expires_at && self.call.rings() {
            self.settle_open_invites(InviteState::Missed);
            if self.call.state == CallState::Ringing {
                return self.end(EndReason::NoAnswer);
            }
        }
        if self.call.empty_until.is_some_and(|until| until <= self.now) {
            let reason = if self.call.sfu_lost { EndReason::SfuLost } else { EndReason::AllLeft };
            self.end(reason);
        }
    }

    /// Somebody may have gone: a caller who is gone before the answer has hung up; a call nobody is in ends soon.
    fn after_a_departure(&mut self) {
        if self.call.state == CallState::Ringing && !self.call.is_present(&self.call.initiator) {
            let mine = |device: &&Device| device.identity.participant == self.call.initiator;
            let ever_joined = self.call.devices.iter().filter(mine).any(|device| device.joined_at.is_some());
            let by_choice = self.call.devices.iter().filter(mine).any(|d| d.left_reason == Some(LeftReason::Left));
            let reason = if ever_joined || by_choice { EndReason::Cancelled } else { EndReason::InitiatorNeverJoined };
            return self.end(reason);
        }
        self.note_presence();
    }

    fn note_presence(&mut self) {
        let empty = !self.call.devices.iter().any(Device::is_present);
        match (empty, self.call.empty_until) {
            (true, None) => self.call.empty_until = Some(after(self.now, self.t.empty_ms)),
            (false, Some(_)) => self.call.empty_until = None,
            (true, Some(_)) | (false, None) => {}
        }
    }

    fn end(&mut self, reason: EndReason) {
        let now = self.now;
        self.settle_open_invites(InviteState::Cancelled);
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

    fn device(&mut self, identity: &SfuIdentity) -> Option<&mut Device> {
        self.call.devices.iter_mut().find(|device| device.identity == *identity)
    }

    /// Brings one person's invite to its end; the first final answer wins.
    fn settle_invite(&mut self, who: &ParticipantId, state: InviteState, device: Option<&SfuIdentity>) {
        let open = |invite: &&mut Invite| invite.participant == *who && !invite.state.is_final();
        if let Some(invite) = self.call.invites.iter_mut().find(open) {
            invite.state = state;
            invite.device = device.map(|identity| identity.device.clone());
            self.changed = true;
            self.news.push(News::Invite(invite.clone()));
        }
    }

    fn settle_open_invites(&mut self, state: InviteState) {
        let open = self.call.invites.iter().filter(|invite| !invite.state.is_final());
        let who: Vec<_> = open.map(|invite| invite.participant.clone()).collect();
        for participant in who {
            self.settle_invite(&participant, state, None);
        }
    }
}
