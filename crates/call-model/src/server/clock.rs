//! A clock that was set: a call's times move with it, so that what lasts still lasts as long.

use super::{Call, UnixMillis, after};

impl Call {
    /// Moves all times by so many milliseconds.
    pub fn shift(&mut self, ms: i64) {
        let by = |at: &mut UnixMillis| *at = after(*at, ms);
        let mut times = vec![&mut self.started_at, &mut self.ring_expires_at];
        times.extend(
            [&mut self.answered_at, &mut self.ended_at, &mut self.empty_until, &mut self.delete_at]
                .into_iter()
                .flatten(),
        );
        for invite in &mut self.invites {
            times.extend([&mut invite.rung_at, &mut invite.expires_at]);
            times.extend(&mut invite.settled_at);
        }
        for device in &mut self.devices {
            times.push(&mut device.since);
            let some = [&mut device.joined_at, &mut device.left_at, &mut device.deadline, &mut device.last_seen];
            times.extend(some.into_iter().flatten());
        }
        times.into_iter().for_each(by);
    }

    /// How far the clock has gone back while nobody watched it: what has happened cannot lie in the future. Set forward, it cannot be
    /// told from time that passed.
    pub fn ahead_of(&self, now: UnixMillis) -> i64 {
        let invites = self.invites.iter().flat_map(|invite| [Some(invite.rung_at), invite.settled_at]);
        let devices = self.devices.iter().flat_map(|device| [Some(device.since), device.last_seen]);
        let newest = [Some(self.started_at), self.ended_at].into_iter().chain(invites).chain(devices).flatten().max();
        newest.map_or(0, |newest| (newest.0 - now.0).max(0))
    }
}
