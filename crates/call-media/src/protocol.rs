//! What crosses between the engine and its host: [`Request`] lines on the engine's stdin, [`Output`] lines on its stdout.
//!
//! A request is answered by exactly one [`Output::Reply`] with its id. State comes as events, always whole (all participants, all
//! devices), never as patches, so that nothing depends on having seen the one before. Lines are at most [`MAX_LINE_BYTES`].

use std::fmt;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

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

/// Where sound and picture come from and go to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaSetup {
    /// What is sent as the microphone.
    pub microphone: AudioInput,
    /// Where the mix is played.
    pub speaker: AudioOutput,
    /// What is sent as the camera.
    pub camera: VideoInput,
    /// Which clean-up runs on a real microphone; test sources bypass it.
    pub processing: AudioProcessing,
}

impl Default for MediaSetup {
    fn default() -> Self {
        Self {
            microphone: AudioInput::Device { id: None },
            speaker: AudioOutput::Device { id: None },
            camera: VideoInput::Device { id: None },
            processing: AudioProcessing::default(),
        }
    }
}

/// A source of sound.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "source", rename_all = "snake_case")]
pub enum AudioInput {
    /// A microphone; `None` follows the system's default.
    Device {
        /// Stable id.
        id: Option<String>,
    },
    /// A sine, for tests.
    Tone {
        /// Hertz.
        frequency: u32,
    },
    /// A WAV file (16-bit PCM), in a loop, for tests.
    File {
        /// Where it is.
        path: String,
    },
    /// Nothing: listen only.
    None,
}

/// Where the mix goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "sink", rename_all = "snake_case")]
pub enum AudioOutput {
    /// A speaker; `None` follows the system's default.
    Device {
        /// Stable id.
        id: Option<String>,
    },
    /// Mixed and measured, not played: agents and tests.
    Null,
}

/// A source of pictures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "source", rename_all = "snake_case")]
pub enum VideoInput {
    /// A camera; `None` takes the first.
    Device {
        /// Stable id.
        id: Option<String>,
    },
    /// A moving pattern with the capture time in it ([`crate::protocol::PATTERN`]), for tests.
    Pattern {
        /// Pixels.
        width: u32,
        /// Pixels.
        height: u32,
        /// Frames a second.
        fps: u32,
    },
    /// A Y4M file (4:2:0), in a loop, for tests.
    File {
        /// Where it is.
        path: String,
    },
    /// No camera.
    None,
}

/// The pattern camera's usual picture.
pub const PATTERN: VideoInput = VideoInput::Pattern { width: 1280, height: 720, fps: 30 };

/// Which stages clean the microphone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct AudioProcessing {
    /// Echo cancelling.
    pub echo_cancellation: bool,
    /// Noise suppression.
    pub noise_suppression: bool,
    /// Automatic gain.
    pub gain_control: bool,
}

impl Default for AudioProcessing {
    fn default() -> Self {
        Self { echo_cancellation: true, noise_suppression: true, gain_control: true }
    }
}

/// A kind of device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum DeviceKind {
    /// Sound in.
    Microphone,
    /// Sound out.
    Speaker,
    /// Picture in.
    Camera,
}

/// A device that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Device {
    /// What it is.
    pub kind: DeviceKind,
    /// Stable over restarts.
    pub id: String,
    /// For people.
    pub name: String,
    /// The system's default of its kind.
    pub is_default: bool,
    /// In use by this engine now.
    pub in_use: bool,
}

/// A picture that is drawn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VideoView {
    /// Chosen by the host; stands in each frame's header.
    pub view: u32,
    /// What is drawn.
    pub source: ViewSource,
    /// Of the tile, in device pixels; the frame comes scaled to fit within, aspect kept, even.
    pub width: u32,
    /// Of the tile, in device pixels.
    pub height: u32,
}

/// What a view shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "from", rename_all = "snake_case")]
pub enum ViewSource {
    /// Our own camera.
    LocalCamera,
    /// A remote track.
    Track {
        /// Track sid, as in [`Participant::camera`].
        sid: String,
    },
}

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

