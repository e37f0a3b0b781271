//! The timeline: events of rooms, in one rising order for the whole server.

use async_trait::async_trait;
use call_model::{EventId, ParticipantId, RoomId};
use scaiwave_wire::RoomEvent;
use serde_json::Value;
use uuid::Uuid;

use super::Stored;

/// An event to be kept.
#[derive(Clone, Debug)]
pub struct NewEvent<'a> {
    /// Where.
    pub room: &'a RoomId,
    /// Who.
    pub sender: &'a ParticipantId,
    /// `swp.room.message`, …
    pub event_type: &'a str,
    /// By type.
    pub content: Value,
    /// The same twice from the same sender is one event.
    pub event_uuid: Option<Uuid>,
}

/// What became of a new event.
#[derive(Clone, Debug)]
pub struct StoredEvent {
    /// As it is kept.
    pub event: RoomEvent,
    /// Whether it is new, or was there already.
    pub fresh: bool,
}

/// Timelines as they are.
#[async_trait]
pub trait Events {
    /// A page of a room's history: up to `limit` events beyond `from`, in the direction asked for.
    async fn history(&self, room: &RoomId, from: Option<u64>, backwards: bool, limit: u32) -> Stored<Vec<RoomEvent>>;

    /// What a person has not seen since a position, in stream order; of a room they left, up to their leaving.
    async fn events_since(&self, viewer: &ParticipantId, since: u64, limit: u32) -> Stored<Vec<RoomEvent>>;

    /// Where the stream stands.
    async fn stream_position(&self) -> Stored<u64>;
}

/// Timelines being written.
#[async_trait]
pub trait EventChanges {
    /// Keeps an event, within a transaction.
    async fn add_event(&mut self, new: NewEvent<'_>) -> Stored<StoredEvent>;

    /// Keeps the news that a message was edited, redacted or reacted to: it comes in sync, not in history. News of type
    /// `swp.room.message` is an edit, which sync shows as the message is by then.
    async fn add_news(&mut self, new: NewEvent<'_>, target: &EventId) -> Stored<RoomEvent>;

    /// An entry of a room's timeline, inside of the transaction that needs it.
    async fn entry_for_update(&mut self, room: &RoomId, id: &EventId) -> Stored<Option<RoomEvent>>;

    /// Gives a message other words; the first ones are kept aside.
    async fn edit_message(&mut self, id: &EventId, content: &Value) -> Stored<RoomEvent>;

    /// Wipes what a message said, and what was put to it.
    async fn wipe_message(&mut self, id: &EventId) -> Stored<RoomEvent>;
}
