//! Where the sound of a local track comes from.

/// What the library itself does to the sound.
#[derive(Default, Debug)]
pub struct AudioSourceOptions {
    /// Echo cancelling.
    pub echo_cancellation: bool,
    /// Noise suppression.
    pub noise_suppression: bool,
    /// Automatic gain.
    pub auto_gain_control: bool,
}

/// A source of any kind.
#[non_exhaustive]
#[derive(Debug, Clone)]
pub enum RtcAudioSource {
    /// Samples pushed by us.
    Native(native::NativeAudioSource),
}

impl RtcAudioSource {
    /// Hertz.
    pub fn sample_rate(&self) -> u32 {
        match self {
            Self::Native(source) => source.sample_rate(),
        }
    }

    /// 1 for mono.
    pub fn num_channels(&self) -> u32 {
        match self {
            Self::Native(source) => source.num_channels(),
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

    use super::AudioSourceOptions;
    use crate::{
        client::{call, request},
        handle::OwnedHandle,
        proto,
        webrtc::{RtcError, audio_frame::AudioFrame},
    };

    /// A source samples are pushed into. Clones are the same source.
    #[derive(Clone)]
    pub struct NativeAudioSource {
        handle: Option<Arc<OwnedHandle>>,
        sample_rate: u32,
        num_channels: u32,
        queue_size_ms: u32,
    }

    impl fmt::Debug for NativeAudioSource {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.debug_struct("NativeAudioSource").field("sample_rate", &self.sample_rate).finish()
        }
    }

    impl NativeAudioSource {
        /// `sample_rate` in Hz; `queue_size_ms` is how much sound it buffers: a multiple of 10, or 0 to send each frame of
        /// 10 ms at once. Without the library it takes no frames.
        pub fn new(
            options: AudioSourceOptions,
            sample_rate: u32,
            num_channels: u32,
            queue_size_ms: u32,
        ) -> NativeAudioSource {
            let made = check(sample_rate, num_channels, queue_size_ms).and_then(|()| {
                request!(
                    NewAudioSource,
                    proto::NewAudioSourceRequest {
                        r#type: proto::AudioSourceType::AudioSourceNative as i32,
                        options: Some(proto::AudioSourceOptions {
                            echo_cancellation: options.echo_cancellation,
                            noise_suppression: options.noise_suppression,
                            auto_gain_control: options.auto_gain_control,
                            prefer_hardware: None,
                        }),
                        sample_rate: Some(sample_rate),
                        num_channels: Some(num_channels),
                        queue_size_ms: Some(queue_size_ms),
                        platform_audio_handle: None,
                    }
                )
            });
            let handle = match made {
                Ok(made) => Some(Arc::new(OwnedHandle::adopt(&made.source.handle))),
                Err(error) => {
                    tracing::error!(%error, "no audio source");
                    None
                }
            };
            NativeAudioSource { handle, sample_rate, num_channels, queue_size_ms }
        }

        /// Throws away what is buffered.
        pub fn clear_buffer(&self) {
            if let Some(handle) = &self.handle
                && let Err(error) =
                    request!(ClearAudioBuffer, proto::ClearAudioBufferRequest { source_handle: handle.id() })
            {
                tracing::warn!(%error, "the audio source's buffer was not cleared");
            }
        }

        /// Sends sound of the source's own rate and channels; waits while the buffer is full. The samples are copied.
        pub async fn capture_frame(&self, frame: &AudioFrame<'_>) -> Result<(), RtcError> {
            let Some(handle) = &self.handle else { return Err(RtcError::invalid("the source has no library")) };
            self.check_frame(frame)?;
            let samples: Arc<[i16]> = Arc::from(&*frame.data);
            let buffer = proto::AudioFrameBufferInfo {
                data_ptr: samples.as_ptr() as u64,
                num_channels: frame.num_channels,
                sample_rate: frame.sample_rate,
                samples_per_channel: frame.samples_per_channel,
            };
            let request = |request_async_id| proto::CaptureAudioFrameRequest {
                source_handle: handle.id(),
                buffer,
                request_async_id,
            };
            // The library reads the samples until it answers, even if this future is dropped before.
            let answer: proto::CaptureAudioFrameCallback = call!(CaptureAudioFrame, request, Some(Box::new(samples)))?;
            answer.error.map_or(Ok(()), |error| Err(RtcError::invalid(error)))
        }

        fn check_frame(&self, frame: &AudioFrame<'_>) -> Result<(), RtcError> {
            if (frame.sample_rate, frame.num_channels) != (self.sample_rate, self.num_channels) {
                return Err(RtcError::invalid("sample_rate and num_channels don't match"));
            }
            if frame.data.is_empty()
                || frame.data.len() != frame.num_channels as usize * frame.samples_per_channel as usize
            {
                return Err(RtcError::invalid("the frame has another number of samples than it says"));
            }
            if self.queue_size_ms == 0 && frame.samples_per_channel != self.sample_rate / 100 {
                return Err(RtcError::invalid("an unbuffered source takes frames of 10 ms"));
            }
            Ok(())
        }

        /// Hertz.
        pub fn sample_rate(&self) -> u32 {
            self.sample_rate
        }

        /// 1 for mono.
        pub fn num_channels(&self) -> u32 {
            self.num_channels
        }

        pub(super) fn handle(&self) -> Option<u64> {
            self.handle.as_ref().map(|handle| handle.id())
        }
    }

    /// The library ends the process on what this refuses.
    fn check(sample_rate: u32, num_channels: u32, queue_size_ms: u32) -> Result<(), RtcError> {
        if !(8_000..=192_000).contains(&sample_rate) || !sample_rate.is_multiple_of(100) {
            return Err(RtcError::invalid("the sample rate must be 8 to 192 kHz in steps of 100 Hz"));
        }
        if !(1..=2).contains(&num_channels) {
            return Err(RtcError::invalid("one channel or two"));
        }
        if !queue_size_ms.is_multiple_of(10) || queue_size_ms > 10_000 {
            return Err(RtcError::invalid("the buffer must be a multiple of 10 ms, at most 10 s"));
        }
        Ok(())
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn what_would_end_the_process_is_refused_before() {
            assert!(check(48_000, 1, 100).is_ok());
            assert!(check(48_000, 1, 0).is_ok());
            for (rate, channels, queue) in
                [(0, 1, 100), (44_111, 1, 100), (48_000, 0, 100), (48_000, 3, 0), (48_000, 1, 15)]
            {
                assert!(check(rate, channels, queue).is_err(), "{rate} {channels} {queue}");
            }
        }

        #[tokio::test]
        async fn a_frame_must_be_what_it_says() {
            let source = NativeAudioSource { handle: None, sample_rate: 48_000, num_channels: 1, queue_size_ms: 0 };
            let good = AudioFrame::new(48_000, 1, 480);
            assert!(source.check_frame(&good).is_ok());
            assert!(source.check_frame(&AudioFrame::new(44_100, 1, 441)).is_err());
            assert!(source.check_frame(&AudioFrame::new(48_000, 1, 960)).is_err(), "20 ms into an unbuffered source");
            assert!(source.check_frame(&AudioFrame { samples_per_channel: 481, ..good.clone() }).is_err());
            assert!(source.capture_frame(&good).await.is_err(), "no library, no sound");
        }
    }
}
