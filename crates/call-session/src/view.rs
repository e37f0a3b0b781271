//! What a window (or the agent) sees of the session: one [`Snapshot`], always whole, and what it may ask for: [`UserCommand`].
//! TypeScript types are generated from these.

use call_media::protocol::{AudioProcessing, Device, DeviceKind, Quality};
use call_model::{CallId, CallType, DeviceId, EndReason, EventId, ParticipantId, RoomId, UnixMillis};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

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
    /// Not sent; [`UserCommand::SendMessage`] again.
    Failed {
        /// Why, for people.
        reason: String,
    },
}

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

/// What a person asks for.
#[derive(Clone, Serialize, Deserialize, TS)]
#[serde(tag = "command", rename_all = "snake_case")]
#[ts(export)]
pub enum UserCommand {
    /// Signs in by name and password.
    SignIn {
        /// `https://…`, or a bare host name.
        server: String,
        /// Local name.
        username: String,
        /// Not kept.
        password: String,
    },
    /// Leaves the call, forgets the tokens.
    SignOut,
    /// Shows a room.
    OpenRoom {
        /// Which.
        room_id: RoomId,
    },
    /// Writes into a room.
    SendMessage {
        /// Where.
        room_id: RoomId,
        /// Plain text.
        body: String,
    },
    /// Calls a room, or joins its running call.
    StartCall {
        /// Where.
        room_id: RoomId,
        /// Audio or video.
        call_type: CallType,
    },
    /// Answers a ring; leaves the present call first.
    Answer {
        /// Which.
        call_id: CallId,
        /// With the camera on.
        with_video: bool,
    },
    /// Rejects a ring.
    Reject {
        /// Which.
        call_id: CallId,
    },
    /// Leaves; the call goes on for the others. Before anybody answered, the caller's leave cancels the call.
    Leave,
    /// Ends it for everyone.
    EndForEveryone,
    /// Removes the ended call from the stage.
    DismissCall,
    /// Opens or closes the microphone.
    SetMicrophone {
        /// Open.
        on: bool,
    },
    /// Opens or closes the camera.
    SetCamera {
        /// Open.
        on: bool,
    },
    /// How loud somebody is here.
    SetVolume {
        /// The tile's identity.
        identity: String,
        /// 0.0 to 2.0.
        gain: f32,
    },
    /// Switches a device.
    SelectDevice {
        /// Kind.
        kind: DeviceKind,
        /// Which; none follows the system.
        device: Option<String>,
    },
    /// Looks which devices there are.
    RefreshDevices,
    /// Switches clean-up of the microphone.
    SetProcessing {
        /// Stages.
        processing: AudioProcessing,
    },
    /// Removes a message.
    DismissNotice {
        /// Which.
        #[ts(type = "number")]
        id: u64,
    },
    /// Which pictures are drawn now, whole.
    ShowVideo {
        /// Each with its size.
        tiles: Vec<DrawnTile>,
    },
}

/// A picture that a window draws.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct DrawnTile {
    /// Chosen by the window.
    pub view: u32,
    /// [`Tile::video`].
    pub video: String,
    /// Device pixels.
    pub width: u32,
    /// Device pixels.
    pub height: u32,
}

/// Why a command was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS, thiserror::Error)]
#[error("{message}")]
#[ts(export)]
pub struct UserError {
    /// `SW_…`, or ours in snake_case.
    pub code: String,
    /// Says what to do.
    pub message: String,
}
