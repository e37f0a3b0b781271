//! The one place that knows which of its two forms the SDK has: the shared library, or the real crate that the same source must
//! type-check against.

use crate::protocol::{EngineError, EngineErrorCode};

use super::stdio::fault;

/// Loads the SDK; its version.
#[cfg(not(feature = "static-sdk"))]
pub(crate) fn load() -> Result<String, EngineError> {
    use livekit_shared::shared;
    shared::load().map_err(|error| fault(EngineErrorCode::SdkUnavailable, error.to_string()))?;
    shared::version().ok_or_else(|| fault(EngineErrorCode::SdkUnavailable, "the SDK library does not say its version"))
}

/// Handles held in the library.
#[cfg(not(feature = "static-sdk"))]
pub(crate) fn live_handles() -> u64 {
    livekit_shared::shared::live_handles()
}

#[cfg(feature = "static-sdk")]
pub(crate) fn load() -> Result<String, EngineError> {
    let version = super::livekit::SDK_VERSION;
    if version.is_empty() { Err(fault(EngineErrorCode::SdkUnavailable, "no version")) } else { Ok(version.to_owned()) }
}

#[cfg(feature = "static-sdk")]
pub(crate) fn live_handles() -> u64 {
    0
}
