//! One room's timeline, and what of ours is on its way to it.

use std::collections::BTreeMap;

use call_model::{EventId, ParticipantId, UnixMillis};
use scaiwave_wire::{MessageContent, Room, RoomEvent, RoomEventKind, RoomType, StreamEvent, StreamFrame, Timestamp};
use uuid::Uuid;

use crate::view::Delivery;

/// Entries of a timeline that are kept and shown.
pub(crate) const MAX_TIMELINE: usize = 200;
/// Messages on their way or not sent, per room.
const MAX_UNSENT: usize = 50;

/// One room.
pub(crate) struct RoomData {
    pub(crate) name: String,
    pub(crate) is_direct: bool,
    pub(crate) members: Vec<(ParticipantId, u8)>,
    pub(crate) unread: u32,
    /// The server's count of what is unread includes what lies up to this stream position.
    pub(super) counted_to: u64,
    pub(crate) last_activity: UnixMillis,
    pub(crate) preview: Option<String>,
    /// By stream position, which also tells twins.
    pub(crate) entries: BTreeMap<u64, Entry>,
    pub(crate) unsent: Vec<Unsent>,
    pub(crate) history: History,
}

/// Whether the past of a room has been fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum History {
    Unasked,
    Asked,
    Here,
}

/// A line of a timeline.
pub(crate) struct Entry {
    pub(crate) event_id: EventId,
    pub(crate) sender: ParticipantId,
    pub(crate) at: UnixMillis,
    edited_at: Option<Timestamp>,
    pub(crate) kind: RoomEventKind,
}

impl Entry {
    pub(super) fn is_message(&self) -> bool {
        matches!(self.kind, RoomEventKind::Message(_))
    }
}

/// A message of ours that the server has not confirmed.
pub(crate) struct Unsent {
    pub(crate) uuid: Uuid,
    pub(crate) body: String,
    pub(crate) at: UnixMillis,
    pub(crate) delivery: Delivery,
}

impl RoomData {
    pub(super) fn new(room: Room) -> Self {
        Self {
            name: room.name,
            is_direct: room.room_type == RoomType::Dm,
            members: Vec::new(),
            unread: 0,
            counted_to: 0,
            last_activity: UnixMillis(room.created_at.as_millisecond()),
            preview: None,
            entries: BTreeMap::new(),
            unsent: Vec::new(),
            history: History::Unasked,
        }
    }

    /// False for one that is here already or is not shown.
    pub(super) fn add(&mut self, event: RoomEvent) -> bool {
        let kind = event.kind();
        if kind == RoomEventKind::Other {
            return false;
        }
        if let Some(known) = self.entries.iter().find(|(_, entry)| entry.event_id == event.id).map(|(at, _)| *at) {
            self.update(known, kind, &event);
            return false;
        }
        if self.entries.contains_key(&event.stream_position) {
            return false;
        }
        let at = time(&event);
        let newest = self.entries.keys().next_back().is_none_or(|last| event.stream_position > *last);
        if newest {
            self.last_activity = self.last_activity.max(at);
            self.preview = Some(preview(&kind));
        }
        let entry = Entry { event_id: event.id, sender: event.sender_id, at, edited_at: event.edited_at, kind };
        self.entries.insert(event.stream_position, entry);
        while self.entries.len() > MAX_TIMELINE {
            self.entries.pop_first();
        }
        true
    }

    /// The same entry again: its newest words count, and the place it had first.
    fn update(&mut self, known: u64, kind: RoomEventKind, event: &RoomEvent) {
        let Some(mut entry) = self.entries.remove(&known) else { return };
        if event.edited_at > entry.edited_at {
            (entry.kind, entry.edited_at) = (kind, event.edited_at);
        }
        self.entries.insert(known.min(event.stream_position), entry);
        self.preview = self.entries.values().next_back().map(|last| preview(&last.kind));
    }

    /// An edit of a message that is not here and older than what is: not a new line.
    pub(super) fn is_late_edit(&self, event: &RoomEvent) -> bool {
        let second = |at: UnixMillis| at.0.div_euclid(1000);
        event.edited_at.is_some()
            && self.entries.values().all(|entry| entry.event_id != event.id)
            && self.entries.values().next_back().is_some_and(|last| event.origin_ts < second(last.at))
    }

