use call_model::{CallId, DeviceId, EndReason, EventId, InviteState, ParticipantId, PowerLevel, Quiet, RoomId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Call, Membership, MessageContent, RoomPhase};

/// Close code: the token is invalid or expired; refresh, then reconnect.
pub const CLOSE_TOKEN: u16 = 4001;
/// Close code: the server gave up on this socket; the reason is [`REASON_PING_TIMEOUT`] or [`REASON_DUPLICATE`].
pub const CLOSE_ABORT: u16 = 4003;
/// The client did not answer pings.
pub const REASON_PING_TIMEOUT: &str = "ping_timeout";
/// The same token connected again.
pub const REASON_DUPLICATE: &str = "duplicate_connection";
/// The server pings this often, in seconds.
pub const PING_SECONDS: u64 = 30;

/// One frame of `wss://<host>/v1/stream?token=<jwt>`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StreamFrame {
    /// `evt-…`, for `swp.*` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<EventId>,
    /// For events of a room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room_id: Option<RoomId>,
    /// The caller's tenant.
    #[cfg_attr(feature = "schema", schemars(example = &"tenant-default"))]
    pub tenant_id: String,
    /// When the server sent it.
    pub ts: Timestamp,
    /// What happened, by `type`.
    #[serde(flatten)]
    pub event: StreamEvent,
}

