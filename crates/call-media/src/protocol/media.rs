//! Devices, test sources, and what is drawn.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

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
