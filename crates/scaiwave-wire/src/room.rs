use call_model::{EventId, ParticipantId, PowerLevel, RoomId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Call;

/// The longest name of a room, in characters (ours).
pub const MAX_ROOM_NAME: usize = 200;
/// The longest topic of a room, in characters (ours).
pub const MAX_ROOM_TOPIC: usize = 2000;
/// The most people a room holds, invited ones included (ours).
pub const MAX_ROOM_MEMBERS: usize = 1000;

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
    /// Rooms of this server have no alias yet.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(extend("examples" = [null])))]
    pub room_alias: Option<String>,
    /// Ours: whether everybody of the tenant may join.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(example = false))]
    pub is_public: bool,
    /// Ours: open, archived or closed.
    #[serde(default)]
    pub state: RoomPhase,
    /// Ours: the caller's; absent for who was never in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub membership: Option<Membership>,
    /// Ours, in `GET /v1/rooms`: the live call, or null.
    #[serde(default)]
    pub active_call: Option<Call>,
}

/// `GET /v1/rooms/{id}`: a room with its size.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RoomDetails {
    /// The room.
    #[serde(flatten)]
    pub room: Room,
    /// How many are in it.
    #[cfg_attr(feature = "schema", schemars(example = 3))]
    pub member_count: u64,
}

/// Whether a room takes anything new.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RoomPhase {
    /// It does.
    #[default]
    Open,
    /// Not now; it can be opened again.
    Archived,
    /// Never again.
    Closed,
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
    /// What they want to be notified of.
    #[serde(default)]
    pub notification_mode: NotificationMode,
    /// Muted by them until then.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(extend("examples" = [null])))]
    pub muted_until: Option<Timestamp>,
    /// How an AI answers here; null for people.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(extend("examples" = [null])))]
    pub response_mode: Option<String>,
    /// The person.
    pub participant: Participant,
}

/// What somebody wants to be notified of in a room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum NotificationMode {
    /// Everything.
    All,
    /// Being mentioned.
    Mentions,
    /// Nothing.
    None,
    /// As the person's preferences say.
    #[default]
    Inherit,
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
    /// Everybody in it and everybody invited.
    pub members: Vec<Member>,
    /// The live call, or null.
    pub active_call: Option<Call>,
    /// Messages of others beyond the read marker; counted up to 1000 (ours).
    #[serde(default)]
    pub unread_count: u64,
    /// The caller's read marker.
    #[serde(default)]
    pub last_read_event_id: Option<EventId>,
    /// Muted by the caller until then.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(extend("examples" = [null])))]
    pub muted_until: Option<Timestamp>,
    /// Messages the caller put off; this server puts none off.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(extend("examples" = [[]])))]
    pub snoozed_event_ids: Vec<EventId>,
    /// How AIs take part; null where there are none.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(extend("examples" = [null])))]
    pub engagement: Option<serde_json::Value>,
    /// The AIs' plan, or null.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(extend("examples" = [null])))]
    pub plan: Option<serde_json::Value>,
    /// AIs at work in side rooms.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(extend("examples" = [[]])))]
    pub active_sidekicks: Vec<serde_json::Value>,
}
