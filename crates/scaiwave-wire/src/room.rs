use call_model::{EventId, ParticipantId, PowerLevel, RoomId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Call;

/// A room as lists show it; `GET /v1/rooms` (ours: own rooms) and `GET /v1/directory/rooms`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Room {
    /// `room-…`
    pub id: RoomId,
    /// For a direct room the other person's name, as the caller sees it.
    #[cfg_attr(feature = "schema", schemars(example = &"Team"))]
    pub name: String,
    /// Fixed at creation.
    pub room_type: RoomType,
    /// May be unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(example = &"What we are at"))]
    pub topic: Option<String>,
    /// Every room lives in one workspace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(extend("examples" = [null])))]
    pub workspace_id: Option<String>,
    /// Who made it.
    pub creator_id: ParticipantId,
    /// When.
    pub created_at: Timestamp,
    /// Ours, in `GET /v1/rooms`: the live call, or null.
    #[serde(default)]
    pub active_call: Option<Call>,
}

/// What kind of room; unknown kinds are shown as groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RoomType {
    /// Several members.
    Group,
    /// Two members.
    Dm,
    /// Open to the tenant.
    Public,
    /// Leaves no trace; never federates.
    Incognito,
    /// An AI's side room.
    Sidekick,
    /// Bridged from elsewhere.
    Bridge,
    /// A kind this version does not know.
    #[serde(other)]
    #[cfg_attr(feature = "schema", schemars(skip))]
    Other,
}

/// Whether somebody is in a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Membership {
    /// A member.
    Join,
    /// Was one.
    Leave,
    /// Kept out.
    Ban,
    /// Asked in.
    Invite,
    /// Asks to be let in.
    Knock,
}

/// `GET /v1/rooms/{id}/members`, one row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Member {
    /// Who.
    pub participant_id: ParticipantId,
    /// In, out, …
    pub membership: Membership,
    /// 0, 50, 100.
    pub power_level: PowerLevel,
    /// Since when.
    pub joined_at: Timestamp,
    /// The person.
    pub participant: Participant,
}

/// A person of the directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Participant {
    /// A bare UUID for people.
    pub id: ParticipantId,
    /// The local name.
    #[cfg_attr(feature = "schema", schemars(example = &"alice"))]
    pub local_id: String,
    /// The home server.
    #[cfg_attr(feature = "schema", schemars(example = &"calls.example.org"))]
    pub server_name: String,
    /// As others see the person.
    #[cfg_attr(feature = "schema", schemars(example = &"Alice Adams"))]
    pub display_name: String,
    /// `human`, `model`, `agent`, …
    #[cfg_attr(feature = "schema", schemars(example = &"human"))]
    pub participant_type: String,
    /// May be unset.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(extend("examples" = [null])))]
    pub avatar_url: Option<String>,
}

/// `GET /v1/rooms/{id}/state`. The only documented place that reveals a running call, hence how a missed ring is found again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RoomState {
    /// The room.
    pub room: Room,
    /// Everybody in it.
    pub members: Vec<Member>,
    /// The live call, or null.
    pub active_call: Option<Call>,
    /// Unread messages.
    #[serde(default)]
    pub unread_count: u64,
    /// The caller's read marker.
    #[serde(default)]
    pub last_read_event_id: Option<EventId>,
    /// Muted by the caller until then.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(extend("examples" = [null])))]
    pub muted_until: Option<Timestamp>,
}
