//! Where sound comes from: a microphone, or for tests a tone or a file.

use std::{
    f32::consts::TAU,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use super::{FRAME, RATE, device::Microphone};

/// What reading ten milliseconds came to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Read {
    /// The frame is filled.
    Frame,
    /// Not yet: ask again.
    Nothing,
    /// The device is gone.
    Lost,
}

/// A source of frames. `read` waits at most two frames' time.
pub(crate) trait AudioSource {
    fn read(&mut self, frame: &mut [i16; FRAME]) -> Read;

    /// Where clean-up would only damage a known signal, or where there is nothing to clean.
    fn is_test(&self) -> bool {
        true
    }

    /// Milliseconds between the sound and its frame, for the echo canceller.
    fn delay_ms(&self) -> u32 {
        0
    }
}

impl AudioSource for Microphone {
    fn read(&mut self, frame: &mut [i16; FRAME]) -> Read {
        self.read_frame(frame)
    }

    fn is_test(&self) -> bool {
        false
    }

    fn delay_ms(&self) -> u32 {
        self.latency_ms()
    }
}

/// Ten milliseconds by the clock.
pub(crate) struct Pace {
    next: Instant,
}

impl Pace {
    const STEP: Duration = Duration::from_millis(10);

    pub(crate) fn new() -> Self {
        Self { next: Instant::now() }
    }

    pub(crate) fn wait(&mut self) {
        let now = Instant::now();
        // after a suspend there is no point in making up for hours
        if now > self.next + 20 * Self::STEP {
            self.next = now;
        }
        thread::sleep(self.next.saturating_duration_since(now));
        self.next += Self::STEP;
    }
}

/// A sine at a fifth of full scale.
pub(crate) struct Tone {
    pace: Pace,
    step: f32,
    phase: f32,
}

impl Tone {
    pub(crate) fn new(frequency: u32) -> Self {
        Self { pace: Pace::new(), step: TAU * frequency as f32 / RATE as f32, phase: 0.0 }
    }
}

impl AudioSource for Tone {
    fn read(&mut self, frame: &mut [i16; FRAME]) -> Read {
        self.pace.wait();
        for sample in frame {
            *sample = (self.phase.sin() * 0.2 * 32_767.0) as i16;
            self.phase = (self.phase + self.step) % TAU;
        }
        Read::Frame
    }
}

/// A file in a loop, as mono at our rate.
pub(crate) struct Wav {
    pace: Pace,
    samples: Vec<i16>,
    at: usize,
}

/// Ten minutes: it is held in memory.
const LONGEST_WAV: u32 = 600;

impl Wav {
    pub(crate) fn open(path: &Path) -> Result<Self, String> {
        let fault = |error: hound::Error| format!("{}: {error}", path.display());
        let mut reader = hound::WavReader::open(path).map_err(fault)?;
        let spec = reader.spec();
        if spec.bits_per_sample != 16 || spec.sample_format != hound::SampleFormat::Int || spec.channels == 0 {
            return Err(format!("{}: only 16-bit PCM can be played", path.display()));
        }
        if reader.duration() == 0 || reader.duration() / spec.sample_rate.max(1) > LONGEST_WAV {
            return Err(format!("{}: must have sound, and at most ten minutes of it", path.display()));
        }
        let interleaved: Vec<i16> = reader.samples().collect::<Result<_, _>>().map_err(fault)?;
        let mono = interleaved
            .chunks_exact(spec.channels.into())
            .map(|frame| frame.iter().map(|&sample| f32::from(sample)).sum::<f32>() / f32::from(spec.channels));
        let mut mono = mono.fuse();
        let mut resampler = super::resample::Resampler::new(spec.sample_rate, RATE);
        let samples: Vec<i16> =
            std::iter::from_fn(|| resampler.next(|| mono.next())).map(|sample| sample as i16).collect();
        if samples.is_empty() {
            return Err(format!("{}: has no sound", path.display()));
        }
        Ok(Self { pace: Pace::new(), samples, at: 0 })
    }
}

impl AudioSource for Wav {
    fn read(&mut self, frame: &mut [i16; FRAME]) -> Read {
        self.pace.wait();
        for sample in frame {
            *sample = self.samples[self.at];
            self.at = (self.at + 1) % self.samples.len();
        }
        Read::Frame
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::audio::meter::Meter;

    #[test]
    fn a_stereo_file_at_another_rate_is_heard_as_the_tone_it_holds() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("tone.wav");
        let spec = hound::WavSpec {
            channels: 2,
            sample_rate: 22_050,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut writer = hound::WavWriter::create(&path, spec).expect("a file");
        for at in 0..22_050 {
            let sample = ((TAU * 500.0 * at as f32 / 22_050.0).sin() * 8_000.0) as i16;
            (0..2).for_each(|_| writer.write_sample(sample).expect("a sample"));
        }
        writer.finalize().expect("a whole file");
        let mut source = Wav::open(&path).expect("a readable file");
        let (mut frame, mut meter) = ([0; FRAME], Meter::default());
        for _ in 0..60 {
            assert_eq!(source.read(&mut frame), Read::Frame);
            meter.push(&frame);
        }
        assert_eq!(meter.tone_hz(), Some(500));
    }

    #[test]
    fn what_is_no_such_file_is_refused_with_its_name() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("noise.wav");
        std::fs::write(&path, b"RIFFnonsense").expect("written");
        assert!(Wav::open(&path).is_err_and(|error| error.contains("noise.wav")));
        assert!(Wav::open(Path::new("missing.wav")).is_err_and(|error| error.contains("missing.wav")));
    }
}
