//! The types most users need.

pub use super::{
    RtcError, RtcErrorType,
    audio_frame::AudioFrame,
    audio_source::{AudioSourceOptions, RtcAudioSource},
    audio_track::RtcAudioTrack,
    peer_connection_factory::{ContinualGatheringPolicy, IceServer, IceTransportsType, RtcConfiguration},
    rtp_parameters::DegradationPreference,
    rtp_sender::VideoEncoderBackend,
    video_frame::{BoxVideoBuffer, BoxVideoFrame, I420Buffer, VideoBuffer, VideoBufferType, VideoFrame, VideoRotation},
    video_source::{RtcVideoSource, VideoResolution},
    video_track::RtcVideoTrack,
};