/// What a frame says, by its `type`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type")]
pub enum StreamEvent {
    /// The server's first frame.
    #[serde(rename = "hello")]
    Hello {
        /// This socket.
        session_id: Uuid,
        /// Who speaks.
        #[cfg_attr(feature = "schema", schemars(example = &"calls.example.org"))]
        server_name: String,
        /// Ours: where the stream stands; what is older comes by `sync`.
        #[serde(default)]
        #[cfg_attr(feature = "schema", schemars(example = 42))]
        stream_position: u64,
    },
    /// Somebody wrote. Ours: an edit comes as the message again, under the same id, with `edited_at`.
    #[serde(rename = "swp.room.message")]
    RoomMessage {
        /// Who.
        sender_id: ParticipantId,
        /// What.
        content: MessageContent,
        /// Where it, or its edit, stands in the stream.
        #[cfg_attr(feature = "schema", schemars(example = 42))]
        stream_position: u64,
        /// Unix seconds.
        #[cfg_attr(feature = "schema", schemars(example = 1_777_887_000))]
        origin_ts: i64,
        /// Ours: when it was edited.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "schema", schemars(extend("examples" = [null])))]
        edited_at: Option<Timestamp>,
    },
    /// A message was wiped.
    #[serde(rename = "swp.room.redaction")]
    RoomRedaction {
        /// The message.
        event_id: EventId,
        /// By whom.
        redacted_by: ParticipantId,
        /// Why, if it was said.
        #[serde(default)]
        #[cfg_attr(feature = "schema", schemars(example = &"Sent by mistake."))]
        reason: Option<String>,
        /// Ours: where it stands in the stream.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "schema", schemars(example = 42))]
        stream_position: Option<u64>,
    },
    /// An emoji was put to a message, or taken away.
    #[serde(rename = "swp.room.reaction")]
    RoomReaction {
        /// The message.
        event_id: EventId,
        /// By whom.
        sender_id: ParticipantId,
        /// Which.
        #[cfg_attr(feature = "schema", schemars(example = &"👍"))]
        emoji: String,
        /// Ours: taken away.
        #[serde(default)]
        #[cfg_attr(feature = "schema", schemars(example = false))]
        removed: bool,
        /// Ours: where it stands in the stream.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "schema", schemars(example = 42))]
        stream_position: Option<u64>,
    },
    /// Somebody came, left, was invited, …
    #[serde(rename = "swp.room.member")]
    RoomMember {
        /// Who.
        participant_id: ParticipantId,
        /// Now.
        membership: Membership,
        /// By whom.
        changed_by: ParticipantId,
        /// Ours: their rights now.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        power_level: Option<PowerLevel>,
        /// Ours: why somebody was kicked or banned, if it was said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "schema", schemars(extend("examples" = [null])))]
        reason: Option<String>,
        /// Ours: where it stands in the stream. Absent where only the person's own settings changed, which their own devices hear.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "schema", schemars(example = 42))]
        stream_position: Option<u64>,
    },
    /// The room has another name.
    #[serde(rename = "swp.room.name")]
    RoomName {
        /// Now.
        #[cfg_attr(feature = "schema", schemars(example = &"Team"))]
        name: String,
        /// Ours: by whom.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        changed_by: Option<ParticipantId>,
        /// Ours: where it stands in the stream.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "schema", schemars(example = 42))]
        stream_position: Option<u64>,
    },
    /// The room has another topic.
    #[serde(rename = "swp.room.topic")]
    RoomTopic {
        /// Now; null once taken away.
        #[serde(default)]
        #[cfg_attr(feature = "schema", schemars(example = &"What we do"))]
        topic: Option<String>,
        /// Ours: by whom.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        changed_by: Option<ParticipantId>,
        /// Ours: where it stands in the stream.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "schema", schemars(example = 42))]
        stream_position: Option<u64>,
    },
    /// The room was archived, opened again or closed (ours).
    #[serde(rename = "swp.room.state")]
    RoomPhase {
        /// Now.
        state: RoomPhase,
        /// By whom.
        changed_by: ParticipantId,
        /// Where it stands in the stream.
        #[cfg_attr(feature = "schema", schemars(example = 42))]
        stream_position: u64,
    },
    /// The person's own read marker moved; nobody else hears of it.
    #[serde(rename = "swp.room.read_marker")]
    RoomReadMarker {
        /// The last one read.
        event_id: EventId,
        /// Ours: messages beyond it.
        #[serde(default)]
        #[cfg_attr(feature = "schema", schemars(example = 0))]
        unread_count: u64,
    },
    /// It rings.
    #[serde(rename = "swp.call.invite")]
    CallInvite {
        /// The call, with the receiver's permissions.
        call: Call,
        /// Who calls.
        from: ParticipantId,
        /// Audio or video.
        #[serde(rename = "call_type")]
        call_type: call_model::CallType,
        /// Milliseconds the ring lasts from now.
        #[cfg_attr(feature = "schema", schemars(example = 45_000))]
        timeout_ms: u64,
        /// The same as a time.
        expires_at: Timestamp,
        /// Ours: the ring is to be silent, and why; the call is shown all the same.
        #[serde(default)]
        #[cfg_attr(feature = "schema", schemars(extend("examples" = [null])))]
        quiet: Option<Quiet>,
    },
    /// The call changed.
    #[serde(rename = "swp.call.state")]
    CallState {
        /// As it is now, with the receiver's permissions.
        call: Call,
    },
    /// Somebody's invite changed (ours); on `accepted` the other devices of that person stop ringing.
    #[serde(rename = "swp.call.invite_update")]
    CallInviteUpdate {
        /// The call.
        call_id: CallId,
        /// Whose invite.
        participant_id: ParticipantId,
        /// Now.
        state: InviteState,
        /// On which device it was answered or declined.
        #[serde(default)]
        device_id: Option<DeviceId>,
        /// Which of the person's rings for this call is meant.
        #[serde(default = "crate::call::first")]
        #[cfg_attr(feature = "schema", schemars(example = 1))]
        ring: u32,
    },
    /// A call was started: its timeline entry (ours).
    #[serde(rename = "swp.call.started")]
    CallStarted {
        /// Who started it.
        sender_id: ParticipantId,
        /// The entry.
        content: crate::CallStartedContent,
        /// Where it stands in the stream.
        #[cfg_attr(feature = "schema", schemars(example = 42))]
        stream_position: u64,
        /// Unix seconds.
        #[cfg_attr(feature = "schema", schemars(example = 1_777_887_000))]
        origin_ts: i64,
    },
    /// The call is over (ours): the fields for a machine, and the timeline entry.
    #[serde(rename = "swp.call.ended")]
    CallEnded {
        /// The call.
        call_id: CallId,
        /// Why.
        end_reason: EndReason,
        /// Who ended it for everyone.
        #[serde(default)]
        #[cfg_attr(feature = "schema", schemars(extend("examples" = [null])))]
        ended_by: Option<ParticipantId>,
        /// From the first answer, milliseconds.
        #[cfg_attr(feature = "schema", schemars(example = 61_000))]
        duration_ms: u64,
        /// Who started it.
        sender_id: ParticipantId,
        /// The timeline entry.
        content: crate::CallEndedContent,
        /// Where it stands in the stream.
        #[cfg_attr(feature = "schema", schemars(example = 42))]
        stream_position: u64,
        /// Unix seconds.
        #[cfg_attr(feature = "schema", schemars(example = 1_777_887_000))]
        origin_ts: i64,
    },
    /// Somebody types, or does not any more; it clears itself after [`TYPING_SECONDS`](crate::TYPING_SECONDS).
    #[serde(rename = "typing")]
    Typing {
        /// Who.
        participant_id: ParticipantId,
        /// Whether.
        typing: bool,
    },
    /// Somebody's presence changed.
    #[serde(rename = "presence")]
    Presence {
        /// Whose.
        participant_id: ParticipantId,
        /// As the receiver may see it.
        status: crate::PresenceStatus,
    },
    /// A kind this version does not use.
    #[serde(other)]
    #[cfg_attr(feature = "schema", schemars(skip))]
    Other,
}
