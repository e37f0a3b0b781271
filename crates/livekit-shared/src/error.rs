//! Failures of a room, with the real crate's texts.

use std::borrow::Cow;

use crate::webrtc::RtcError;

/// The SFU's signalling failed; the text is the library's.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct SignalError(String);

/// A failure of the connection to the SFU.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The SFU is not reached, or refuses the token.
    #[error("signal failure: {0}")]
    Signal(#[from] SignalError),
    /// The media layer.
    #[error("internal webrtc failure")]
    Rtc(#[from] RtcError),
    /// Connecting or reconnecting.
    #[error("connection error: {0}")]
    Connection(Cow<'static, str>),
    /// Anything else.
    #[error("internal error: {0}")]
    Internal(Cow<'static, str>),
}

/// What a room's calls answer.
pub type RoomResult<T> = Result<T, RoomError>;

/// A failure of a room. The text is the same as with the real crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RoomError {
    /// The connection to the SFU.
    #[error("engine: {0}")]
    Engine(#[from] EngineError),
    /// The library's own word, where it fits nothing else.
    #[error("room failure: {0}")]
    Internal(String),
    /// The media layer, or the library is missing.
    #[error("rtc: {0}")]
    Rtc(#[from] RtcError),
    /// Published twice.
    #[error("this track or a track of the same source is already published")]
    TrackAlreadyPublished,
    /// The room was left before.
    #[error("already closed")]
    AlreadyClosed,
}

impl RoomError {
    /// The library sends errors as texts; their beginnings name the variant.
    pub(crate) fn from_text(text: String) -> Self {
        match text.strip_prefix("engine: ") {
            Some(engine) => Self::Engine(EngineError::from_text(engine)),
            None if text == Self::TrackAlreadyPublished.to_string() => Self::TrackAlreadyPublished,
            None if text == Self::AlreadyClosed.to_string() => Self::AlreadyClosed,
            None => match text.strip_prefix("rtc: ") {
                Some(rtc) => Self::Rtc(RtcError::internal(rtc)),
                None => Self::Internal(text.strip_prefix("room failure: ").unwrap_or(&text).to_owned()),
            },
        }
    }
}

impl EngineError {
    pub(crate) fn from_text(text: &str) -> Self {
        let rest = |prefix| text.strip_prefix(prefix).map(str::to_owned);
        if let Some(signal) = rest("signal failure: ") {
            Self::Signal(SignalError(signal))
        } else if let Some(connection) = rest("connection error: ") {
            Self::Connection(connection.into())
        } else {
            Self::Internal(rest("internal error: ").unwrap_or_else(|| text.to_owned()).into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_the_library_become_the_variants_they_were() {
        for text in [
            "engine: signal failure: client error: 401 - invalid token",
            "engine: connection error: wait_pc_connection timed out",
            "engine: internal error: gone",
            "room failure: no such room",
            "already closed",
            "this track or a track of the same source is already published",
        ] {
            assert_eq!(RoomError::from_text(text.to_owned()).to_string(), text);
        }
        let refused = RoomError::from_text("engine: signal failure: x".to_owned());
        assert!(matches!(refused, RoomError::Engine(EngineError::Signal(_))));
        assert!(matches!(RoomError::from_text("other".to_owned()), RoomError::Internal(text) if text == "other"));
    }
}
