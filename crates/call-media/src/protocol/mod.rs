//! What crosses between the engine and its host: [`Request`] lines on the engine's stdin, [`Output`] lines on its stdout.
//!
//! A request is answered by exactly one [`Output::Reply`] with its id. State comes as events, always whole (all participants, all
//! devices), never as patches, so that nothing depends on having seen the one before. Lines are at most [`MAX_LINE_BYTES`].

use std::fmt;

use serde::{Deserialize, Serialize};

mod media;
mod state;

pub use media::*;
pub use state::*;

/// A longer line is refused.
pub const MAX_LINE_BYTES: usize = 256 * 1024;

/// A command with the id its reply will carry.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Request {
    /// Chosen by the host, rising.
    pub id: u64,
    /// What to do.
    #[serde(flatten)]
    pub command: Command,
}

/// A text that `Debug` hides.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// What the host asks for.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case")]
pub enum Command {
    /// Loads the SDK and opens speaker and microphone, so that answering is instant. Sent while it still rings.
    Prepare {
        /// Where sound and picture come from and go to.
        media: MediaSetup,
    },
    /// Connects and publishes, microphone and camera muted or not as told. Prepares first if nobody did.
    Join {
        /// The SFU, `ws://` or `wss://`.
        url: String,
        /// The join token.
        token: Secret,
        /// Microphone open at join.
        microphone: bool,
        /// Camera open at join.
        camera: bool,
    },
    /// Leaves the call; the process stays.
    Leave,
    /// Mutes or unmutes the microphone.
    SetMicrophone {
        /// Heard by others.
        on: bool,
    },
    /// Mutes or unmutes the camera; off closes the device.
    SetCamera {
        /// Seen by others.
        on: bool,
    },
    /// How loud one participant is here, 0.0 to 2.0, 1.0 as sent.
    SetVolume {
        /// The LiveKit identity.
        identity: String,
        /// Linear gain.
        gain: f32,
    },
    /// Switches the clean-up of the microphone.
    SetProcessing {
        /// Which stages run.
        processing: AudioProcessing,
    },
    /// Takes another device, in the call too.
    SelectDevice {
        /// Microphone, speaker or camera.
        kind: DeviceKind,
        /// Which one; `None` follows the system's default.
        device: Option<String>,
    },
    /// Answers [`Reply::Devices`].
    ListDevices,
    /// All pictures that are drawn now, whole: each is sent at this size, any other is paused at the SFU.
    ShowVideo {
        /// At most [`MAX_VIEWS`].
        views: Vec<VideoView>,
    },
    /// Answers [`Reply::Stats`].
    Stats,
    /// Leaves and ends the process.
    Shutdown,
}

/// The most pictures drawn at once.
pub const MAX_VIEWS: usize = 49;

/// A line of the engine.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "output", rename_all = "snake_case")]
pub enum Output {
    /// Answers one request.
    Reply {
        /// The request's id.
        id: u64,
        /// Its result.
        result: Result<Reply, EngineError>,
    },
    /// Something happened.
    Event {
        /// What.
        event: Event,
    },
}

/// A command's result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "reply", rename_all = "snake_case")]
pub enum Reply {
    /// Done.
    Done,
    /// For [`Command::ListDevices`].
    Devices {
        /// All of them.
        devices: Vec<Device>,
    },
    /// For [`Command::Stats`].
    Stats {
        /// As of now.
        stats: Stats,
    },
}

/// Why a command failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct EngineError {
    /// For the host.
    pub code: EngineErrorCode,
    /// For a person: says what to check.
    pub message: String,
}

/// What failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EngineErrorCode {
    /// The line was no request.
    BadRequest,
    /// The SDK library is missing or another version.
    SdkUnavailable,
    /// The SFU could not be reached.
    Unreachable,
    /// The SFU refused the token: take a fresh one.
    TokenRefused,
    /// Needs a call.
    NotInCall,
    /// The device is missing or busy.
    Device,
    /// Anything else.
    Internal,
}

/// What happens in the engine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The first line: the process is up.
    Ready {
        /// Of this engine.
        version: String,
        /// Of the SDK library.
        sdk_version: String,
        /// Where frames come from.
        frames: FrameEndpoint,
    },
    /// The connection to the SFU changed.
    Connection {
        /// Now.
        state: Connection,
    },
    /// Everybody in the call, whole, at most ten times a second.
    Participants {
        /// Ourselves first.
        participants: Vec<Participant>,
    },
    /// The first frame of a track was decoded, or the first sound above silence heard.
    FirstMedia {
        /// The LiveKit identity.
        identity: String,
        /// Sound or picture.
        kind: MediaKind,
    },
    /// Devices came, went, or are used differently: all of them.
    Devices {
        /// All of them.
        devices: Vec<Device>,
    },
    /// Something a person should know, said once.
    Notice {
        /// What.
        notice: Notice,
    },
}

/// Sound or picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaKind {
    /// Sound.
    Audio,
    /// Picture.
    Video,
}
