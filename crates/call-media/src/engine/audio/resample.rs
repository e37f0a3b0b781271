//! From a device's rate to ours and back, sample by sample, for use inside a callback: no allocation, no block size.
//!
//! Cubic interpolation. Nearly every device runs at 48 kHz and never gets here; a headset at 16 or 44.1 kHz does, and for a voice
//! the difference to a long filter is not heard. A resampling library wants whole blocks, and with them more latency.

/// Four points and where between the middle two we are.
#[derive(Debug)]
pub(crate) struct Resampler {
    /// Input samples per output sample.
    step: f64,
    /// 0.0 to 1.0, between `points[1]` and `points[2]`.
    position: f64,
    points: [f32; 4],
}

impl Resampler {
    pub(crate) fn new(from: u32, to: u32) -> Self {
        Self { step: f64::from(from) / f64::from(to), position: 1.0, points: [0.0; 4] }
    }

    /// The next output sample; `input` is asked for as many input samples as it takes. `None` when it has none: try again later.
    pub(crate) fn next(&mut self, mut input: impl FnMut() -> Option<f32>) -> Option<f32> {
        if self.step == 1.0 {
            return input();
        }
        while self.position >= 1.0 {
            let sample = input()?;
            self.points.rotate_left(1);
            self.points[3] = sample;
            self.position -= 1.0;
        }
        let sample = hermite(self.points, self.position as f32);
        self.position += self.step;
        Some(sample)
    }
}

fn hermite([a, b, c, d]: [f32; 4], at: f32) -> f32 {
    let slope = (c - a) / 2.0;
    let bend = a - 2.5 * b + 2.0 * c - d / 2.0;
    let twist = (d - a) / 2.0 + 1.5 * (b - c);
    ((twist * at + bend) * at + slope) * at + b
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f32::consts::TAU;

    #[test]
    fn a_sine_stays_that_sine_at_every_usual_rate() {
        for (from, to) in [(48_000, 44_100), (44_100, 48_000), (16_000, 48_000), (48_000, 16_000), (48_000, 48_000)] {
            let mut resampler = Resampler::new(from, to);
            let mut at = 0;
            let out: Vec<f32> = (0..to)
                .map(|_| {
                    resampler
                        .next(|| {
                            at += 1;
                            Some((TAU * 440.0 * at as f32 / from as f32).sin())
                        })
                        .expect("there is always input")
                })
                .collect();
            assert!((at as i64 - i64::from(from)).abs() <= 3, "takes a second of input for a second of output: {at}");
            let rising = out.windows(2).skip(10).filter(|pair| pair[0] <= 0.0 && pair[1] > 0.0).count();
            assert!((438..=441).contains(&rising), "{rising} periods from {from} to {to}");
            assert!(out.iter().all(|sample| sample.abs() < 1.01));
        }
    }

    #[test]
    fn no_input_is_no_output_and_nothing_is_lost() {
        let mut resampler = Resampler::new(16_000, 48_000);
        assert_eq!(resampler.next(|| None), None);
        assert!(resampler.next(|| Some(1.0)).is_some());
    }
}
