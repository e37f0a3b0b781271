//! The sound of a track.

use std::sync::atomic::AtomicU64;

use super::{audio_frame::AudioFrame, queue::FrameQueue};
use crate::{ffi, proto};

/// Frames that fell out of a full queue, of all streams.
pub(crate) static DROPPED: AtomicU64 = AtomicU64::new(0);

/// Between the library's threads and a stream.
pub(crate) struct AudioQueue(FrameQueue<AudioFrame<'static>>);

impl AudioQueue {
    pub(crate) fn new(capacity: Option<usize>) -> Self {
        Self(FrameQueue::new(capacity, &DROPPED))
    }

    /// Copies the samples: 10 ms are a kilobyte, and no handle has to outlive the callback.
    pub(crate) fn receive(&self, info: &proto::AudioFrameBufferInfo) {
        self.0.push(AudioFrame {
            data: ffi::copy_samples(info).into(),
            sample_rate: info.sample_rate,
            num_channels: info.num_channels,
            samples_per_channel: info.samples_per_channel,
        });
    }

    pub(crate) fn end(&self) {
        self.0.end();
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

    use super::AudioQueue;
    use crate::{
        client::request,
        handle::OwnedHandle,
        proto, router,
        webrtc::{RtcError, audio_frame::AudioFrame, audio_track::RtcAudioTrack},
    };

    const DEFAULT_QUEUE_FRAMES: usize = 10;

    /// How a stream buffers.
    #[derive(Clone, Debug, Default)]
    pub struct NativeAudioStreamOptions {
        /// Frames of 10 ms that wait; `None` is ten.
        pub queue_size_frames: Option<usize>,
    }

    /// The decoded sound of a track in frames of 10 ms. It ends with the track.
    pub struct NativeAudioStream {
        stream: Option<OwnedHandle>,
        queue: Arc<AudioQueue>,
        track: RtcAudioTrack,
    }

    impl NativeAudioStream {
        /// Converted to `sample_rate` (Hz) and `num_channels`. Holds at most ten frames of 10 ms, the newest.
        pub fn new(audio_track: RtcAudioTrack, sample_rate: i32, num_channels: i32) -> Self {
            Self::with_options(audio_track, sample_rate, num_channels, NativeAudioStreamOptions::default())
        }

        /// Converted to `sample_rate` (Hz) and `num_channels`. Holds at most `queue_size_frames` frames of 10 ms, the newest.
        pub fn with_options(
            audio_track: RtcAudioTrack,
            sample_rate: i32,
            num_channels: i32,
            options: NativeAudioStreamOptions,
        ) -> Self {
            let queue_size_frames = Some(options.queue_size_frames.unwrap_or(DEFAULT_QUEUE_FRAMES));
            let queue = Arc::new(AudioQueue::new(queue_size_frames));
            let stream = match open(&audio_track, sample_rate, num_channels, queue_size_frames) {
                Ok(stream) => {
                    router::register_audio(stream.id(), Arc::clone(&queue));
                    Some(stream)
                }
                Err(error) => {
                    tracing::error!(%error, "no audio stream");
                    queue.end();
                    None
                }
            };
            Self { stream, queue, track: audio_track }
        }

        /// Whose sound.
        pub fn track(&self) -> RtcAudioTrack {
            self.track.clone()
        }

        /// Ends it; queued sound is dropped.
        pub fn close(&mut self) {
            if let Some(stream) = self.stream.take() {
                router::forget_audio(stream.id());
            }
            self.queue.0.close();
        }
    }

    fn open(track: &RtcAudioTrack, rate: i32, channels: i32, capacity: Option<usize>) -> Result<OwnedHandle, RtcError> {
        let (rate, channels) = match (u32::try_from(rate), u32::try_from(channels)) {
            (Ok(rate @ 8_000..=192_000), Ok(channels @ 1..=2)) => (rate, channels),
            _ => return Err(RtcError::invalid("sound comes at 8 to 192 kHz, mono or stereo")),
        };
        let made = request!(
            NewAudioStream,
            proto::NewAudioStreamRequest {
                track_handle: track.core.handle()?,
                r#type: proto::AudioStreamType::AudioStreamNative as i32,
                sample_rate: Some(rate),
                num_channels: Some(channels),
                audio_filter_module_id: None,
                audio_filter_options: None,
                frame_size_ms: None,
                queue_size_frames: capacity.and_then(|capacity| u32::try_from(capacity).ok()),
            }
        )?;
        Ok(OwnedHandle::adopt(&made.stream.handle))
    }

    impl Drop for NativeAudioStream {
        fn drop(&mut self) {
            self.close();
        }
    }

    impl Stream for NativeAudioStream {
        type Item = AudioFrame<'static>;

        fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<AudioFrame<'static>>> {
            self.queue.0.poll(context)
        }
    }
}
