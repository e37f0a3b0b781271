//! What a person asks for.

use call_media::protocol::{AudioProcessing, DeviceKind};
use call_model::{CallId, CallType, RoomId};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

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
    /// [`super::Tile::video`].
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
