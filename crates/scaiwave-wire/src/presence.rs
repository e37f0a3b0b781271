use call_model::{DeviceId, ParticipantId, RoomId};
use serde::{Deserialize, Serialize};

/// Typing clears itself after so many seconds.
pub const TYPING_SECONDS: u64 = 4;

/// Whether somebody is there, as others see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PresenceStatus {
    /// At the desk.
    Online,
    /// There, without input for five minutes.
    Idle,
    /// Wants no disturbance; set by hand.
    Busy,
    /// Not there.
    Offline,
    /// There, and looks offline to others; only its owner sees this word.
    AppearOffline,
}

/// A presence set by hand: stays until it is reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ChosenPresence {
    /// Never idle.
    Online,
    /// Never online.
    Idle,
    /// Wants no disturbance.
    Busy,
    /// Looks offline, except to who shares a direct room with a message of the last 24 hours.
    AppearOffline,
}

/// `PUT /v1/me/presence`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(extend("required" = ["status"])))]
pub struct SetPresence {
    /// The presence from now on; null (ours: the vendor hides the reset) goes back to what the devices say.
    #[serde(deserialize_with = "Option::deserialize")]
    pub status: Option<ChosenPresence>,
}

/// Answer of `PUT /v1/me/presence` (ours).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Presence {
    /// Whose.
    pub participant_id: ParticipantId,
    /// As its owner sees it.
    pub status: PresenceStatus,
}

/// `POST /v1/me/presence/heartbeat` (ours: the vendor hides the transport), every 30 seconds. An open stream counts as well, but
/// knows nothing of input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PresenceHeartbeat {
    /// The caller's device; absent, `default`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_id: Option<DeviceId>,
    /// Whether there was input since the last one.
    pub active: bool,
}

/// `PUT /v1/typing`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SetTyping {
    /// Where.
    pub room_id: RoomId,
    /// Whether.
    pub typing: bool,
}
