//! How a track is published.

pub use crate::webrtc::{rtp_parameters::DegradationPreference, rtp_sender::VideoEncoderBackend};
use crate::{proto, room::track::TrackSource};

/// How pictures are coded.
#[derive(Debug, Copy, Clone, PartialEq, Eq)]
pub enum VideoCodec {
    /// In software everywhere.
    VP8,
    /// OpenH264 and FFmpeg in this library.
    H264,
    /// Scalable.
    VP9,
    /// Scalable.
    AV1,
    /// Not in this library: becomes VP8.
    H265,
}

impl VideoCodec {
    /// As in a MIME type.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::VP8 => "vp8",
            Self::H264 => "h264",
            Self::VP9 => "vp9",
            Self::AV1 => "av1",
            Self::H265 => "h265",
        }
    }
}

/// The most a video track may take.
#[derive(Debug, Clone)]
pub struct VideoEncoding {
    /// Bits a second.
    pub max_bitrate: u64,
    /// Frames a second.
    pub max_framerate: f64,
}

/// A size with what it needs.
#[derive(Debug, Clone)]
pub struct VideoPreset {
    /// The most it may take.
    pub encoding: VideoEncoding,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
}

impl VideoPreset {
    /// Pixels, bits a second, frames a second.
    pub const fn new(width: u32, height: u32, max_bitrate: u64, max_framerate: f64) -> Self {
        Self { width, height, encoding: VideoEncoding { max_bitrate, max_framerate } }
    }
}

/// The most an audio track may take.
#[derive(Debug, Clone)]
pub struct AudioEncoding {
    /// Bits a second.
    pub max_bitrate: u64,
}

/// What a kind of sound needs.
#[derive(Debug, Clone)]
pub struct AudioPreset {
    /// The most it may take.
    pub encoding: AudioEncoding,
}

impl AudioPreset {
    /// Bits a second.
    pub const fn new(max_bitrate: u64) -> Self {
        Self { encoding: AudioEncoding { max_bitrate } }
    }
}

/// What is attached to each frame.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FrameMetadataFeatures {
    /// The capture time.
    pub user_timestamp: bool,
    /// A number.
    pub frame_id: bool,
    /// Bytes.
    pub user_data: bool,
}

/// How a track is published; what is `None` the library chooses.
#[derive(Clone, Debug)]
pub struct TrackPublishOptions {
    /// The most a video track may take.
    pub video_encoding: Option<VideoEncoding>,
    /// The most an audio track may take.
    pub audio_encoding: Option<AudioEncoding>,
    /// How pictures are coded.
    pub video_codec: VideoCodec,
    /// Sends nothing while it is silent.
    pub dtx: bool,
    /// Sends sound twice, against loss.
    pub red: bool,
    /// Sends several sizes, so that each receiver gets its own.
    pub simulcast: bool,
    /// Not offered by the shared library: its own sizes are used.
    pub simulcast_layers: Option<Vec<VideoPreset>>,
    /// What it shows.
    pub source: TrackSource,
    /// Tracks of one stream are played in step.
    pub stream: String,
    /// Buffers sound before the connection stands.
    pub preconnect_buffer: bool,
    /// What is attached to each frame.
    pub frame_metadata_features: FrameMetadataFeatures,
    /// Which encoder to prefer.
    pub video_encoder: VideoEncoderBackend,
    /// Layers in one stream (VP9, AV1), such as `L3T3_KEY`.
    pub scalability_mode: Option<String>,
    /// What to keep when bandwidth is short.
    pub degradation_preference: Option<DegradationPreference>,
}

impl Default for TrackPublishOptions {
    fn default() -> Self {
        Self {
            video_encoding: None,
            audio_encoding: None,
            video_codec: VideoCodec::VP8,
            dtx: true,
            red: true,
            simulcast: true,
            simulcast_layers: None,
            source: TrackSource::Unknown,
            stream: String::new(),
            preconnect_buffer: false,
            frame_metadata_features: FrameMetadataFeatures::default(),
            video_encoder: VideoEncoderBackend::Auto,
            scalability_mode: None,
            degradation_preference: None,
        }
    }
}

