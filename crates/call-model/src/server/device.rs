//! One device's own small machine: token issued, joined, reconnecting, left.

use super::{Device, LeftReason, Timings, after};
use crate::{DeviceState, SfuIdentity, UnixMillis};

impl Device {
    pub(super) fn new(identity: SfuIdentity, now: UnixMillis) -> Self {
        Self {
            identity,
            state: DeviceState::TokenIssued,
            since: now,
            joined_at: None,
            left_at: None,
            left_reason: None,
            deadline: None,
            last_seen: None,
            sfu_sid: None,
        }
    }

    pub(super) fn is_present(&self) -> bool {
        match self.state {
            DeviceState::TokenIssued | DeviceState::Joined | DeviceState::Reconnecting => true,
            DeviceState::Left => false,
        }
    }

    /// When the device is gone, if the SFU agrees: its deadline, or sooner if its heartbeats stopped too.
    pub(super) fn due(&self, t: &Timings) -> Option<UnixMillis> {
        let deadline = self.deadline?;
        match (self.state, self.last_seen) {
            (DeviceState::Reconnecting, Some(seen)) => {
                Some(deadline.min(after(seen, t.heartbeat_lost_ms)).max(self.since))
            }
            _ => Some(deadline),
        }
    }

    fn enter(&mut self, state: DeviceState, now: UnixMillis, deadline: Option<UnixMillis>) {
        self.state = state;
        self.since = now;
        self.deadline = deadline;
    }

    pub(super) fn token_issued(&mut self, now: UnixMillis, t: &Timings) {
        self.enter(DeviceState::TokenIssued, now, Some(after(now, t.join_ms)));
        self.left_at = None;
        self.left_reason = None;
        self.last_seen = None;
        self.sfu_sid = None;
    }

    pub(super) fn joined(&mut self, sid: &str, now: UnixMillis) {
        self.enter(DeviceState::Joined, now, None);
        self.joined_at.get_or_insert(now);
        self.left_at = None;
        self.left_reason = None;
        self.sfu_sid = Some(sid.to_owned());
    }

    pub(super) fn reconnecting(&mut self, now: UnixMillis, t: &Timings) {
        self.enter(DeviceState::Reconnecting, now, Some(after(now, t.reconnect_ms)));
    }

    pub(super) fn left(&mut self, reason: LeftReason, now: UnixMillis) {
        self.enter(DeviceState::Left, now, None);
        self.left_at = Some(now);
        self.left_reason = Some(reason);
    }

    /// Out, and not to be let in by a token that is still good.
    pub(super) fn remove(&mut self, now: UnixMillis) {
        if self.is_present() {
            self.left(LeftReason::Removed, now);
        }
        self.left_reason = Some(LeftReason::Removed);
    }

    /// Seen at the SFU. A device that was given up comes back; one that left by choice is only on its way
    /// out, one that was taken out stays out.
    pub(super) fn seen_at_sfu(&mut self, sid: &str, now: UnixMillis) -> bool {
        match (self.state, self.left_reason) {
            (DeviceState::Joined, _) => {
                self.sfu_sid = Some(sid.to_owned());
                false
            }
            (DeviceState::TokenIssued | DeviceState::Reconnecting, _)
            | (DeviceState::Left, Some(LeftReason::Lost | LeftReason::NeverJoined)) => {
                self.joined(sid, now);
                true
            }
            (DeviceState::Left, Some(LeftReason::Left | LeftReason::CallEnded | LeftReason::Removed) | None) => false,
        }
    }
}
