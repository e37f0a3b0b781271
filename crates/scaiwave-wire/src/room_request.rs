use call_model::{EventId, ParticipantId, PowerLevel};
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};

#[cfg(feature = "schema")]
use crate::{MAX_ROOM_NAME, MAX_ROOM_TOPIC};
use crate::{NotificationMode, RoomType};

/// `POST /v1/rooms`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CreateRoomRequest {
    /// `group`, `public` or `incognito`; the other kinds are made elsewhere.
    #[cfg_attr(feature = "schema", schemars(example = &"group"))]
    pub room_type: RoomType,
    /// 1 to 200 characters.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = MAX_ROOM_NAME), example = &"Team"))]
    pub name: String,
    /// At most 2000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(max = MAX_ROOM_TOPIC), example = &"What we do"))]
    pub topic: Option<String>,
    /// Whether everybody of the tenant may join. Left out: of a `public` room true, of the others false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(example = false))]
    pub is_public: Option<bool>,
    /// `ws-…`; kept as it is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(extend("examples" = [null])))]
    pub workspace_id: Option<String>,
    /// `incognito`, for incognito rooms only, or null.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(extend("examples" = [null])))]
    pub scope_kind: Option<ScopeKind>,
    /// `restricted` rooms are refused, since this server has no roles to restrict them to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(extend("examples" = [null])))]
    pub visibility: Option<String>,
}

/// A room's scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ScopeKind {
    /// Leaves no trace.
    Incognito,
}

/// Names a person: `POST /v1/rooms/dm`, and `invite`, `kick`, `ban`, `unban` (the last ours) of a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ParticipantRequest {
    /// Who.
    pub participant_id: ParticipantId,
    /// Ours, for `kick` and `ban`: why, at most 500 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(max = 500), extend("examples" = [null])))]
    pub reason: Option<String>,
}

/// `PUT /v1/rooms/{id}/name`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NameRequest {
    /// 1 to 200 characters.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = MAX_ROOM_NAME), example = &"Team"))]
    pub name: String,
}

/// `PUT /v1/rooms/{id}/topic`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(extend("required" = ["topic"])))]
pub struct TopicRequest {
    /// At most 2000 characters; null or empty takes it away.
    #[serde(deserialize_with = "present")]
    #[cfg_attr(feature = "schema", schemars(length(max = MAX_ROOM_TOPIC), example = &"What we do"))]
    pub topic: Option<String>,
}

/// `PUT /v1/rooms/{id}/notification-mode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NotificationModeRequest {
    /// For the caller.
    pub mode: NotificationMode,
}

/// `PUT /v1/rooms/{id}/mute`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(extend("required" = ["muted_until"])))]
pub struct MuteRequest {
    /// A time to come, or null to hear again.
    #[serde(deserialize_with = "present")]
    #[cfg_attr(feature = "schema", schemars(extend("examples" = [null])))]
    pub muted_until: Option<Timestamp>,
}

/// `PUT /v1/rooms/{id}/members/{participant_id}/power` (ours).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PowerRequest {
    /// 0 to 100.
    pub power_level: PowerLevel,
}

/// `PUT /v1/rooms/{id}/read_marker` (ours).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReadMarkerRequest {
    /// The last one read.
    pub event_id: EventId,
}

/// What `PUT /v1/rooms/{id}/read_marker` answers (ours).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReadMarker {
    /// Where the marker stands: it never moves backwards.
    pub event_id: EventId,
    /// Messages beyond it.
    #[cfg_attr(feature = "schema", schemars(example = 0))]
    pub unread_count: u64,
}

/// A field that may be null but must be there, so that an empty body changes nothing by accident.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<T>, D::Error> {
    Option::deserialize(from)
}
