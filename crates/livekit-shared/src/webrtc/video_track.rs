//! The picture behind an video track.

use std::sync::Arc;

use crate::room::track_core::TrackCore;

/// What a [`NativeVideoStream`](super::video_stream::native::NativeVideoStream) looks at.
#[derive(Clone, Debug)]
pub struct RtcVideoTrack {
    pub(crate) core: Arc<TrackCore>,
}

impl RtcVideoTrack {
    /// Whether pictures flow.
    pub fn enabled(&self) -> bool {
        self.core.is_enabled()
    }

    /// Lets pictures flow or not, here only. True if that changed something. Local tracks are muted instead.
    pub fn set_enabled(&self, enabled: bool) -> bool {
        self.core.set_enabled(enabled)
    }
}
