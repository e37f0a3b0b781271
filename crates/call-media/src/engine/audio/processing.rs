//! The SDK's audio processing: takes what the speaker plays out of the microphone, then noise, then levels.

use std::sync::Arc;

use parking_lot::Mutex;
use tracing::warn;

use super::{FRAME, RATE};
use crate::{engine::livekit::webrtc::native::apm::AudioProcessingModule, protocol::AudioProcessing};

/// Shared by the microphone's thread and the mixer's; neither is a device's callback, and each holds it for a fifth of a millisecond.
#[derive(Clone, Default)]
pub(crate) struct Processing(Arc<Mutex<Stages>>);

#[derive(Default)]
struct Stages {
    wanted: Option<AudioProcessing>,
    module: Option<AudioProcessingModule>,
}

impl Processing {
    /// Switches stages; all off is no module at all.
    pub(crate) fn set(&self, wanted: AudioProcessing) {
        let mut stages = self.0.lock();
        if stages.wanted == Some(wanted) {
            return;
        }
        let AudioProcessing { echo_cancellation, noise_suppression, gain_control } = wanted;
        let any = echo_cancellation || noise_suppression || gain_control;
        // the high-pass filter goes with echo cancelling, as everywhere: rumble confuses it
        stages.module = any
            .then(|| AudioProcessingModule::new(echo_cancellation, gain_control, echo_cancellation, noise_suppression));
        stages.wanted = Some(wanted);
    }

    /// Frees the module.
    pub(crate) fn clear(&self) {
        *self.0.lock() = Stages::default();
    }

    /// Cleans a frame of the microphone.
    pub(crate) fn near_end(&self, frame: &mut [i16; FRAME], delay_ms: i32) {
        if let Some(module) = &mut self.0.lock().module {
            let result = module
                .set_stream_delay_ms(delay_ms)
                .and_then(|()| module.process_stream(frame.as_mut_slice(), RATE as i32, 1));
            if let Err(error) = result {
                warn!(%error, "a frame of the microphone was not cleaned");
            }
        }
    }

    /// Tells what the speaker is about to play.
    pub(crate) fn far_end(&self, frame: &mut [i16; FRAME]) {
        if let Some(module) = &mut self.0.lock().module
            && let Err(error) = module.process_reverse_stream(frame.as_mut_slice(), RATE as i32, 1)
        {
            warn!(%error, "the echo canceller did not take what is played");
        }
    }
}
