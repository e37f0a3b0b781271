//! Sound processing outside of a call.

pub mod apm;
pub mod audio_resampler;
