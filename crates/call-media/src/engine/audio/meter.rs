//! How loud a sound is, whether somebody speaks, and which tone it is.

use std::f32::consts::TAU;

use super::{FRAME, RATE};

/// Above this (−40 dB) somebody speaks.
const SPEAKING: f32 = 0.01;
/// So long after the last loud frame somebody still speaks: the gaps between words.
const HANGOVER_FRAMES: u32 = 40;
/// Below this (−66 dB) a second of sound is silence and has no tone.
const SILENCE: f32 = 0.0005;
/// The tone is looked for in the sound at 8 kHz.
const DECIMATION: usize = 6;
const TONE_RATE: f32 = (RATE as usize / DECIMATION) as f32;
const LOWEST_TONE: u32 = 60;
const HIGHEST_TONE: u32 = 3_500;

/// The last second of a sound.
pub(crate) struct Meter {
    second: Box<[i16]>,
    next: usize,
    filled: usize,
    level: f32,
    hangover: u32,
}

impl Default for Meter {
    fn default() -> Self {
        Self { second: vec![0; RATE as usize].into(), next: 0, filled: 0, level: 0.0, hangover: 0 }
    }
}

impl Meter {
    pub(crate) fn push(&mut self, samples: &[i16]) {
        for &sample in samples {
            self.second[self.next] = sample;
            self.next = (self.next + 1) % self.second.len();
        }
        self.filled = (self.filled + samples.len()).min(self.second.len());
        let loudness = rms(samples.iter().copied());
        // rises at once, falls in about 100 ms
        self.level = if loudness > self.level { loudness } else { self.level + (loudness - self.level) * 0.1 };
        let frames = samples.len().div_ceil(FRAME) as u32;
        self.hangover = if loudness > SPEAKING { HANGOVER_FRAMES } else { self.hangover.saturating_sub(frames) };
    }

    /// Nothing comes any more: muted, paused or gone.
    pub(crate) fn reset(&mut self) {
        (self.next, self.filled, self.level, self.hangover) = (0, 0, 0.0, 0);
    }

    /// RMS of about the last 100 ms, 0.0 to 1.0.
    pub(crate) fn level(&self) -> f32 {
        self.level
    }

    pub(crate) fn speaking(&self) -> bool {
        self.hangover > 0
    }

    pub(crate) fn is_silent(&self) -> bool {
        self.level < SILENCE
    }

    /// RMS of the last second.
    pub(crate) fn second_level(&self) -> f32 {
        rms(self.in_order())
    }

    /// The strongest frequency of the last second.
    pub(crate) fn tone_hz(&self) -> Option<u32> {
        if self.filled < self.second.len() / 2 || self.second_level() < SILENCE {
            return None;
        }
        let samples: Vec<i16> = self.in_order().collect();
        let slow: Vec<f32> = samples
            .chunks_exact(DECIMATION)
            .map(|chunk| chunk.iter().map(|&sample| f32::from(sample)).sum::<f32>() / DECIMATION as f32)
            .collect();
        // coarse on the last fifth of it, where a bin is 5 Hz wide, then fine on all of it
        let recent = &slow[slow.len() - slow.len().min(TONE_RATE as usize / 5)..];
        let coarse = strongest(recent, (LOWEST_TONE..=HIGHEST_TONE).step_by(5))?;
        strongest(&slow, coarse.saturating_sub(5)..=coarse + 5)
    }

    fn in_order(&self) -> impl Iterator<Item = i16> {
        let (young, old) = self.second.split_at(self.next);
        let stale = self.second.len() - self.filled;
        old.iter().chain(young).copied().skip(stale)
    }
}

fn strongest(samples: &[f32], frequencies: impl Iterator<Item = u32>) -> Option<u32> {
    frequencies.map(|hz| (hz, goertzel(samples, hz as f32))).max_by(|(_, a), (_, b)| a.total_cmp(b)).map(|(hz, _)| hz)
}

/// The power of one frequency.
fn goertzel(samples: &[f32], hz: f32) -> f32 {
    let factor = 2.0 * (TAU * hz / TONE_RATE).cos();
    let (mut last, mut before) = (0.0, 0.0);
    for &sample in samples {
        (last, before) = (sample + factor * last - before, last);
    }
    last * last + before * before - factor * last * before
}

fn rms(samples: impl Iterator<Item = i16>) -> f32 {
    let (mut sum, mut count) = (0.0_f64, 0_u32);
    for sample in samples {
        sum += f64::from(sample) * f64::from(sample);
        count += 1;
    }
    if count == 0 { 0.0 } else { ((sum / f64::from(count)).sqrt() / 32_768.0) as f32 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sine(hz: f32, amplitude: f32, samples: usize) -> Vec<i16> {
        (0..samples).map(|at| ((TAU * hz * at as f32 / RATE as f32).sin() * amplitude * 32_767.0) as i16).collect()
    }

    #[test]
    fn a_tone_is_known_also_beside_a_weaker_one() {
        for hz in [100_u32, 440, 441, 1_000, 3_333] {
            let mut meter = Meter::default();
            let other = sine(777.0, 0.05, RATE as usize);
            let both: Vec<i16> = sine(hz as f32, 0.3, RATE as usize).iter().zip(other).map(|(a, b)| a + b).collect();
            both.chunks(FRAME).for_each(|frame| meter.push(frame));
            let heard = meter.tone_hz().expect("a tone");
            assert!(heard.abs_diff(hz) <= 1, "{heard} instead of {hz}");
        }
    }

    #[test]
    fn silence_has_no_tone_no_level_and_no_speaker() {
        let mut meter = Meter::default();
        (0..200).for_each(|_| meter.push(&[0; FRAME]));
        assert_eq!((meter.tone_hz(), meter.level(), meter.speaking()), (None, 0.0, false));
        assert!(meter.is_silent());
    }

    #[test]
    fn level_is_rms_and_speaking_outlasts_a_gap() {
        let mut meter = Meter::default();
        sine(440.0, 0.5, RATE as usize).chunks(FRAME).for_each(|frame| meter.push(frame));
        assert!((meter.second_level() - 0.3535).abs() < 0.002, "{}", meter.second_level());
        (0..HANGOVER_FRAMES - 1).for_each(|_| meter.push(&[0; FRAME]));
        assert!(meter.speaking());
        meter.push(&[0; FRAME]);
        assert!(!meter.speaking());
        meter.reset();
        assert_eq!(meter.second_level(), 0.0);
    }
}
