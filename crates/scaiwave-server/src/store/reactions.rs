//! Emojis at messages.

use async_trait::async_trait;
use call_model::{EventId, ParticipantId};
use scaiwave_wire::RoomEvent;

use super::Stored;

/// People named at one emoji; the rest is counted.
pub(super) const MAX_NAMED: u32 = 100;

/// Reactions as they are.
#[async_trait]
pub trait Reactions {
    /// Adds to each event what people put to it.
    async fn with_reactions(&self, events: Vec<RoomEvent>) -> Stored<Vec<RoomEvent>>;
}

/// Reactions being put and taken away.
#[async_trait]
pub trait ReactionChanges {
    /// Adds to one event what people put to it, as a change leaves it.
    async fn with_reactions_in(&mut self, event: RoomEvent) -> Stored<RoomEvent>;

    /// Whether somebody put an emoji to an event.
    async fn has_reaction(&mut self, event: &EventId, sender: &ParticipantId, emoji: &str) -> Stored<bool>;

    /// How many different emojis an event would have with this one.
    async fn emojis_with(&mut self, event: &EventId, emoji: &str) -> Stored<u32>;

    /// Puts an emoji to an event.
    async fn add_reaction(&mut self, event: &EventId, sender: &ParticipantId, emoji: &str, position: u64)
    -> Stored<()>;

    /// Takes an emoji away.
    async fn remove_reaction(&mut self, event: &EventId, sender: &ParticipantId, emoji: &str) -> Stored<()>;
}
