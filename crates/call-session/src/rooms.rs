//! Own rooms, the people in them, and their timelines.

use std::collections::{BTreeMap, HashMap, HashSet};

use call_model::{EventId, ParticipantId, RoomId, UnixMillis};
use scaiwave_wire::{
    EVENT_REDACTION, Member, Membership, MessageContent, RedactionContent, Room, RoomEvent, RoomEventKind, RoomState,
    RoomType, StreamEvent, StreamFrame, Timestamp,
};
use serde::Deserialize;
use uuid::Uuid;

use crate::view::{Delivery, Person};

/// Entries of a timeline that are kept and shown.
pub(crate) const MAX_TIMELINE: usize = 200;
/// Messages on their way or not sent, per room.
const MAX_UNSENT: usize = 50;

/// Everything known of rooms.
#[derive(Default)]
pub(crate) struct Rooms {
    rooms: HashMap<RoomId, RoomData>,
    people: HashMap<ParticipantId, String>,
    /// Shown in the main window.
    pub(crate) open: Option<RoomId>,
}

/// One room.
pub(crate) struct RoomData {
    pub(crate) name: String,
    pub(crate) is_direct: bool,
    pub(crate) members: Vec<(ParticipantId, u8)>,
    pub(crate) unread: u32,
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

/// A message of ours that the server has not confirmed.
pub(crate) struct Unsent {
    pub(crate) uuid: Uuid,
    pub(crate) body: String,
    pub(crate) at: UnixMillis,
    pub(crate) delivery: Delivery,
}

impl Rooms {
    /// Takes the list of own rooms; tells which ones are new here.
    pub(crate) fn set_list(&mut self, list: Vec<Room>) -> Vec<RoomId> {
        let listed: HashSet<RoomId> = list.iter().map(|room| room.id.clone()).collect();
        self.rooms.retain(|id, _| listed.contains(id));
        if self.open.as_ref().is_some_and(|open| !listed.contains(open)) {
            self.open = None;
        }
        let mut new = Vec::new();
        for room in list {
            match self.rooms.get_mut(&room.id) {
                Some(known) => known.name = room.name,
                None => {
                    new.push(room.id.clone());
                    self.rooms.insert(room.id.clone(), RoomData::new(room));
                }
            }
        }
        new
    }

    pub(crate) fn set_state(&mut self, state: RoomState) {
        self.set_members(&state.room.id, state.members);
        let is_open = self.open.as_ref() == Some(&state.room.id);
        if let Some(room) = self.rooms.get_mut(&state.room.id) {
            room.unread = if is_open { 0 } else { u32::try_from(state.unread_count).unwrap_or(u32::MAX) };
        }
    }

    fn set_members(&mut self, room_id: &RoomId, members: Vec<Member>) {
        let mut held = Vec::new();
        for member in members {
            self.people.insert(member.participant_id.clone(), member.participant.display_name);
            if member.membership == Membership::Join {
                held.push((member.participant_id, member.power_level.0));
            }
        }
        if let Some(room) = self.rooms.get_mut(room_id) {
            room.members = held;
        }
    }

    pub(crate) fn learn_person(&mut self, person: &Person) {
        self.people.insert(person.participant_id.clone(), person.display_name.clone());
    }

    pub(crate) fn person(&self, id: &ParticipantId) -> Person {
        let name = self.people.get(id).cloned().unwrap_or_else(|| "Someone".to_owned());
        Person { participant_id: id.clone(), display_name: name }
    }

    pub(crate) fn knows(&self, id: &ParticipantId) -> bool {
        self.people.contains_key(id)
    }

    pub(crate) fn get(&self, room: &RoomId) -> Option<&RoomData> {
        self.rooms.get(room)
    }

    pub(crate) fn get_mut(&mut self, room: &RoomId) -> Option<&mut RoomData> {
        self.rooms.get_mut(room)
    }

    pub(crate) fn name(&self, room: &RoomId) -> &str {
        self.rooms.get(room).map_or("a room", |room| &room.name)
    }

    /// The last active first.
    pub(crate) fn by_activity(&self) -> Vec<(&RoomId, &RoomData)> {
        let mut rooms: Vec<_> = self.rooms.iter().collect();
        rooms.sort_by(|(a_id, a), (b_id, b)| b.last_activity.cmp(&a.last_activity).then(a_id.cmp(b_id)));
        rooms
    }

