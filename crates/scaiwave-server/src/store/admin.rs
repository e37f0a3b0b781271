//! What only the admin commands do to rooms: they see every room, and ask nobody's power level.

use async_trait::async_trait;
use call_model::{ParticipantId, PowerLevel, RoomId};

use super::Stored;

/// A room, as an administrator sees it.
#[derive(Clone, Debug)]
pub struct AnyRoom {
    /// Which.
    pub id: RoomId,
    /// What kind, as on the wire.
    pub room_type: String,
    /// Empty for a direct room.
    pub name: String,
    /// How many are in it.
    pub member_count: i64,
    /// Since when.
    pub created_at: jiff::Timestamp,
}

/// Rooms, whoever is in them.
#[async_trait]
pub trait Admin {
    /// Every room there is, or the one asked for.
    async fn every_room(&self, only: Option<&RoomId>) -> Stored<Vec<AnyRoom>>;

    /// Puts somebody into a room, or gives a member another power level.
    async fn admin_put_member(&self, room: &RoomId, who: &ParticipantId, power: PowerLevel) -> Stored<()>;

    /// Takes somebody out of a room; `false` if they were not in it.
    async fn admin_remove_member(&self, room: &RoomId, who: &ParticipantId) -> Stored<bool>;
}
