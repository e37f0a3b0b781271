use call_model::{
    CallId, CallState, CallType, CallVersion, DeviceId, DeviceState, EndReason, InviteState, ParticipantId,
    RecordingId, RoomId,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use url::Url;

/// A call as its viewer may see it (ours: the vendor's example is hidden). The same object everywhere: in `active_call`, in
/// `GET /v1/calls/{id}` and in events. `permissions` are the viewer's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    pub version: CallVersion,
    /// Who started it.
    pub initiator_id: ParticipantId,
    /// When it was started.
    pub started_at: Timestamp,
    /// When the first other person answered.
    #[serde(default)]
    pub answered_at: Option<Timestamp>,
    /// When it ended.
    #[serde(default)]
    pub ended_at: Option<Timestamp>,
    /// Why it ended.
    #[serde(default)]
    pub end_reason: Option<EndReason>,
    /// When the ring runs out.
    pub ring_expires_at: Timestamp,
    /// The SFU's room, `scaiwave-<call_id>`.
    pub livekit_room: String,
    /// Devices in the call, gone ones included.
    pub participants: Vec<CallParticipant>,
    /// Who was rung. Of more than [`MAX_LISTED_INVITES`] those who answered, and the viewer.
    pub invites: Vec<CallInvite>,
    /// The running or last recording.
    #[serde(default)]
    pub recording: Option<RecordingStatus>,
    /// What the viewer may do.
    #[serde(default)]
    pub permissions: CallPermissions,
}

/// Ours: a call with more invites does not list them all, since a room of a thousand would be sent a thousand times as many.
pub const MAX_LISTED_INVITES: usize = 64;

/// One device in a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    pub left_at: Option<Timestamp>,
}

/// One person's invite.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallInvite {
    /// Who is rung.
    pub participant_id: ParticipantId,
    /// Pending, ringing, …
    pub state: InviteState,
}

/// A recording as the call shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordingStatus {
    /// `rec-…`
    pub recording_id: RecordingId,
    /// See design: requested, starting, recording, …
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
pub struct CallPermissions {
    /// Start and stop a recording.
    pub can_record: bool,
    /// End for everyone.
    pub can_end: bool,
}

/// `POST /v1/calls/initiate`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
pub struct DeviceRequest {
    /// The caller's device; absent, `default`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_id: Option<DeviceId>,
    /// For `reject`: why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<RejectReason>,
}

/// Why a ring was rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RejectReason {
    /// By choice.
    Declined,
    /// In another call.
    Busy,
}

/// What `initiate` (201 new, 200 the room's running call) and `join` answer. Not `Debug`: it holds a token.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinGrant {
    /// The call.
    pub call_id: CallId,
    /// The SFU.
    pub livekit_url: Url,
    /// One room, one identity, 10 minutes at most.
    pub livekit_token: String,
    /// `scaiwave-<call_id>`
    pub livekit_room: String,
    /// Ours: when the token expires.
    pub token_expires_at: Timestamp,
    /// Ours: the call.
    pub call: Call,
}
