//! What only the shared library has: loading it, checking it, and counting what is held in it.

use std::sync::atomic::Ordering;

pub use crate::library::{
    FFI_VERSION, LIBRARIES, LIBRARY_ENV, Library, LoadError, find_library, for_this_machine, load, verify,
};
use crate::{
    handle,
    webrtc::{audio_stream, video_stream},
};

/// The version of the library, once it is loaded.
pub fn version() -> Option<String> {
    crate::library::is_loaded().then(|| FFI_VERSION.to_owned())
}

/// How many objects of the library are held now: 0 after a call, when nothing of it is held any more.
pub fn live_handles() -> u64 {
    handle::live()
}

/// What fell out of streams' full queues since the start, over all streams.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DroppedFrames {
    /// Pictures.
    pub video: u64,
    /// Sound, of 10 ms each.
    pub audio: u64,
}

/// What fell out of streams' full queues.
pub fn dropped_frames() -> DroppedFrames {
    DroppedFrames {
        video: video_stream::DROPPED.load(Ordering::Relaxed),
        audio: audio_stream::DROPPED.load(Ordering::Relaxed),
    }
}
