//! Rings and the call stage.

use call_media::protocol::Quality;
use call_model::{CallId, CallType, DeviceId, EndReason, RoomId, UnixMillis};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::Person;

/// A call that rings for us.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Ring {
    /// Which.
    pub call_id: CallId,
    /// Where.
    pub room_id: RoomId,
    /// The room's name.
    pub room_name: String,
    /// Two people: show the caller alone.
    pub is_direct: bool,
    /// Who calls.
    pub caller: Person,
    /// Audio or video.
    pub call_type: CallType,
    /// When it stops by itself.
    pub expires_at: UnixMillis,
    /// With sound; false is the quiet form.
    pub audible: bool,
    /// In a window and a notification of its own; false for a ring that is only shown in the main window.
    pub pops_up: bool,
    /// We are in another call: answering ends it.
    pub ends_current_call: bool,
}

/// The call stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct CallView {
    /// Absent until the server has answered.
    pub call_id: Option<CallId>,
    /// Where.
    pub room_id: RoomId,
    /// The room's name.
    pub room_name: String,
    /// Audio or video.
    pub call_type: CallType,
    /// Where we are in it.
    pub phase: CallPhase,
    /// The timer: since the first answer.
    pub answered_at: Option<UnixMillis>,
    /// Our microphone is open.
    pub microphone_on: bool,
    /// Our camera is open.
    pub camera_on: bool,
    /// There is no microphone: the mute button says "listen only".
    pub listen_only: bool,
    /// May end it for everyone.
    pub can_end: bool,
    /// Ourselves first, then in order of joining.
    pub tiles: Vec<Tile>,
    /// People who are still being rung.
    pub ringing: Vec<Person>,
}

/// Where we are in the call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "phase", rename_all = "snake_case")]
pub enum CallPhase {
    /// We called; asking the server.
    Starting,
    /// We called; it rings at the others: ring-back.
    RingingOut,
    /// We answered or joined; media is on its way.
    Connecting,
    /// In.
    Connected,
    /// The media connection is lost and being mended.
    Reconnecting,
    /// Over; the stage shows why until dismissed.
    Ended {
        /// Why.
        outcome: CallOutcome,
    },
}

/// How a call went for us.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum CallOutcome {
    /// We left.
    Left,
    /// It ended for everyone.
    Ended {
        /// Why.
        reason: EndReason,
        /// Who ended it.
        by: Option<Person>,
    },
    /// Taken out: no longer a member, or the same device joined again.
    Removed,
    /// It could not be started, joined or kept.
    Failed {
        /// Why and what to do, for people.
        message: String,
    },
}

/// A tile of the stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Tile {
    /// Stable key: the LiveKit identity.
    pub identity: String,
    /// Whose.
    pub person: Person,
    /// Their device.
    pub device_id: DeviceId,
    /// Ourselves.
    pub is_local: bool,
    /// Their microphone is open.
    pub microphone_on: bool,
    /// Their camera is open: a picture can be drawn.
    pub camera_on: bool,
    /// What to ask for to draw it; absent while there is none. `local` for ourselves, else the track's sid.
    pub video: Option<String>,
    /// Speaking now.
    pub speaking: bool,
    /// Of their connection.
    pub quality: Quality,
    /// In the call by the server, media not there (yet, or any more).
    pub connecting: bool,
    /// Loudness here, 0.0 to 2.0.
    pub volume: f32,
}
