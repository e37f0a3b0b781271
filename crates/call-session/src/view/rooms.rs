//! Rooms and their timelines.

use call_model::{CallId, CallType, EndReason, EventId, RoomId, UnixMillis};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::Person;

/// A room in the list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct RoomSummary {
    /// Which.
    pub room_id: RoomId,
    /// Its name; of a direct room, the other person's.
    pub name: String,
    /// Two people.
    pub is_direct: bool,
    /// Messages since it was last open.
    pub unread: u32,
    /// The badge of a running call.
    pub active_call: Option<CallBadge>,
    /// Of the last message or call, for sorting.
    pub last_activity: UnixMillis,
    /// One line of the last message.
    pub preview: Option<String>,
}

/// A running call, in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CallBadge {
    /// Which.
    pub call_id: CallId,
    /// Audio or video.
    pub call_type: CallType,
    /// People in it.
    pub people: u32,
    /// We are in it on this device.
    pub joined_here: bool,
    /// When it started.
    pub started_at: UnixMillis,
}

/// The room in the main window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct OpenRoom {
    /// Which.
    pub room_id: RoomId,
    /// Its name.
    pub name: String,
    /// Two people.
    pub is_direct: bool,
    /// Everybody in it.
    pub members: Vec<MemberView>,
    /// Oldest first; at most the last 200.
    pub timeline: Vec<TimelineEntry>,
    /// Under way: nothing to show yet.
    pub loading: bool,
}

/// A member of the open room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct MemberView {
    /// Who.
    pub person: Person,
    /// 0, 50, 100.
    pub power_level: u8,
}

/// A line of a room's timeline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct TimelineEntry {
    /// The event; of a message not yet sent, its UUID.
    pub event_id: EventId,
    /// Who.
    pub sender: Person,
    /// By ourselves.
    pub is_own: bool,
    /// When.
    pub at: UnixMillis,
    /// What.
    pub item: TimelineItem,
}

/// What a timeline entry is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum TimelineItem {
    /// A text.
    Message {
        /// Plain.
        body: String,
        /// On its way, sent, or not sent.
        delivery: Delivery,
    },
    /// A call was started.
    CallStarted {
        /// Which.
        call_id: CallId,
        /// Audio or video.
        call_type: CallType,
    },
    /// A call ended.
    CallEnded {
        /// Which.
        call_id: CallId,
        /// Audio or video.
        call_type: CallType,
        /// Why.
        reason: EndReason,
        /// From the first answer.
        #[ts(type = "number")]
        duration_ms: u64,
        /// We were rung and did not answer.
        missed: bool,
    },
}

/// Of a message of ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Delivery {
    /// With the server.
    Sent,
    /// On its way.
    Sending,
    /// Not sent; [`super::UserCommand::SendMessage`] again.
    Failed {
        /// Why, for people.
        reason: String,
    },
}
