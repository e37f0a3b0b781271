//! The words of a call, as they stand on the wire (`snake_case`) and in the database.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What a call was started as; anybody may add video later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CallType {
    /// Started by the phone icon: camera off at join.
    Audio,
    /// Started by the camera icon: camera on at join.
    Video,
}

/// The life of a call: `ringing → active → ending → ended`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CallState {
    /// Started, nobody has answered yet.
    Ringing,
    /// At least one other person has answered.
    Active,
    /// Ended for everyone; the SFU room is about to be deleted.
    Ending,
    /// Over. Nothing follows.
    Ended,
}

impl CallState {
    /// Whether the call is the room's live call (at most one per room).
    pub fn is_live(self) -> bool {
        match self {
            Self::Ringing | Self::Active => true,
            Self::Ending | Self::Ended => false,
        }
    }
}

/// Why a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// The initiator, or a member with power level ≥ 50, ended it for everyone.
    EndedByUser,
    /// The last one left.
    AllLeft,
    /// Nobody answered while it rang.
    NoAnswer,
    /// Everybody who was rung declined.
    Declined,
    /// The initiator hung up before anybody answered.
    Cancelled,
    /// The initiator never reached the SFU (30 s).
    InitiatorNeverJoined,
    /// The SFU lost the room and nobody came back.
    SfuLost,
    /// The room was closed or archived.
    RoomClosed,
}

/// The life of an invite, one per person over all devices: the first final answer wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum InviteState {
    /// Made; no device has said that it rings.
    Pending,
    /// A device of the person rings.
    Ringing,
    /// Answered on one device. Final.
    Accepted,
    /// Declined. Final, but the person may still join the running call.
    Declined,
    /// In another call. Final for the ring.
    Busy,
    /// The ring ran out. Final.
    Missed,
    /// The caller hung up, or the call ended. Final.
    Cancelled,
}

impl InviteState {
    /// Whether the invite can no longer ring.
    pub fn is_final(self) -> bool {
        match self {
            Self::Pending | Self::Ringing => false,
            Self::Accepted | Self::Declined | Self::Busy | Self::Missed | Self::Cancelled => true,
        }
    }
}

/// Why a ring is to stay silent at one person; the call is shown all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Quiet {
    /// In another call, on any device.
    InCall,
    /// Said to be busy.
    Busy,
    /// Muted this room.
    MutedRoom,
    /// Their quiet hours.
    QuietHours,
}

/// The life of one device in a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum DeviceState {
    /// Has a join token, not yet seen at the SFU.
    TokenIssued,
    /// In the SFU's room.
    Joined,
    /// Dropped out without saying so; has 20 s to come back.
    Reconnecting,
    /// Gone.
    Left,
}

/// A member's rights in a room: 0 member, 50 moderator, 100 owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(extend("maximum" = 100, "examples" = [50])))]
pub struct PowerLevel(pub u8);

impl PowerLevel {
    /// May end a call for everyone, kick, redact others' messages; by default also record.
    pub const MODERATOR: Self = Self(50);
    /// May close the room.
    pub const OWNER: Self = Self(100);
}

/// Counts the changes of one call; a state with a lower version than the last one seen is stale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[ts(type = "number")]
pub struct CallVersion(pub u64);

/// Milliseconds since the Unix epoch, by the clock of whoever says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[ts(type = "number")]
pub struct UnixMillis(pub i64);
