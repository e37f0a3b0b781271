use call_model::{CallId, CallType, EndReason, EventId, MediaId, ParticipantId, RoomId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// One event of a room's history, and of `sync`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RoomEvent {
    /// `evt-…`
    pub id: EventId,
    /// Where.
    pub room_id: RoomId,
    /// Who.
    pub sender_id: ParticipantId,
    /// `swp.room.message`, `swp.call.started` (ours), `swp.call.ended` (ours), …
    #[cfg_attr(feature = "schema", schemars(example = &"swp.room.message"))]
    pub event_type: String,
    /// By `event_type`; see [`RoomEvent::kind`].
    #[cfg_attr(feature = "schema", schemars(extend("examples" = [{ "msgtype": "swp.text", "body": "Hello" }])))]
    pub content: serde_json::Value,
    /// Tenant-wide, rising, opaque.
    #[cfg_attr(feature = "schema", schemars(example = 42))]
    pub stream_position: u64,
    /// Unix seconds.
    #[cfg_attr(feature = "schema", schemars(example = 1_777_887_000))]
    pub origin_ts: i64,
    /// When the server took it. Absent in `sync`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    /// Last edit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(extend("examples" = [null])))]
    pub edited_at: Option<Timestamp>,
    /// When it was redacted; the content is then empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(extend("examples" = [null])))]
    pub redacted_at: Option<Timestamp>,
}

/// `event_type` of a message.
pub const EVENT_MESSAGE: &str = "swp.room.message";
/// `event_type` of a timeline entry: a call was started (ours).
pub const EVENT_CALL_STARTED: &str = "swp.call.started";
/// `event_type` of a timeline entry: a call ended (ours).
pub const EVENT_CALL_ENDED: &str = "swp.call.ended";

/// What a room event is, read from its content.
#[derive(Clone, Debug, PartialEq)]
pub enum RoomEventKind {
    /// Somebody wrote.
    Message(MessageContent),
    /// A call was started.
    CallStarted(CallStartedContent),
    /// A call ended.
    CallEnded(CallEndedContent),
    /// A kind this version does not show.
    Other,
}

impl RoomEvent {
    /// Reads the content by the event's type; what cannot be read is `Other`.
    pub fn kind(&self) -> RoomEventKind {
        fn read<T: serde::de::DeserializeOwned>(
            content: &serde_json::Value,
            make: fn(T) -> RoomEventKind,
        ) -> RoomEventKind {
            T::deserialize(content).map_or(RoomEventKind::Other, make)
        }
        match self.event_type.as_str() {
            EVENT_MESSAGE => read(&self.content, RoomEventKind::Message),
            EVENT_CALL_STARTED => read(&self.content, RoomEventKind::CallStarted),
            EVENT_CALL_ENDED => read(&self.content, RoomEventKind::CallEnded),
            _ => RoomEventKind::Other,
        }
    }
}

/// Content of a message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MessageContent {
    /// `swp.text`, `swp.code`, `swp.media`, `swp.system`, `swp.audio_transcript`, or a custom one.
    #[cfg_attr(feature = "schema", schemars(length(min = 1), example = &"swp.text"))]
    pub msgtype: String,
    /// The text.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(example = &"Hello"))]
    pub body: String,
    /// Who is mentioned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", schemars(extend("examples" = [[]])))]
    pub mentions: Vec<ParticipantId>,
    /// What it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(extend("examples" = [null])))]
    pub reply_to_event_id: Option<EventId>,
    /// The attachment, for `swp.media`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(extend("examples" = [null])))]
    pub media_id: Option<MediaId>,
}

impl MessageContent {
    /// A plain text message.
    pub fn text(body: impl Into<String>) -> Self {
        Self {
            msgtype: "swp.text".into(),
            body: body.into(),
            mentions: Vec::new(),
            reply_to_event_id: None,
            media_id: None,
        }
    }
}

/// Content of the timeline entry "call started" (ours).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CallStartedContent {
    /// The call.
    pub call_id: CallId,
    /// Audio or video.
    #[serde(rename = "type")]
    pub call_type: CallType,
    /// Who started it.
    pub initiator_id: ParticipantId,
}

/// Content of the timeline entry "call ended" (ours).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CallEndedContent {
    /// The call.
    pub call_id: CallId,
    /// Audio or video.
    #[serde(rename = "type")]
    pub call_type: CallType,
    /// Who started it.
    pub initiator_id: ParticipantId,
    /// Why.
    pub end_reason: EndReason,
    /// Who ended it for everyone, if somebody did.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(extend("examples" = [null])))]
    pub ended_by: Option<ParticipantId>,
    /// From the first answer to the end, milliseconds; 0 if nobody answered.
    #[cfg_attr(feature = "schema", schemars(example = 61_000))]
    pub duration_ms: u64,
    /// Who was rung and did not answer.
    #[serde(default)]
    pub missed_by: Vec<ParticipantId>,
}

/// `POST /v1/rooms/{id}/send`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SendRequest {
    /// At most 64 KB as JSON.
    pub content: MessageContent,
    /// The same UUID twice is one event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_uuid: Option<Uuid>,
}

/// `GET /v1/sync`: unlike lists, paging stands inside `data`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SyncPage {
    /// In stream order.
    pub events: Vec<RoomEvent>,
    /// Give as `since` next.
    #[cfg_attr(feature = "schema", schemars(example = 42))]
    pub next_cursor: u64,
    /// Whether more are there now.
    pub has_more: bool,
}
