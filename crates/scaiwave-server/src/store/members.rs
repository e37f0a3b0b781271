//! Who is in a room, and what they set there for themselves.

use std::collections::HashMap;

use async_trait::async_trait;
use call_model::{EventId, ParticipantId, PowerLevel, RoomId, server::Attention};
use scaiwave_wire::{Membership, NotificationMode, Timestamp};

use super::{Person, Stored};

/// Messages beyond a read marker are counted up to here.
pub(super) const MAX_UNREAD: u32 = 1000;

/// Somebody in a room.
#[derive(Clone, Debug)]
pub struct RoomMember {
    /// Who.
    pub person: Person,
    /// Rights.
    pub power: PowerLevel,
    /// In, out, …
    pub membership: Membership,
    /// Who made it so; unset for rooms of older servers.
    pub changed_by: Option<ParticipantId>,
    /// Whether they were in it before they left.
    pub was_in: bool,
    /// Since when.
    pub joined_at: Timestamp,
    /// What they want to be notified of.
    pub notification_mode: NotificationMode,
    /// Muted by them until then.
    pub muted_until: Option<Timestamp>,
    /// `human`, `agent`, …
    pub participant_type: String,
}

/// Where somebody has read up to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadState {
    /// The last one read, if anything was ever marked.
    pub event: Option<EventId>,
    /// Messages of others beyond it.
    pub unread: u64,
}

/// Memberships as they are.
#[async_trait]
pub trait Members {
    /// Everybody in a room.
    async fn members(&self, id: &RoomId) -> Stored<Vec<RoomMember>>;

    /// Everybody in a room, everybody invited, and on demand everybody kept out.
    async fn listed_members(&self, id: &RoomId, banned: bool) -> Stored<Vec<RoomMember>>;

    /// Somebody's row in a room, in it or not.
    async fn member(&self, room: &RoomId, who: &ParticipantId) -> Stored<Option<RoomMember>>;

    /// Where a member has read up to.
    async fn read_state(&self, room: &RoomId, who: &ParticipantId) -> Stored<ReadState>;

    /// What a room's members are occupied with when it rings: each fact is filled here and nowhere else.
    async fn attention(&self, room: &RoomId) -> Stored<HashMap<ParticipantId, Attention>>;
}

/// Memberships being changed.
#[async_trait]
pub trait MemberChanges {
    /// Somebody's row in a room, in it or not, inside of the transaction that will change it.
    async fn member_for_update(&mut self, room: &RoomId, who: &ParticipantId) -> Stored<Option<RoomMember>>;

    /// Who is in a room, as a change leaves it.
    async fn member_ids(&mut self, room: &RoomId) -> Stored<Vec<ParticipantId>>;

    /// How many are in a room or invited.
    async fn places_taken(&mut self, room: &RoomId) -> Stored<usize>;

    /// Who follows when the last owner leaves: the highest and longest member, unless there is another owner.
    async fn heir(&mut self, room: &RoomId) -> Stored<Option<ParticipantId>>;

    /// Whether somebody else owns the room, too.
    async fn has_other_owner(&mut self, room: &RoomId, than: &ParticipantId) -> Stored<bool>;

    /// Says whether somebody is in a room, and with which rights.
    async fn put_member(
        &mut self,
        room: &RoomId,
        who: &ParticipantId,
        membership: Membership,
        power: PowerLevel,
        by: &ParticipantId,
    ) -> Stored<()>;

    /// Somebody came in with an event: what was said before counts as read.
    async fn came_at(&mut self, room: &RoomId, who: &ParticipantId, position: u64) -> Stored<()>;

    /// Somebody who was in it went with an event, the last one that sync shows them.
    async fn went_at(&mut self, room: &RoomId, who: &ParticipantId, position: u64) -> Stored<()>;

    /// Sets somebody's rights.
    async fn set_power(&mut self, room: &RoomId, who: &ParticipantId, power: PowerLevel) -> Stored<()>;

    /// Sets what somebody wants to be notified of.
    async fn set_notification_mode(&mut self, room: &RoomId, who: &ParticipantId, mode: NotificationMode)
    -> Stored<()>;

    /// Mutes a room for somebody, or no longer.
    async fn set_muted_until(&mut self, room: &RoomId, who: &ParticipantId, until: Option<Timestamp>) -> Stored<()>;

    /// Moves somebody's read marker forwards; `false` if it stands there or further already.
    async fn set_read_marker(
        &mut self,
        room: &RoomId,
        who: &ParticipantId,
        event: &EventId,
        position: u64,
    ) -> Stored<bool>;
}