impl TrackPublishOptions {
    pub(crate) fn to_wire(&self) -> proto::TrackPublishOptions {
        if self.simulcast_layers.is_some() {
            tracing::warn!("the shared SDK library has no simulcast layers of one's own; its defaults are used");
        }
        proto::TrackPublishOptions {
            video_encoding: self.video_encoding.as_ref().map(|encoding| proto::VideoEncoding {
                max_bitrate: encoding.max_bitrate,
                max_framerate: encoding.max_framerate,
            }),
            audio_encoding: self
                .audio_encoding
                .as_ref()
                .map(|encoding| proto::AudioEncoding { max_bitrate: encoding.max_bitrate }),
            video_codec: Some(codec_to_wire(self.video_codec) as i32),
            dtx: Some(self.dtx),
            red: Some(self.red),
            simulcast: Some(self.simulcast),
            source: Some(self.source.to_wire() as i32),
            stream: Some(self.stream.clone()),
            preconnect_buffer: Some(self.preconnect_buffer),
            frame_metadata_features: features_to_wire(self.frame_metadata_features),
            scalability_mode: self.scalability_mode.clone(),
            video_encoder: Some(encoder_to_wire(self.video_encoder) as i32),
            degradation_preference: self.degradation_preference.map(|kept| degradation_to_wire(kept) as i32),
        }
    }
}

fn codec_to_wire(codec: VideoCodec) -> proto::VideoCodec {
    match codec {
        VideoCodec::VP8 => proto::VideoCodec::Vp8,
        VideoCodec::H264 => proto::VideoCodec::H264,
        VideoCodec::VP9 => proto::VideoCodec::Vp9,
        VideoCodec::AV1 => proto::VideoCodec::Av1,
        VideoCodec::H265 => proto::VideoCodec::H265,
    }
}

fn features_to_wire(features: FrameMetadataFeatures) -> Vec<i32> {
    [
        (features.user_timestamp, proto::FrameMetadataFeature::FmfUserTimestamp),
        (features.frame_id, proto::FrameMetadataFeature::FmfFrameId),
        (features.user_data, proto::FrameMetadataFeature::FmfUserData),
    ]
    .into_iter()
    .filter(|(wanted, _)| *wanted)
    .map(|(_, feature)| feature as i32)
    .collect()
}

fn encoder_to_wire(encoder: VideoEncoderBackend) -> proto::VideoEncoderBackend {
    match encoder {
        VideoEncoderBackend::Auto => proto::VideoEncoderBackend::EncoderBackendAuto,
        VideoEncoderBackend::Software => proto::VideoEncoderBackend::EncoderBackendSoftware,
        VideoEncoderBackend::Hardware => proto::VideoEncoderBackend::EncoderBackendHardware,
        VideoEncoderBackend::Nvenc => proto::VideoEncoderBackend::EncoderBackendNvenc,
        VideoEncoderBackend::Vaapi => proto::VideoEncoderBackend::EncoderBackendVaapi,
        VideoEncoderBackend::VideoToolbox => proto::VideoEncoderBackend::EncoderBackendVideotoolbox,
        VideoEncoderBackend::PreEncoded => proto::VideoEncoderBackend::EncoderBackendPreEncoded,
    }
}

fn degradation_to_wire(kept: DegradationPreference) -> proto::DegradationPreference {
    match kept {
        DegradationPreference::Balanced => proto::DegradationPreference::Balanced,
        DegradationPreference::MaintainFramerate => proto::DegradationPreference::MaintainFramerate,
        DegradationPreference::MaintainResolution => proto::DegradationPreference::MaintainResolution,
        DegradationPreference::MaintainFramerateAndResolution => {
            proto::DegradationPreference::MaintainFramerateAndResolution
        }
    }
}

/// What kinds of sound need.
pub mod audio {
    use super::AudioPreset;

    /// A telephone.
    pub const TELEPHONE: AudioPreset = AudioPreset::new(12_000);
    /// Speech.
    pub const SPEECH: AudioPreset = AudioPreset::new(24_000);
    /// Music.
    pub const MUSIC: AudioPreset = AudioPreset::new(48_000);
}

/// What sizes of 16:9 need.
pub mod video {
    use super::VideoPreset;

    /// 320 × 180.
    pub const H180: VideoPreset = VideoPreset::new(320, 180, 160_000, 15.0);
    /// 640 × 360.
    pub const H360: VideoPreset = VideoPreset::new(640, 360, 450_000, 20.0);
    /// 1280 × 720.
    pub const H720: VideoPreset = VideoPreset::new(1280, 720, 1_700_000, 30.0);
    /// 1920 × 1080.
    pub const H1080: VideoPreset = VideoPreset::new(1920, 1080, 3_000_000, 30.0);
}