    pub(super) fn redact(&mut self, event: &EventId) {
        self.entries.retain(|_, entry| entry.event_id != *event);
        self.preview = self.entries.values().next_back().map(|last| preview(&last.kind));
    }

    /// A message of ours that is to be sent; one that failed with the same text is taken up again under its own UUID, so that the
    /// server knows it should it have arrived after all.
    pub(crate) fn begin_send(&mut self, body: &str, at: UnixMillis) -> Option<Uuid> {
        let failed = |unsent: &&mut Unsent| unsent.body == body && unsent.delivery != Delivery::Sending;
        if let Some(unsent) = self.unsent.iter_mut().find(failed) {
            (unsent.delivery, unsent.at) = (Delivery::Sending, at);
            return Some(unsent.uuid);
        }
        if self.unsent.len() >= MAX_UNSENT {
            return None;
        }
        let uuid = Uuid::new_v4();
        self.unsent.push(Unsent { uuid, body: body.to_owned(), at, delivery: Delivery::Sending });
        Some(uuid)
    }

    pub(super) fn sent(&mut self, uuid: Uuid, event: RoomEvent) {
        self.unsent.retain(|unsent| unsent.uuid != uuid);
        self.add(event);
    }

    pub(super) fn not_sent(&mut self, uuid: Uuid, reason: String) {
        if let Some(unsent) = self.unsent.iter_mut().find(|unsent| unsent.uuid == uuid) {
            unsent.delivery = Delivery::Failed { reason };
        }
    }

    /// The server's echo of a message of ours may come before the answer to its sending.
    pub(super) fn confirm(&mut self, event: &RoomEvent) {
        let RoomEventKind::Message(MessageContent { body, .. }) = event.kind() else { return };
        if let Some(at) = self.unsent.iter().position(|unsent| unsent.body == body) {
            self.unsent.remove(at);
        }
    }
}

/// A frame of the stream as an event of its room's timeline, if it is one.
pub(crate) fn timeline_event(frame: StreamFrame) -> Option<RoomEvent> {
    let (id, room_id) = (frame.id?, frame.room_id?);
    let mut edited = None;
    let (sender_id, event_type, content, stream_position, origin_ts) = match frame.event {
        StreamEvent::RoomMessage { sender_id, content, stream_position, origin_ts, edited_at } => {
            edited = edited_at;
            (sender_id, scaiwave_wire::EVENT_MESSAGE, serde_json::to_value(content), stream_position, origin_ts)
        }
        StreamEvent::CallStarted { sender_id, content, stream_position, origin_ts } => {
            (sender_id, scaiwave_wire::EVENT_CALL_STARTED, serde_json::to_value(content), stream_position, origin_ts)
        }
        StreamEvent::CallEnded { sender_id, content, stream_position, origin_ts, .. } => {
            (sender_id, scaiwave_wire::EVENT_CALL_ENDED, serde_json::to_value(content), stream_position, origin_ts)
        }
        _ => return None,
    };
    Some(RoomEvent {
        id,
        room_id,
        sender_id,
        event_type: event_type.to_owned(),
        content: content.ok()?,
        stream_position,
        origin_ts,
        // An edit's frame is younger than its message.
        created_at: edited.is_none().then_some(frame.ts),
        edited_at: edited,
        redacted_at: None,
        reactions: Vec::new(),
    })
}

fn time(event: &RoomEvent) -> UnixMillis {
    UnixMillis(match event.created_at {
        Some(created) => created.as_millisecond(),
        None => event.origin_ts.saturating_mul(1000),
    })
}

pub(super) fn preview(kind: &RoomEventKind) -> String {
    const LONGEST: usize = 120;
    match kind {
        RoomEventKind::Message(content) => {
            content.body.lines().next().unwrap_or_default().chars().take(LONGEST).collect()
        }
        RoomEventKind::CallStarted(_) => "Call started".into(),
        RoomEventKind::CallEnded(_) => "Call ended".into(),
        RoomEventKind::Other => String::new(),
    }
}
