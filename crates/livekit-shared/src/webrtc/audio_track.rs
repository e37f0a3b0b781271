//! The sound behind an audio track.

use std::sync::Arc;

use crate::room::track_core::TrackCore;

/// What a [`NativeAudioStream`](super::audio_stream::native::NativeAudioStream) listens to.
#[derive(Clone, Debug)]
pub struct RtcAudioTrack {
    pub(crate) core: Arc<TrackCore>,
}

impl RtcAudioTrack {
    /// Whether sound flows.
    pub fn enabled(&self) -> bool {
        self.core.is_enabled()
    }

    /// Lets sound flow or not, here only. True if that changed something. Local tracks are muted instead.
    pub fn set_enabled(&self, enabled: bool) -> bool {
        self.core.set_enabled(enabled)
    }
}
