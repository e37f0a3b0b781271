//! The server's side of a call: one [`Call`] with its invites and devices, changed by one [`Input`] at a time.
//!
//! The server loads a call inside a transaction, applies an input, writes back what changed and tells people after the commit. All
//! timers are due times inside the call ([`Call::next_due`]), so that they outlive a restart.
//!
//! Who may do something is the server's to know; it passes the answer in with the input.

mod attention;
mod clock;
mod device;
mod end;
mod invites;
mod machine;
#[cfg(test)]
mod tests;

pub use attention::Attention;
pub use machine::NewCall;

use crate::{
    CallId, CallState, CallType, CallVersion, DeviceId, DeviceState, EndReason, InviteState, ParticipantId, Quiet,
    RoomId, SfuIdentity, UnixMillis,
};

/// Nobody is rung more often for one call.
pub const MAX_RINGS: u32 = 10;

/// How long things last, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timings {
    /// How long a call rings.
    pub ring_ms: i64,
    /// Between two rings of one person for one call.
    pub ring_again_ms: i64,
    /// Who declined is left alone for so long, unless named.
    pub declined_ms: i64,
    /// From the token to the device's being seen at the SFU.
    pub join_ms: i64,
    /// Without a heartbeat for so long a device counts as gone, if the SFU agrees.
    pub heartbeat_lost_ms: i64,
    /// A device that dropped out has so long to come back.
    pub reconnect_ms: i64,
    /// The last one left: somebody may still come back.
    pub empty_ms: i64,
    /// From the end until the SFU's room is deleted by force.
    pub delete_ms: i64,
    /// The SFU did not answer: ask again after.
    pub sfu_retry_ms: i64,
    /// Give the SFU up after: nobody holds a valid token any more.
    pub sfu_give_up_ms: i64,
    /// How long a join token is good.
    pub token_ms: i64,
}

impl Default for Timings {
    fn default() -> Self {
        Self {
            ring_ms: 45_000,
            ring_again_ms: 30_000,
            declined_ms: 60_000,
            join_ms: 30_000,
            heartbeat_lost_ms: 15_000,
            reconnect_ms: 20_000,
            empty_ms: 20_000,
            delete_ms: 3_000,
            sfu_retry_ms: 5_000,
            sfu_give_up_ms: 600_000,
            token_ms: 600_000,
        }
    }
}

impl Timings {
    /// The same life, lived so many times faster, for tests that wait for its timers.
    pub fn faster(self, times: u32) -> Self {
        let times = i64::from(times.max(1));
        Self {
            ring_ms: self.ring_ms / times,
            ring_again_ms: self.ring_again_ms / times,
            declined_ms: self.declined_ms / times,
            join_ms: self.join_ms / times,
            heartbeat_lost_ms: self.heartbeat_lost_ms / times,
            reconnect_ms: self.reconnect_ms / times,
            empty_ms: self.empty_ms / times,
            delete_ms: self.delete_ms / times,
            sfu_retry_ms: self.sfu_retry_ms / times,
            sfu_give_up_ms: self.sfu_give_up_ms / times,
            token_ms: self.token_ms / times,
        }
    }
}

/// A call with all that belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Which.
    pub id: CallId,
    /// Where.
    pub room_id: RoomId,
    /// In a direct room: it ends as soon as one of the two leaves.
    pub direct: bool,
    /// Audio or video.
    pub call_type: CallType,
    /// Ringing, active, …
    pub state: CallState,
    /// Grows with every change that others may see.
    pub version: CallVersion,
    /// Who started it.
    pub initiator: ParticipantId,
    /// When.
    pub started_at: UnixMillis,
    /// When the first other person answered.
    pub answered_at: Option<UnixMillis>,
    /// When it ended.
    pub ended_at: Option<UnixMillis>,
    /// Why it ended.
    pub end_reason: Option<EndReason>,
    /// Who ended it for everyone.
    pub ended_by: Option<ParticipantId>,
    /// When the last open invite runs out.
    pub ring_expires_at: UnixMillis,
    /// Nobody is in it: ends then, unless somebody comes.
    pub empty_until: Option<UnixMillis>,
    /// Ended: when the SFU's room is deleted.
    pub delete_at: Option<UnixMillis>,
    /// The SFU lost the room and nobody has come back yet.
    pub sfu_lost: bool,
    /// Who was rung.
    pub invites: Vec<Invite>,
    /// Devices that were ever given a token.
    pub devices: Vec<Device>,
}

/// One person's invite, over all of their devices. To ring again opens it anew.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Invite {
    /// Whose.
    pub participant: ParticipantId,
    /// Pending, ringing, …
    pub state: InviteState,
    /// On which device it was answered or declined.
    pub device: Option<DeviceId>,
    /// How often this person was rung for this call; what is said of an earlier ring is stale.
    pub ring: u32,
    /// When it last began to ring.
    pub rung_at: UnixMillis,
    /// When it runs out.
    pub expires_at: UnixMillis,
    /// When it became final.
    pub settled_at: Option<UnixMillis>,
    /// Silent, and why; decided when it rings.
    pub quiet: Option<Quiet>,
}

