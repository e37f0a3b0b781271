//! Sound as it goes in and comes out.

use std::borrow::Cow;

/// Interleaved signed 16-bit samples.
#[derive(Debug, Clone)]
pub struct AudioFrame<'a> {
    /// `num_channels * samples_per_channel` samples.
    pub data: Cow<'a, [i16]>,
    /// Hertz.
    pub sample_rate: u32,
    /// 1 for mono.
    pub num_channels: u32,
    /// Samples of one channel.
    pub samples_per_channel: u32,
}

impl AudioFrame<'_> {
    /// Silence.
    pub fn new(sample_rate: u32, num_channels: u32, samples_per_channel: u32) -> Self {
        let samples = num_channels as usize * samples_per_channel as usize;
        Self { data: vec![0; samples].into(), sample_rate, num_channels, samples_per_channel }
    }
}
