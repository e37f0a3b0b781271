//! The pictures of a track.

use std::sync::atomic::AtomicU64;

use super::{
    queue::FrameQueue,
    video_frame::{BoxVideoFrame, FrameMetadata, I420Buffer, VideoFrame, VideoRotation},
};
use crate::{handle::OwnedHandle, proto};

/// Pictures that fell out of a full queue, of all streams.
pub(crate) static DROPPED: AtomicU64 = AtomicU64::new(0);

/// Between the library's threads and a stream.
pub(crate) struct VideoQueue(FrameQueue<BoxVideoFrame>);

impl VideoQueue {
    pub(crate) fn new(capacity: Option<usize>) -> Self {
        Self(FrameQueue::new(capacity, &DROPPED))
    }

    pub(crate) fn receive(&self, handle: OwnedHandle, frame: &proto::VideoFrameReceived) {
        match I420Buffer::from_library(handle, &frame.buffer.info) {
            Some(buffer) => self.0.push(VideoFrame {
                rotation: rotation_from_wire(frame.rotation()),
                timestamp_us: frame.timestamp_us,
                frame_metadata: frame.metadata.as_ref().map(|metadata| FrameMetadata {
                    user_timestamp: metadata.user_timestamp,
                    frame_id: metadata.frame_id,
                    user_data: metadata.user_data.clone(),
                }),
                buffer: Box::new(buffer),
            }),
            None => tracing::error!("a picture of the SDK library does not add up"),
        }
    }

    pub(crate) fn end(&self) {
        self.0.end();
    }
}

fn rotation_from_wire(rotation: proto::VideoRotation) -> VideoRotation {
    match rotation {
        proto::VideoRotation::VideoRotation0 => VideoRotation::VideoRotation0,
        proto::VideoRotation::VideoRotation90 => VideoRotation::VideoRotation90,
        proto::VideoRotation::VideoRotation180 => VideoRotation::VideoRotation180,
        proto::VideoRotation::VideoRotation270 => VideoRotation::VideoRotation270,
    }
}

/// Streams read by us.
pub mod native {
    use std::{
        pin::Pin,
        sync::Arc,
        task::{Context, Poll},
    };

    use futures_util::Stream;

    use super::VideoQueue;
    use crate::{
        client::request,
        handle::OwnedHandle,
        proto, router,
        webrtc::{RtcError, video_frame::BoxVideoFrame, video_track::RtcVideoTrack},
    };

    const DEFAULT_QUEUE_FRAMES: usize = 1;

    /// How a stream buffers.
    #[derive(Clone, Debug, Default)]
    pub struct NativeVideoStreamOptions {
        /// Pictures that wait; `None` is one.
        pub queue_size_frames: Option<usize>,
    }

    /// The decoded pictures of a track, as I420 in the library's memory: drop them soon. It ends with the track.
    pub struct NativeVideoStream {
        stream: Option<OwnedHandle>,
        queue: Arc<VideoQueue>,
        track: RtcVideoTrack,
    }

    impl NativeVideoStream {
        /// Holds one picture: the newest.
        pub fn new(video_track: RtcVideoTrack) -> Self {
            Self::with_options(video_track, NativeVideoStreamOptions::default())
        }

        /// Holds at most `queue_size_frames` pictures, the newest.
        pub fn with_options(video_track: RtcVideoTrack, options: NativeVideoStreamOptions) -> Self {
            let queue_size_frames = Some(options.queue_size_frames.unwrap_or(DEFAULT_QUEUE_FRAMES));
            let queue = Arc::new(VideoQueue::new(queue_size_frames));
            let stream = match open(&video_track, queue_size_frames) {
                Ok(stream) => {
                    router::register_video(stream.id(), Arc::clone(&queue));
                    Some(stream)
                }
                Err(error) => {
                    tracing::error!(%error, "no video stream");
                    queue.end();
                    None
                }
            };
            Self { stream, queue, track: video_track }
        }

        /// Whose pictures.
        pub fn track(&self) -> RtcVideoTrack {
            self.track.clone()
        }

        /// Ends it; queued pictures are dropped.
        pub fn close(&mut self) {
            if let Some(stream) = self.stream.take() {
                router::forget_video(stream.id());
            }
            self.queue.0.close();
        }
    }

    fn open(track: &RtcVideoTrack, capacity: Option<usize>) -> Result<OwnedHandle, RtcError> {
        let track_handle = track.core.handle()?;
        let made = request!(
            NewVideoStream,
            proto::NewVideoStreamRequest {
                track_handle,
                r#type: proto::VideoStreamType::VideoStreamNative as i32,
                format: Some(proto::VideoBufferType::I420 as i32),
                normalize_stride: Some(false),
                queue_size_frames: capacity.and_then(|capacity| u32::try_from(capacity).ok()),
            }
        )?;
        Ok(OwnedHandle::adopt(&made.stream.handle))
    }

    impl Drop for NativeVideoStream {
        fn drop(&mut self) {
            self.close();
        }
    }

    impl Stream for NativeVideoStream {
        type Item = BoxVideoFrame;

        fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<BoxVideoFrame>> {
            self.queue.0.poll(context)
        }
    }
}
