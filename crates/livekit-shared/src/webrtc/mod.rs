//! What the real crate re-exports from `libwebrtc`: frames, sources, streams, audio processing, statistics.

pub mod audio_frame;
pub mod audio_source;
pub mod audio_stream;
pub mod audio_track;
pub mod native;
pub mod peer_connection_factory;
pub mod prelude;
pub(crate) mod queue;
pub mod rtp_parameters;
pub mod rtp_sender;
pub mod stats;
pub(crate) mod stats_wire;
pub mod video_frame;
pub mod video_source;
pub mod video_stream;
pub mod video_track;

/// What kind of failure an [`RtcError`] is.
#[derive(Debug, Copy, Clone, PartialEq, Eq)]
pub enum RtcErrorType {
    /// Inside the library.
    Internal,
    /// A session description was refused.
    InvalidSdp,
    /// The call does not fit the object's state.
    InvalidState,
}

/// A failure of the media layer.
#[derive(thiserror::Error, Debug)]
#[error("an RtcError occurred: {error_type:?} - {message}")]
pub struct RtcError {
    /// What kind of failure.
    pub error_type: RtcErrorType,
    /// For the log.
    pub message: String,
}

impl RtcError {
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self { error_type: RtcErrorType::InvalidState, message: message.into() }
    }

    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self { error_type: RtcErrorType::Internal, message: message.into() }
    }
}
