//! WebRTC's audio processing: echo cancelling, gain, high-pass filter, noise suppression.

use crate::{
    client::request,
    handle::OwnedHandle,
    proto,
    webrtc::{RtcError, RtcErrorType},
};

/// Cleans a microphone. Not tied to a room.
pub struct AudioProcessingModule {
    handle: Option<OwnedHandle>,
}

impl AudioProcessingModule {
    /// With the stages told. Without the library every call on it is an error.
    pub fn new(
        echo_canceller_enabled: bool,
        gain_controller_enabled: bool,
        high_pass_filter_enabled: bool,
        noise_suppression_enabled: bool,
    ) -> Self {
        let made = request!(
            NewApm,
            proto::NewApmRequest {
                echo_canceller_enabled,
                gain_controller_enabled,
                high_pass_filter_enabled,
                noise_suppression_enabled,
            }
        );
        match made {
            Ok(made) => Self { handle: Some(OwnedHandle::adopt(&made.apm.handle)) },
            Err(error) => {
                tracing::error!(%error, "no audio processing");
                Self { handle: None }
            }
        }
    }

    /// Cleans what the microphone heard, in place: interleaved samples, a multiple of 10 ms. About 0.18 ms for each 10 ms.
    pub fn process_stream(&mut self, data: &mut [i16], sample_rate: i32, num_channels: i32) -> Result<(), RtcError> {
        let apm_handle = self.id()?;
        for (chunk, rate, channels) in frames(data, sample_rate, num_channels)? {
            let done = request!(
                ApmProcessStream,
                proto::ApmProcessStreamRequest {
                    apm_handle,
                    data_ptr: chunk.as_mut_ptr() as u64,
                    size: size_of_val(chunk) as u32,
                    sample_rate: rate,
                    num_channels: channels,
                }
            )?;
            check(done.error)?;
        }
        Ok(())
    }

    /// Shows it what is played, so that its echo can be taken out: a multiple of 10 ms.
    pub fn process_reverse_stream(
        &mut self,
        data: &mut [i16],
        sample_rate: i32,
        num_channels: i32,
    ) -> Result<(), RtcError> {
        let apm_handle = self.id()?;
        for (chunk, rate, channels) in frames(data, sample_rate, num_channels)? {
            let done = request!(
                ApmProcessReverseStream,
                proto::ApmProcessReverseStreamRequest {
                    apm_handle,
                    data_ptr: chunk.as_mut_ptr() as u64,
                    size: size_of_val(chunk) as u32,
                    sample_rate: rate,
                    num_channels: channels,
                }
            )?;
            check(done.error)?;
        }
        Ok(())
    }

    /// Milliseconds from a sample's playing to its echo's recording, as far as known.
    pub fn set_stream_delay_ms(&mut self, delay_ms: i32) -> Result<(), RtcError> {
        let apm_handle = self.id()?;
        let done = request!(ApmSetStreamDelay, proto::ApmSetStreamDelayRequest { apm_handle, delay_ms })?;
        check(done.error)
    }

    fn id(&self) -> Result<u64, RtcError> {
        self.handle.as_ref().map(OwnedHandle::id).ok_or_else(|| RtcError::invalid("audio processing has no library"))
    }
}

/// Cuts samples into frames of 10 ms; what is left over is an error, before anything is processed.
fn frames(
    data: &mut [i16],
    sample_rate: i32,
    num_channels: i32,
) -> Result<impl Iterator<Item = (&mut [i16], u32, u32)>, RtcError> {
    let (rate, channels) = match (u32::try_from(sample_rate), u32::try_from(num_channels)) {
        (Ok(rate @ 8_000..=384_000), Ok(channels @ 1..=8)) if rate.is_multiple_of(100) => (rate, channels),
        _ => return Err(RtcError::invalid("8 to 384 kHz in steps of 100 Hz, one to eight channels")),
    };
    let frame = (rate / 100 * channels) as usize;
    if data.is_empty() || !data.len().is_multiple_of(frame) {
        return Err(RtcError::invalid(format!("{} samples are not a multiple of 10 ms ({frame})", data.len())));
    }
    Ok(data.chunks_exact_mut(frame).map(move |chunk| (chunk, rate, channels)))
}

fn check(error: Option<String>) -> Result<(), RtcError> {
    match error {
        None => Ok(()),
        Some(message) => Err(RtcError { error_type: RtcErrorType::Internal, message }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_frames_of_10_ms_cross() {
        let mut samples = vec![0; 960];
        assert_eq!(frames(&mut samples, 48_000, 1).expect("two frames").count(), 2);
        assert_eq!(frames(&mut samples, 48_000, 2).expect("one stereo frame").count(), 1);
        assert!(frames(&mut samples[..959], 48_000, 1).is_err());
        assert!(frames(&mut [], 48_000, 1).is_err());
        assert!(frames(&mut samples, 0, 1).is_err());
        assert!(frames(&mut samples, 48_000, -1).is_err());
    }
}