    /// Shows a room; true if its past must be fetched first.
    pub(crate) fn open(&mut self, room_id: &RoomId) -> Option<bool> {
        let room = self.rooms.get_mut(room_id)?;
        room.unread = 0;
        self.open = Some(room_id.clone());
        let fetch = room.history == History::Unasked;
        if fetch {
            room.history = History::Asked;
        }
        Some(fetch)
    }

    /// Takes an event that just happened, or was missed while offline.
    pub(crate) fn add_live(&mut self, event: RoomEvent, me: &ParticipantId) {
        let (room_id, own) = (event.room_id.clone(), event.sender_id == *me);
        let is_open = self.open.as_ref() == Some(&room_id);
        let Some(room) = self.rooms.get_mut(&room_id) else { return };
        if event.event_type == EVENT_REDACTION {
            if let Ok(redaction) = RedactionContent::deserialize(&event.content) {
                room.redact(&redaction.event_id);
            }
            return;
        }
        if room.is_late_edit(&event) {
            return;
        }
        let is_message = event.event_type == scaiwave_wire::EVENT_MESSAGE;
        if own && is_message {
            room.confirm(&event);
        }
        if room.add(event) && is_message && !own && !is_open {
            room.unread = room.unread.saturating_add(1);
        }
    }

    /// A message was wiped.
    pub(crate) fn redact(&mut self, room: &RoomId, event: &EventId) {
        if let Some(room) = self.rooms.get_mut(room) {
            room.redact(event);
        }
    }

    /// Another device of ours has read on.
    pub(crate) fn read_elsewhere(&mut self, room: &RoomId, unread: u64) {
        if self.open.as_ref() != Some(room)
            && let Some(room) = self.rooms.get_mut(room)
        {
            room.unread = u32::try_from(unread).unwrap_or(u32::MAX);
        }
    }

    /// The last line of the room that is shown: what has been read.
    pub(crate) fn last_read(&self) -> Option<(RoomId, EventId)> {
        let room_id = self.open.clone()?;
        let last = self.rooms.get(&room_id)?.entries.values().next_back()?;
        Some((room_id, last.event_id.clone()))
    }

    /// The server took a message of ours, or did not.
    pub(crate) fn on_sent(&mut self, room: &RoomId, uuid: Uuid, result: Result<RoomEvent, String>) {
        let Some(room) = self.rooms.get_mut(room) else { return };
        match result {
            Ok(event) => room.sent(uuid, event),
            Err(reason) => room.not_sent(uuid, reason),
        }
    }

    pub(crate) fn add_history(&mut self, room: &RoomId, events: Vec<RoomEvent>) {
        let Some(room) = self.rooms.get_mut(room) else { return };
        for event in events {
            room.add(event);
        }
    }
}

impl RoomData {
    fn new(room: Room) -> Self {
        Self {
            name: room.name,
            is_direct: room.room_type == RoomType::Dm,
            members: Vec::new(),
            unread: 0,
            last_activity: UnixMillis(room.created_at.as_millisecond()),
            preview: None,
            entries: BTreeMap::new(),
            unsent: Vec::new(),
            history: History::Unasked,
        }
    }

