//! Rooms, as each person sees them.

use async_trait::async_trait;
use call_model::{ParticipantId, PowerLevel, RoomId};
use scaiwave_wire::{Membership, RoomPhase, RoomType, Timestamp};

use super::{Person, Stored};

/// A room, as somebody sees it.
#[derive(Clone, Debug)]
pub struct RoomRow {
    /// Which.
    pub id: RoomId,
    /// What kind.
    pub room_type: RoomType,
    /// For a direct room the other person's name.
    pub name: String,
    /// May be unset.
    pub topic: Option<String>,
    /// May be unset.
    pub workspace_id: Option<String>,
    /// Whether everybody of the tenant may join.
    pub is_public: bool,
    /// Open, archived or closed.
    pub phase: RoomPhase,
    /// Who made it.
    pub creator_id: ParticipantId,
    /// When.
    pub created_at: Timestamp,
    /// How many are in it.
    pub member_count: u64,
    /// The viewer's membership, if there ever was one.
    pub membership: Option<Membership>,
    /// The viewer's rights.
    pub power: PowerLevel,
}

/// A room to be made.
#[derive(Clone, Debug)]
pub struct NewRoom<'a> {
    /// Whose.
    pub tenant_id: &'a str,
    /// What kind.
    pub room_type: RoomType,
    /// Empty for a direct room.
    pub name: &'a str,
    /// May be unset.
    pub topic: Option<&'a str>,
    /// May be unset.
    pub workspace_id: Option<&'a str>,
    /// Whether everybody of the tenant may join.
    pub is_public: bool,
    /// With their rights; the first one makes it.
    pub members: &'a [(ParticipantId, PowerLevel)],
}

/// What the directory is asked for.
#[derive(Clone, Debug, Default)]
pub struct RoomFilter {
    /// Part of the name or topic.
    pub text: Option<String>,
    /// What kind.
    pub room_type: Option<RoomType>,
    /// How many at most.
    pub limit: u32,
    /// How many to leave out first.
    pub offset: u32,
}

/// The two of a direct room, in one order: what tells it from others.
pub(super) fn direct_key(a: &ParticipantId, b: &ParticipantId) -> String {
    let (first, second) = if a <= b { (a, b) } else { (b, a) };
    format!("{first} {second}")
}

/// Rooms as they are.
#[async_trait]
pub trait Rooms {
    /// The open rooms somebody is in.
    async fn rooms_of(&self, viewer: &ParticipantId) -> Stored<Vec<RoomRow>>;

    /// The rooms somebody is in that are open, archived or closed.
    async fn rooms_in_phase(&self, viewer: &ParticipantId, phase: RoomPhase) -> Stored<Vec<RoomRow>>;

    /// One room, if the viewer is in it.
    async fn room_of(&self, viewer: &ParticipantId, id: &RoomId) -> Stored<Option<RoomRow>>;

    /// The open rooms somebody may see, public ones and own ones; and how many there are in all.
    async fn directory(&self, viewer: &Person, filter: &RoomFilter) -> Stored<(Vec<RoomRow>, u64)>;

    /// Adds a room with its members; the first one made it.
    async fn add_room(
        &self,
        room_type: RoomType,
        name: &str,
        members: &[(ParticipantId, PowerLevel)],
    ) -> Stored<RoomId>;

    /// The direct room of two people, if they have one.
    async fn direct_room(&self, a: &ParticipantId, b: &ParticipantId) -> Stored<Option<RoomId>>;
}

/// Rooms being made and changed.
#[async_trait]
pub trait RoomChanges {
    /// One room of somebody's tenant, in it or not, inside of the transaction that will change it.
    async fn room_for_update(&mut self, viewer: &Person, id: &RoomId) -> Stored<Option<RoomRow>>;

    /// Adds a room with its members, within a transaction.
    async fn insert_room(&mut self, new: &NewRoom<'_>) -> Stored<RoomId>;

    /// The direct room of two people, inside of the transaction that will make it otherwise.
    async fn direct_room_for_update(&mut self, a: &ParticipantId, b: &ParticipantId) -> Stored<Option<RoomId>>;

    /// Gives a room another name.
    async fn set_room_name(&mut self, id: &RoomId, name: &str) -> Stored<()>;

    /// Gives a room another topic, or none.
    async fn set_room_topic(&mut self, id: &RoomId, topic: Option<&str>) -> Stored<()>;

    /// Opens, archives or closes a room.
    async fn set_room_phase(&mut self, id: &RoomId, phase: RoomPhase) -> Stored<()>;
}
