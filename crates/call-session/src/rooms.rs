//! Own rooms, the people in them, and their timelines.

mod room;

use std::collections::{HashMap, HashSet};

use call_model::{EventId, ParticipantId, RoomId};
use scaiwave_wire::{EVENT_REDACTION, Member, Membership, RedactionContent, Room, RoomEvent, RoomState};
use serde::Deserialize;
use uuid::Uuid;

pub(crate) use self::room::{Entry, History, RoomData, Unsent, timeline_event};
use crate::view::Person;

/// Everything known of rooms.
#[derive(Default)]
pub(crate) struct Rooms {
    rooms: HashMap<RoomId, RoomData>,
    people: HashMap<ParticipantId, String>,
    /// Shown in the main window.
    pub(crate) open: Option<RoomId>,
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

    /// Who is in a room.
    pub(crate) fn set_state(&mut self, state: RoomState) {
        self.set_members(&state.room.id, state.members);
    }

    /// What a look into a room showed, all of one moment; what came live since is on top of it.
    pub(crate) fn set_looked_into(&mut self, state: RoomState, newest: Vec<RoomEvent>, me: &ParticipantId) {
        let room_id = state.room.id.clone();
        let is_open = self.open.as_ref() == Some(&room_id);
        let counted = u32::try_from(state.unread_count).unwrap_or(u32::MAX);
        self.set_state(state);
        let Some(room) = self.rooms.get_mut(&room_id) else { return };
        room.counted_to = newest.iter().map(|event| event.stream_position).max().unwrap_or(room.counted_to);
        for event in newest {
            room.add(event);
        }
        let since = room.entries.range(room.counted_to.saturating_add(1)..);
        let since = since.filter(|(_, entry)| entry.is_message() && entry.sender != *me).count();
        room.unread = if is_open { 0 } else { counted.saturating_add(u32::try_from(since).unwrap_or(u32::MAX)) };
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
        let uncounted = event.stream_position > room.counted_to;
        if room.add(event) && is_message && uncounted && !own && !is_open {
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use call_model::UnixMillis;
    use serde_json::json;

    use super::{
        room::{MAX_TIMELINE, preview},
        *,
    };

    fn room_json() -> serde_json::Value {
        json!({"id": "r", "name": "Team", "room_type": "group", "creator_id": "bob", "created_at": "2026-01-01T00:00:00Z"})
    }

    fn room() -> Rooms {
        let mut rooms = Rooms::default();
        rooms.set_list(vec![serde_json::from_value(room_json()).unwrap()]);
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
    fn a_message_that_the_server_counted_is_not_counted_again() {
        let (mut rooms, me) = (room(), "me".into());
        let looked = |rooms: &mut Rooms, unread: u64, newest: u64| {
            let state = json!({ "room": room_json(), "members": [], "active_call": null, "unread_count": unread });
            rooms.set_looked_into(serde_json::from_value(state).unwrap(), vec![message(newest, "bob", "x")], &me);
            rooms.get(&"r".into()).unwrap().unread
        };
        rooms.add_live(message(2, "bob", "came before the look was answered"), &me);
        assert_eq!(looked(&mut rooms, 2, 2), 2);
        rooms.add_live(message(1, "bob", "counted, and late"), &me);
        rooms.add_live(message(3, "bob", "new"), &me);
        assert_eq!(rooms.get(&"r".into()).unwrap().unread, 3);
        assert_eq!(looked(&mut rooms, 2, 2), 3, "an older look does not forget what is newer");
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
