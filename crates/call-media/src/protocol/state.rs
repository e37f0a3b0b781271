//! What the engine tells of the call.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{DeviceKind, Secret};

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