/// Where frames come from: `ws://127.0.0.1:{port}/`; the first message is the secret. See [`crate::frames`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrameEndpoint {
    /// On 127.0.0.1.
    pub port: u16,
    /// Random, per start.
    pub secret: Secret,
}

/// The connection to the SFU.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Connection {
    /// Under way.
    Connecting,
    /// In the call.
    Connected,
    /// Lost, the SDK tries to resume.
    Reconnecting,
    /// Out of the call.
    Disconnected {
        /// Why.
        reason: DisconnectReason,
    },
}

/// Why the call's connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DisconnectReason {
    /// We left.
    Left,
    /// The room was deleted: the call is over.
    RoomDeleted,
    /// Taken out by the server.
    Removed,
    /// The same identity joined elsewhere.
    DuplicateIdentity,
    /// The network or the SFU is gone.
    Lost,
}

/// Somebody in the call, as the engine sees them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Participant {
    /// The LiveKit identity.
    pub identity: String,
    /// Ourselves.
    pub is_local: bool,
    /// Their microphone.
    pub microphone: TrackState,
    /// Their camera.
    pub camera: TrackState,
    /// Above the speaking threshold now.
    pub speaking: bool,
    /// Loudness, 0.0 to 1.0 (RMS).
    pub level: f32,
    /// Of their connection.
    pub quality: Quality,
}

/// A track of somebody.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrackState {
    /// Its sid, if published.
    pub sid: Option<String>,
    /// Published and not muted.
    pub on: bool,
    /// Width and height of the last frame, for video.
    pub size: Option<(u32, u32)>,
}

/// Of a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Quality {
    /// Not measured yet.
    #[default]
    Unknown,
    /// Fine.
    Excellent,
    /// Fine enough.
    Good,
    /// Suffers.
    Poor,
    /// Gone.
    Lost,
}

/// What a person should know about their devices.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "notice", rename_all = "snake_case")]
pub enum Notice {
    /// Listen only.
    NoMicrophone {
        /// What to check.
        message: String,
    },
    /// Nothing is heard.
    NoSpeaker {
        /// What to check.
        message: String,
    },
    /// Not seen.
    NoCamera {
        /// What to check.
        message: String,
    },
    /// A device went away; the default is used now.
    DeviceLost {
        /// Which.
        name: String,
        /// Its kind.
        kind: DeviceKind,
    },
}

/// Counters since join.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Stats {
    /// Milliseconds from `Join` to connected.
    pub connect_ms: Option<u64>,
    /// One entry a remote track, the local ones too.
    pub tracks: Vec<TrackStats>,
    /// Frames on their way to the screen.
    pub views: Vec<ViewStats>,
    /// Samples that found a full or an empty ring, by stage name.
    pub audio_drops: Vec<(String, u64)>,
    /// Handles held in the SDK library.
    pub sdk_handles: u64,
}

/// One track.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TrackStats {
    /// Whose.
    pub identity: String,
    /// Which.
    pub sid: String,
    /// `audio` or `video`.
    pub kind: String,
    /// Frames decoded (video) or 10 ms frames received (audio).
    pub frames: u64,
    /// The last frame's size.
    pub size: Option<(u32, u32)>,
    /// Strongest frequency heard in the last second, Hz (audio; how tests know a tone).
    pub tone_hz: Option<u32>,
    /// RMS of the last second, 0.0 to 1.0 (audio).
    pub level: f32,
    /// Milliseconds from `Join` to the first frame or first sound.
    pub first_ms: Option<u64>,
    /// Capture → decoded here, by the time in the pattern, milliseconds p50 and p95.
    pub latency_ms: Option<(f32, f32)>,
}

/// One view.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ViewStats {
    /// The view.
    pub view: u32,
    /// Sent to the screen.
    pub sent: u64,
    /// Replaced by a newer one before they were sent.
    pub dropped: u64,
}
