use call_model::{CallId, CallType, EndReason, EventId, MediaId, ParticipantId, PowerLevel, RoomId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Membership, RoomPhase};

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
    /// Tenant-wide, rising, opaque. Ours: an edited message comes in `sync` a second time, under its own id, with `edited_at` and
    /// the position of the edit.
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
    /// Ours: in history and in the answers of changes. In `sync` each change comes as an event of its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reactions: Vec<Reaction>,
}

/// One emoji at a message (ours).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Reaction {
    /// Which.
    #[cfg_attr(feature = "schema", schemars(example = &"👍"))]
    pub emoji: String,
    /// By how many.
    #[cfg_attr(feature = "schema", schemars(example = 1))]
    pub count: u64,
    /// By whom: the first hundred.
    pub sender_ids: Vec<ParticipantId>,
}

/// `event_type` of a message.
pub const EVENT_MESSAGE: &str = "swp.room.message";
/// `event_type` of a timeline entry: somebody came, left, was invited, … Content: [`MemberContent`].
pub const EVENT_MEMBER: &str = "swp.room.member";
/// `event_type` of a timeline entry: the room has another name. Content: [`NameContent`].
pub const EVENT_NAME: &str = "swp.room.name";
/// `event_type` of a timeline entry: the room has another topic. Content: [`TopicContent`].
pub const EVENT_TOPIC: &str = "swp.room.topic";
/// `event_type` of a timeline entry: the room was archived, opened again or closed (ours). Content: [`PhaseContent`].
pub const EVENT_PHASE: &str = "swp.room.state";
/// `event_type`, in `sync` but not in history: a message was wiped. Content: [`RedactionContent`].
pub const EVENT_REDACTION: &str = "swp.room.redaction";
/// `event_type`, in `sync` but not in history: an emoji was put or taken away. Content: [`ReactionContent`].
pub const EVENT_REACTION: &str = "swp.room.reaction";
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
    /// A small picture of the attachment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thumbnail_id: Option<MediaId>,
    /// Everything else, as it came: `lang`, fields of custom kinds.
    #[serde(flatten)]
    pub extra: serde_json::Map<String, serde_json::Value>,
}

/// `msgtype` of a message with an attachment.
pub const MSGTYPE_MEDIA: &str = "swp.media";

impl MessageContent {
    /// A plain text message.
    pub fn text(body: impl Into<String>) -> Self {
        Self {
            msgtype: "swp.text".into(),
            body: body.into(),
            mentions: Vec::new(),
            reply_to_event_id: None,
            media_id: None,
            thumbnail_id: None,
            extra: serde_json::Map::new(),
        }
    }

    /// What it carries.
    pub fn media(&self) -> impl Iterator<Item = &MediaId> {
        self.media_id.iter().chain(&self.thumbnail_id)
    }
}

/// Content of [`EVENT_MEMBER`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MemberContent {
    /// Who.
    pub participant_id: ParticipantId,
    /// Now.
    pub membership: Membership,
    /// By whom.
    pub changed_by: ParticipantId,
    /// Ours: their rights now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(example = PowerLevel(0)))]
    pub power_level: Option<PowerLevel>,
    /// Ours: why somebody was kicked or banned, if it was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(extend("examples" = [null])))]
    pub reason: Option<String>,
}

/// Content of [`EVENT_NAME`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NameContent {
    /// Now.
    #[cfg_attr(feature = "schema", schemars(example = &"Team"))]
    pub name: String,
}

/// Content of [`EVENT_TOPIC`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TopicContent {
    /// Now; null once taken away.
    #[cfg_attr(feature = "schema", schemars(example = &"What we do"))]
    pub topic: Option<String>,
}

/// Content of [`EVENT_PHASE`] (ours).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PhaseContent {
    /// Now.
    pub state: RoomPhase,
}

/// Content of [`EVENT_REDACTION`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RedactionContent {
    /// The message.
    pub event_id: EventId,
    /// By whom.
    pub redacted_by: ParticipantId,
    /// Why, if it was said.
    #[cfg_attr(feature = "schema", schemars(example = &"Sent by mistake."))]
    pub reason: Option<String>,
}

/// Content of [`EVENT_REACTION`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReactionContent {
    /// The message.
    pub event_id: EventId,
    /// Which.
    #[cfg_attr(feature = "schema", schemars(example = &"👍"))]
    pub emoji: String,
    /// Ours: taken away, not put.
    #[cfg_attr(feature = "schema", schemars(example = false))]
    pub removed: bool,
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
    /// In another member's name; needs power level 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(extend("examples" = [null])))]
    pub as_participant_id: Option<ParticipantId>,
}

/// `POST /v1/rooms/{id}/events/{event_id}/edit`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EditRequest {
    /// At most 64 KB as JSON.
    pub content: MessageContent,
}

/// `POST /v1/rooms/{id}/events/{event_id}/redact`; an empty body does as well.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RedactRequest {
    /// At most 500 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(max = 500), example = &"Sent by mistake."))]
    pub reason: Option<String>,
}

/// `POST` and `DELETE /v1/rooms/{id}/events/{event_id}/reaction`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReactionRequest {
    /// An emoji or `:name:`, 1 to 64 bytes.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 64), example = &"👍"))]
    pub emoji: String,
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