    /// False for one that is here already or is not shown.
    fn add(&mut self, event: RoomEvent) -> bool {
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
    fn is_late_edit(&self, event: &RoomEvent) -> bool {
        let second = |at: UnixMillis| at.0.div_euclid(1000);
        event.edited_at.is_some()
            && self.entries.values().all(|entry| entry.event_id != event.id)
            && self.entries.values().next_back().is_some_and(|last| event.origin_ts < second(last.at))
    }

    fn redact(&mut self, event: &EventId) {
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

    fn sent(&mut self, uuid: Uuid, event: RoomEvent) {
        self.unsent.retain(|unsent| unsent.uuid != uuid);
        self.add(event);
    }

    fn not_sent(&mut self, uuid: Uuid, reason: String) {
        if let Some(unsent) = self.unsent.iter_mut().find(|unsent| unsent.uuid == uuid) {
            unsent.delivery = Delivery::Failed { reason };
        }
    }

    /// The server's echo of a message of ours may come before the answer to its sending.
    fn confirm(&mut self, event: &RoomEvent) {
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

fn preview(kind: &RoomEventKind) -> String {
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    fn room() -> Rooms {
        let room = json!({"id": "r", "name": "Team", "room_type": "group", "creator_id": "bob", "created_at": "2026-01-01T00:00:00Z"});
        let mut rooms = Rooms::default();
        rooms.set_list(vec![serde_json::from_value(room).unwrap()]);
        rooms
    }

    fn message(position: u64, sender: &str, body: &str) -> RoomEvent {
        serde_json::from_value(json!({
            "id": format!("evt-{position}"), "room_id": "r", "sender_id": sender, "event_type": "swp.room.message",
            "content": {"msgtype": "swp.text", "body": body}, "stream_position": position, "origin_ts": 1_800_000_000 + position,
        }))
        .unwrap()
    }

    #[test]
    fn an_echo_before_the_answer_is_one_line() {
        let (mut rooms, me) = (room(), "me".into());
        let uuid = rooms.get_mut(&"r".into()).unwrap().begin_send("hello", UnixMillis(1)).unwrap();
        rooms.add_live(message(5, "me", "hello"), &me);
        let data = rooms.get_mut(&"r".into()).unwrap();
        assert!(data.unsent.is_empty());
        data.sent(uuid, message(5, "me", "hello"));
        assert_eq!(data.entries.len(), 1);
    }

    #[test]
    fn a_failed_message_is_sent_again_as_the_same_one() {
        let mut rooms = room();
        let data = rooms.get_mut(&"r".into()).unwrap();
        let first = data.begin_send("hello", UnixMillis(1)).unwrap();
        assert_ne!(data.begin_send("hello", UnixMillis(2)), Some(first), "two of the same text on their way are two");
        data.not_sent(first, "offline".into());
        assert_eq!(data.begin_send("hello", UnixMillis(3)), Some(first));
        assert_eq!(data.unsent.len(), 2);
    }

    #[test]
    fn unread_counts_others_messages_in_rooms_that_are_not_open() {
        let (mut rooms, me) = (room(), "me".into());
        rooms.add_live(message(1, "bob", "one"), &me);
        rooms.add_live(message(1, "bob", "one"), &me);
        rooms.add_live(message(2, "me", "two"), &me);
        assert_eq!(rooms.get(&"r".into()).unwrap().unread, 1);
        assert_eq!(rooms.open(&"r".into()), Some(true));
        rooms.add_live(message(3, "bob", "three"), &me);
        let data = rooms.get(&"r".into()).unwrap();
        assert_eq!((data.unread, data.preview.as_deref()), (0, Some("three")));
        assert_eq!(rooms.open(&"r".into()), Some(false), "asked once");
    }

    #[test]
    fn an_edit_changes_its_line_and_a_redaction_takes_it_away() {
        let (mut rooms, me) = (room(), "me".into());
        rooms.add_live(message(1, "bob", "one"), &me);
        rooms.add_live(message(2, "bob", "two"), &me);
        let edited = |position: u64, of: u64, body: &str| RoomEvent {
            id: format!("evt-{of}").into(),
            origin_ts: 1_800_000_000 + of.cast_signed(),
            edited_at: Some("2027-02-01T00:00:00Z".parse().unwrap()),
            ..message(position, "bob", body)
        };
        rooms.add_live(edited(3, 1, "one, better"), &me);
        rooms.add_live(edited(4, 0, "older than what is here"), &me);
        let bodies = |rooms: &Rooms| -> Vec<String> {
            let entries = rooms.get(&"r".into()).unwrap().entries.values();
            entries.map(|entry| preview(&entry.kind)).collect()
        };
        assert_eq!(
            (bodies(&rooms), rooms.get(&"r".into()).unwrap().unread),
            (vec!["one, better".into(), "two".into()], 2)
        );
        let wiped = json!({"id": "evt-5", "room_id": "r", "sender_id": "bob", "event_type": "swp.room.redaction",
            "content": {"event_id": "evt-2", "redacted_by": "bob", "reason": null}, "stream_position": 5, "origin_ts": 1_800_000_005});
        rooms.add_live(serde_json::from_value(wiped).unwrap(), &me);
        assert_eq!(bodies(&rooms), ["one, better"]);
        assert_eq!(rooms.get(&"r".into()).unwrap().preview.as_deref(), Some("one, better"));
    }

    #[test]
    fn a_timeline_keeps_the_newest() {
        let mut rooms = room();
        let history = (1..=300).rev().map(|position| message(position, "bob", "x")).collect();
        rooms.add_history(&"r".into(), history);
        let data = rooms.get(&"r".into()).unwrap();
        assert_eq!((data.entries.len(), *data.entries.first_key_value().unwrap().0), (MAX_TIMELINE, 101));
        assert_eq!(data.unread, 0);
    }
}
