//! Where the pictures of a local track come from.

/// Pixels.
#[derive(Debug, Clone)]
pub struct VideoResolution {
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
}

impl Default for VideoResolution {
    fn default() -> Self {
        Self { width: 1280, height: 720 }
    }
}

/// A source of any kind.
#[non_exhaustive]
#[derive(Debug, Clone)]
pub enum RtcVideoSource {
    /// Pictures pushed by us.
    Native(native::NativeVideoSource),
}

impl RtcVideoSource {
    /// As given at its making.
    pub fn video_resolution(&self) -> VideoResolution {
        match self {
            Self::Native(source) => source.video_resolution(),
        }
    }

    pub(crate) fn handle(&self) -> Option<u64> {
        match self {
            Self::Native(source) => source.handle(),
        }
    }
}

/// Sources pushed by us.
pub mod native {
    use std::{fmt, sync::Arc};

    use super::VideoResolution;
    use crate::{
        client::request,
        handle::OwnedHandle,
        proto,
        webrtc::video_frame::{VideoBuffer, VideoFrame, VideoRotation},
    };

    /// A source pictures are pushed into. Clones are the same source.
    #[derive(Clone)]
    pub struct NativeVideoSource {
        handle: Option<Arc<OwnedHandle>>,
        resolution: VideoResolution,
    }

    impl fmt::Debug for NativeVideoSource {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.debug_struct("NativeVideoSource").field("resolution", &self.resolution).finish()
        }
    }

    impl Default for NativeVideoSource {
        fn default() -> Self {
            Self::new(VideoResolution::default(), false)
        }
    }

    impl NativeVideoSource {
        /// `is_screencast` keeps text sharp at the cost of frames. Without the library it takes no frames.
        pub fn new(resolution: VideoResolution, is_screencast: bool) -> Self {
            let made = request!(
                NewVideoSource,
                proto::NewVideoSourceRequest {
                    r#type: proto::VideoSourceType::VideoSourceNative as i32,
                    resolution: proto::VideoSourceResolution { width: resolution.width, height: resolution.height },
                    is_screencast: Some(is_screencast),
                }
            );
            let handle = match made {
                Ok(made) => Some(Arc::new(OwnedHandle::adopt(&made.source.handle))),
                Err(error) => {
                    tracing::error!(%error, "no video source");
                    None
                }
            };
            Self { handle, resolution }
        }

        /// Sends a picture; false if it was not taken. The library copies it before this returns, which can take 11 ms at
        /// 720p: call it on a thread of its own.
        pub fn capture_frame<T: AsRef<dyn VideoBuffer>>(&self, frame: &VideoFrame<T>) -> bool {
            let Some(handle) = &self.handle else { return false };
            let buffer = frame.buffer.as_ref();
            let converted;
            let picture = match buffer.as_i420() {
                Some(picture) => picture,
                None => {
                    converted = buffer.to_i420();
                    &converted
                }
            };
            let Some(info) = picture.describe() else { return false };
            let taken = request!(
                CaptureVideoFrame,
                proto::CaptureVideoFrameRequest {
                    source_handle: handle.id(),
                    buffer: info,
                    timestamp_us: frame.timestamp_us,
                    rotation: rotation_to_wire(frame.rotation) as i32,
                    metadata: frame.frame_metadata.clone().map(|metadata| proto::FrameMetadata {
                        user_timestamp: metadata.user_timestamp,
                        frame_id: metadata.frame_id,
                        user_data: metadata.user_data,
                    }),
                }
            );
            taken.is_ok()
        }

        /// As given at its making.
        pub fn video_resolution(&self) -> VideoResolution {
            self.resolution.clone()
        }

        pub(super) fn handle(&self) -> Option<u64> {
            self.handle.as_ref().map(|handle| handle.id())
        }
    }

    fn rotation_to_wire(rotation: VideoRotation) -> proto::VideoRotation {
        match rotation {
            VideoRotation::VideoRotation0 => proto::VideoRotation::VideoRotation0,
            VideoRotation::VideoRotation90 => proto::VideoRotation::VideoRotation90,
            VideoRotation::VideoRotation180 => proto::VideoRotation::VideoRotation180,
            VideoRotation::VideoRotation270 => proto::VideoRotation::VideoRotation270,
        }
    }
}
