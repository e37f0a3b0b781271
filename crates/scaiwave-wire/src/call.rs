use call_model::{
    CallId, CallState, CallType, CallVersion, DeviceId, DeviceState, EndReason, InviteState, MediaId, ParticipantId,
    Quiet, RecordingId, RoomId,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use url::Url;

/// A call as its viewer may see it (ours: the vendor's example is hidden). The same object everywhere: in `active_call`, in
/// `GET /v1/calls/{id}` and in events. `permissions` and `quiet` are the viewer's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Call {
    /// `call-…`
    pub call_id: CallId,
    /// Where.
    pub room_id: RoomId,
    /// Audio or video.
    #[serde(rename = "type")]
    pub call_type: CallType,
    /// Ringing, active, …
    pub state: CallState,
    /// Grows with every change; lower ones are stale.
    #[cfg_attr(feature = "schema", schemars(example = 2))]
    pub version: CallVersion,
    /// Who started it.
    pub initiator_id: ParticipantId,
    /// When it was started.
    pub started_at: Timestamp,
    /// When the first other person answered.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(extend("examples" = [null])))]
    pub answered_at: Option<Timestamp>,
    /// When it ended.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(extend("examples" = [null])))]
    pub ended_at: Option<Timestamp>,
    /// Why it ended.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(extend("examples" = [null])))]
    pub end_reason: Option<EndReason>,
    /// When the ring runs out.
    pub ring_expires_at: Timestamp,
    /// The SFU's room, `scaiwave-<call_id>`.
    #[cfg_attr(feature = "schema", schemars(example = &"scaiwave-call-0197f3a1c2d37001a4b5c6d7e8f90123"))]
    pub livekit_room: String,
    /// Devices in the call, gone ones included.
    pub participants: Vec<CallParticipant>,
    /// Who was rung. Of more than [`MAX_LISTED_INVITES`] those who answered, and the viewer.
    pub invites: Vec<CallInvite>,
    /// The running or last recording.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(extend("examples" = [null])))]
    pub recording: Option<RecordingStatus>,
    /// What the viewer may do.
    #[serde(default)]
    pub permissions: CallPermissions,
    /// The viewer's own ring is to be silent, and why; the call is shown all the same.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(extend("examples" = [null])))]
    pub quiet: Option<Quiet>,
}

/// Ours: a call with more invites does not list them all, since a room of a thousand would be sent a thousand times as many.
pub const MAX_LISTED_INVITES: usize = 64;

/// One device in a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CallParticipant {
    /// Who.
    pub participant_id: ParticipantId,
    /// On which device.
    pub device_id: DeviceId,
    /// Joined, reconnecting, …
    pub state: DeviceState,
    /// First seen at the SFU.
    #[serde(default)]
    pub joined_at: Option<Timestamp>,
    /// Gone since.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(extend("examples" = [null])))]
    pub left_at: Option<Timestamp>,
}

/// One person's invite.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CallInvite {
    /// Who is rung.
    pub participant_id: ParticipantId,
    /// Pending, ringing, …
    pub state: InviteState,
    /// How often this person was rung for this call; a higher one opens the invite anew.
    #[serde(default = "first")]
    #[cfg_attr(feature = "schema", schemars(example = 1))]
    pub ring: u32,
    /// When the ring runs out; absent, with the call's.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(extend("examples" = [null])))]
    pub expires_at: Option<Timestamp>,
}

/// The first ring, for who does not count them.
pub(crate) fn first() -> u32 {
    1
}

/// A recording as the call shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RecordingStatus {
    /// `rec-…`
    pub recording_id: RecordingId,
    /// See design: requested, starting, recording, …
    #[cfg_attr(feature = "schema", schemars(example = &"recording"))]
    pub status: String,
    /// Since when.
    #[serde(default)]
    pub started_at: Option<Timestamp>,
    /// By whom.
    #[serde(default)]
    pub started_by: Option<ParticipantId>,
}

/// What the viewer of a call may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CallPermissions {
    /// Start and stop a recording.
    pub can_record: bool,
    /// End for everyone.
    pub can_end: bool,
}

/// `POST /v1/calls/initiate`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct InitiateRequest {
    /// Where to call.
    pub room_id: RoomId,
    /// Audio or video.
    #[serde(rename = "type")]
    pub call_type: CallType,
    /// Ours: the caller's device; absent, the server names one `default`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_id: Option<DeviceId>,
}

/// Body of `POST /v1/calls/{id}/join`, `leave`, `reject` and `heartbeat` (ours; an empty body does as well).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DeviceRequest {
    /// The caller's device; absent, `default`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_id: Option<DeviceId>,
    /// For `reject`: why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(extend("examples" = [null])))]
    pub reason: Option<RejectReason>,
}

/// `POST /v1/calls/{id}/ring` (ours; an empty body does as well): rings again, answers the call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RingRequest {
    /// Members to ring, also after a decline; absent, everybody who has not answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = MAX_RING_NAMES)))]
    pub participant_ids: Option<Vec<ParticipantId>>,
}

/// The most people one `ring` names.
pub const MAX_RING_NAMES: usize = 100;

/// `POST /v1/calls/{id}/recording/start`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RecordingStart {
    /// Record what is said.
    pub audio: bool,
    /// Record what is seen.
    pub video: bool,
    /// Write down what is said; takes `audio`.
    #[cfg_attr(feature = "schema", schemars(example = false))]
    pub transcript: bool,
}

/// `GET /v1/calls/{id}/recordings`, one row (ours: the vendor's shape is hidden): a finished recording.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Recording {
    /// `rec-…`
    pub recording_id: RecordingId,
    /// The call.
    pub call_id: CallId,
    /// What to download.
    pub media_id: MediaId,
    /// Since when.
    pub started_at: Timestamp,
    /// By whom.
    pub started_by: ParticipantId,
    /// How long, milliseconds.
    #[cfg_attr(feature = "schema", schemars(example = 61_000))]
    pub duration_ms: u64,
}

/// Why a ring was rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RejectReason {
    /// By choice.
    Declined,
    /// In another call.
    Busy,
}

// Not `Debug`: it holds a token.
/// What `initiate` (201 new, 200 the room's running call) and `join` answer.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct JoinGrant {
    /// The call.
    pub call_id: CallId,
    /// The SFU.
    #[cfg_attr(feature = "schema", schemars(example = &"wss://livekit.example.org"))]
    pub livekit_url: Url,
    /// One room, one identity, 10 minutes at most.
    #[cfg_attr(feature = "schema", schemars(example = &"eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl"))]
    pub livekit_token: String,
    /// `scaiwave-<call_id>`
    #[cfg_attr(feature = "schema", schemars(example = &"scaiwave-call-0197f3a1c2d37001a4b5c6d7e8f90123"))]
    pub livekit_room: String,
    /// Ours: when the token expires.
    pub token_expires_at: Timestamp,
    /// Ours: the call.
    pub call: Call,
}
