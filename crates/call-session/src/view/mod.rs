//! What a window (or the agent) sees of the session: one [`Snapshot`], always whole, and what it may ask for: [`UserCommand`].
//! TypeScript types are generated from these.

mod call;
mod command;
mod rooms;

use call_media::protocol::{AudioProcessing, Device};
use call_model::{ParticipantId, RoomId, UnixMillis};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

pub use call::*;
pub use command::*;
pub use rooms::*;

/// Everything a window shows. `revision` rises by one with each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Snapshot {
    /// Rising.
    #[ts(type = "number")]
    pub revision: u64,
    /// Who is signed in.
    pub account: Account,
    /// The event stream.
    pub link: Link,
    /// Own rooms, most recent first.
    pub rooms: Vec<RoomSummary>,
    /// The room that is open in the main window.
    pub open_room: Option<OpenRoom>,
    /// What rings for us now.
    pub rings: Vec<Ring>,
    /// The call we are in, are entering, or have just left.
    pub call: Option<CallView>,
    /// Short messages for the person, oldest first; each goes by [`UserCommand::DismissNotice`].
    pub notices: Vec<NoticeView>,
    /// Microphones, speakers, cameras; empty until asked for or in a call.
    pub devices: Vec<Device>,
    /// Clean-up of the microphone.
    pub processing: AudioProcessing,
}

/// Who is signed in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Account {
    /// Looking into the keyring.
    Starting,
    /// Nobody.
    SignedOut {
        /// The server last used.
        server: Option<String>,
        /// Why the last try failed, or why we were signed out.
        error: Option<String>,
    },
    /// Under way.
    SigningIn {
        /// Where.
        server: String,
    },
    /// Somebody.
    SignedIn {
        /// Ourselves.
        me: Person,
        /// Where.
        server: String,
        /// Where the tokens are kept; said plainly where there is no keyring.
        kept: TokenStorage,
    },
}

/// Where tokens are kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum TokenStorage {
    /// The system's keyring.
    Keyring,
    /// Memory only: asked again at the next start.
    Memory {
        /// Why, for people.
        reason: String,
    },
}

/// Somebody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Person {
    /// Their id.
    pub participant_id: ParticipantId,
    /// Their name.
    pub display_name: String,
}

/// The event stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Link {
    /// Not signed in.
    Idle,
    /// Under way.
    Connecting,
    /// Live.
    Online,
    /// Lost; tried again then.
    Offline {
        /// When the next try is.
        retry_at: UnixMillis,
        /// Why, for people.
        reason: String,
    },
}

/// A short message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct NoticeView {
    /// For dismissing.
    #[ts(type = "number")]
    pub id: u64,
    /// How bad.
    pub level: NoticeLevel,
    /// For people.
    pub text: String,
    /// Something to do about it: join or call back there.
    pub room_id: Option<RoomId>,
}

/// How bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum NoticeLevel {
    /// Good to know.
    Info,
    /// Missed call, listen only, …
    Warning,
    /// Something failed.
    Error,
}
