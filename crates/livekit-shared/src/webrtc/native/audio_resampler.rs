//! Another sample rate, another number of channels.

use crate::{client::request, ffi, handle::OwnedHandle, proto};

/// Converts a stream of sound; one for each stream, as it keeps the samples between two frames.
pub struct AudioResampler {
    handle: Option<OwnedHandle>,
    output: Vec<i16>,
}

impl Default for AudioResampler {
    fn default() -> Self {
        let made = request!(NewAudioResampler, proto::NewAudioResamplerRequest {});
        if let Err(error) = &made {
            tracing::error!(%error, "no audio resampler");
        }
        Self { handle: made.ok().map(|made| OwnedHandle::adopt(&made.resampler.handle)), output: Vec::new() }
    }
}

impl AudioResampler {
    /// Converts 10 ms (`samples_per_channel` = `sample_rate` / 100, Hz). Empty if the frame is not that or the library is missing.
    pub fn remix_and_resample<'a>(
        &'a mut self,
        src: &[i16],
        samples_per_channel: u32,
        num_channels: u32,
        sample_rate: u32,
        dst_num_channels: u32,
        dst_sample_rate: u32,
    ) -> &'a [i16] {
        self.output.clear();
        let channels_fit = (1..=2).contains(&num_channels) && (1..=2).contains(&dst_num_channels);
        let rates_fit = [sample_rate, dst_sample_rate].iter().all(|rate| (8_000..=192_000).contains(rate));
        let needed = samples_per_channel as usize * num_channels as usize;
        if !channels_fit || !rates_fit || samples_per_channel != sample_rate / 100 || src.len() < needed {
            tracing::error!(sample_rate, num_channels, samples_per_channel, "not a frame of 10 ms to resample");
            return &self.output;
        }
        let Some(handle) = &self.handle else { return &self.output };
        let converted = request!(
            RemixAndResample,
            proto::RemixAndResampleRequest {
                resampler_handle: handle.id(),
                buffer: proto::AudioFrameBufferInfo {
                    data_ptr: src.as_ptr() as u64,
                    num_channels,
                    sample_rate,
                    samples_per_channel,
                },
                num_channels: dst_num_channels,
                sample_rate: dst_sample_rate,
            }
        );
        if let Ok(converted) = converted {
            let _handle = OwnedHandle::adopt(&converted.buffer.handle);
            self.output = ffi::copy_samples(&converted.buffer.info);
        }
        &self.output
    }
}
