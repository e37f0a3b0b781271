//! Whether a ring may make itself heard at one person.

use crate::Quiet;

/// What a person is occupied with when it rings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attention {
    /// In another live call, on any device.
    pub in_call: bool,
    /// Set themselves to `busy`.
    pub busy: bool,
    /// Muted the room that calls.
    pub muted: bool,
    /// Has quiet hours.
    pub quiet_hours: bool,
}

impl Attention {
    /// Why the ring stays silent, if it does; the first reason counts.
    pub fn quiet(self) -> Option<Quiet> {
        let reasons = [
            (self.in_call, Quiet::InCall),
            (self.busy, Quiet::Busy),
            (self.muted, Quiet::MutedRoom),
            (self.quiet_hours, Quiet::QuietHours),
        ];
        reasons.into_iter().find_map(|(so, why)| so.then_some(why))
    }
}