/// Somebody to be rung.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Callee {
    /// Who.
    pub participant: ParticipantId,
    /// Silent, and why.
    pub quiet: Option<Quiet>,
}

/// One device in a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Person and device.
    pub identity: SfuIdentity,
    /// Joined, reconnecting, …
    pub state: DeviceState,
    /// When the state last changed.
    pub since: UnixMillis,
    /// First seen at the SFU.
    pub joined_at: Option<UnixMillis>,
    /// Gone since.
    pub left_at: Option<UnixMillis>,
    /// Why it is gone.
    pub left_reason: Option<LeftReason>,
    /// Token issued or reconnecting: gone then, unless the SFU has seen it.
    pub deadline: Option<UnixMillis>,
    /// Last heartbeat; never, if the client sends none.
    pub last_seen: Option<UnixMillis>,
    /// The SFU's name for this stay.
    pub sfu_sid: Option<String>,
}

/// Why a device is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeftReason {
    /// It said so.
    Left,
    /// It had a token and never came.
    NeverJoined,
    /// It dropped out and did not come back in time.
    Lost,
    /// The call ended.
    CallEnded,
    /// No longer a member of the room.
    Removed,
}

/// Everything that can happen to a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// Source: `initiate` or `join` of a member. Action: a token is due to the device; an open invite of the person is accepted; the
    /// first other person makes the call active.
    Join(SfuIdentity),
    /// Source: `leave`. Action: the device is gone; may end the call.
    Leave(SfuIdentity),
    /// Source: `reject`. Action: an open invite is declined; the last one to decline an unanswered call ends it.
    Reject {
        /// Who, on which device.
        by: SfuIdentity,
        /// In another call rather than by choice.
        busy: bool,
    },
    /// Source: `end`. Action: over for everyone.
    End {
        /// Who.
        by: ParticipantId,
        /// Whether the person's power level allows it; the initiator may always.
        allowed: bool,
    },
    /// Source: `ring` of a member who is in the call. Action: who has not answered is rung again, within limits; who is named also
    /// after a decline or having left.
    Ring {
        /// Who asks.
        by: ParticipantId,
        /// The room's members, or those of them who are named.
        whom: Vec<Callee>,
        /// Whether they are named.
        named: bool,
    },
    /// Source: the room. Action: the person's devices are out, an open invite is cancelled; may end the call.
    MemberGone(ParticipantId),
    /// Source: the room was closed or archived. Action: over for everyone.
    RoomClosed,
    /// Source: the stream took the invite to at least one device of each. Action: pending invites ring.
    Delivered(Vec<ParticipantId>),
    /// Source: `heartbeat`. Action: noted.
    Heartbeat(SfuIdentity),
    /// Source: webhook, a hint. Action: the device is in, unless it has left.
    SfuJoined {
        /// Who.
        identity: SfuIdentity,
        /// The SFU's name for the stay.
        sid: String,
    },
    /// Source: webhook, a hint. Action: the device is reconnecting, if it was that stay that ended.
    SfuLeft {
        /// Who.
        identity: SfuIdentity,
        /// The SFU's name for the stay.
        sid: String,
    },
    /// Source: the SFU, asked. Action: devices become what the SFU says; those out of time are gone.
    Observed {
        /// When it was asked: what changed since is not contradicted.
        asked_at: UnixMillis,
        /// What it said.
        view: SfuView,
    },
    /// Source: the clock. Action: the ring runs out; an empty call ends. Never removes a device: that takes the SFU's word.
    Tick,
    /// Source: the SFU's room was deleted, or was not there. Action: `ending` becomes `ended`.
    RoomDeleted,
    /// Source: the SFU refused to delete or did not answer. Action: tried again later.
    DeleteFailed,
}

/// What the SFU says about a call's room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SfuView {
    /// It did not answer: nobody is removed.
    Unknown,
    /// It has no such room.
    Gone,
    /// Who is in the room.
    Present {
        /// Who is there, with the SFU's name for the stay.
        devices: Vec<(SfuIdentity, String)>,
    },
}

/// Why an input is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The call is over.
    #[error("the call is over")]
    Ended,
    /// Neither the initiator nor allowed by power level.
    #[error("only the initiator or a moderator ends a call for everyone")]
    Forbidden,
    /// Not in the call.
    #[error("only who is in the call may ring others again")]
    NotInCall,
}

/// What an input did, beside the new state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// Somebody's invite changed.
    Invite(Invite),
    /// Somebody is rung again, or for the first time in a call under way.
    Ring(Invite),
    /// The call is over, for everyone.
    Ended,
}

fn after(now: UnixMillis, ms: i64) -> UnixMillis {
    UnixMillis(now.0 + ms)
}
