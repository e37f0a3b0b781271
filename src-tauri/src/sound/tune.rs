//! What is played, computed: no files to ship, no rights to clear. Pure.

use std::f32::consts::TAU;

/// What a call sounds like before it is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tune {
    /// Somebody calls us: two rising chords of a bell, then a rest.
    Ring,
    /// We call: the soft tone of a line that rings.
    RingBack,
}

/// Seconds into the tune and hertz: G major, then its answer a third higher.
const BELLS: [(f32, f32); 8] = [
    (0.00, 392.0),
    (0.13, 493.9),
    (0.26, 587.3),
    (0.39, 784.0),
    (0.90, 493.9),
    (1.03, 587.3),
    (1.16, 784.0),
    (1.29, 987.8),
];
const RING_SECONDS: f32 = 3.2;
const RING_BACK_SECONDS: f32 = 5.0;
const RING_BACK_TONE: f32 = 1.0;
const RING_BACK_HZ: f32 = 425.0;

impl Tune {
    /// One round of it, mono.
    pub(crate) fn render(self, sample_rate: u32) -> Vec<f32> {
        let rate = sample_rate as f32;
        let (seconds, sample): (f32, fn(f32) -> f32) = match self {
            Self::Ring => (RING_SECONDS, ring),
            Self::RingBack => (RING_BACK_SECONDS, ring_back),
        };
        (0..(seconds * rate) as usize).map(|at| sample(at as f32 / rate)).collect()
    }
}

fn ring(at: f32) -> f32 {
    let sum: f32 = BELLS.iter().filter(|(start, _)| *start <= at).map(|(start, hertz)| bell(at - start, *hertz)).sum();
    // every bell has faded before the round ends, so that it does not click
    0.22 * sum * ((RING_SECONDS - at) / 0.3).min(1.0)
}

fn bell(since: f32, hertz: f32) -> f32 {
    let struck = (since / 0.004).min(1.0);
    let partial =
        |multiple: f32, loud: f32, decay: f32| loud * (-decay * since).exp() * (TAU * hertz * multiple * since).sin();
    struck * (partial(1.0, 0.7, 4.0) + partial(2.0, 0.22, 7.0) + partial(3.01, 0.08, 12.0))
}

fn ring_back(at: f32) -> f32 {
    let ramp = (at / 0.02).min((RING_BACK_TONE - at) / 0.02).clamp(0.0, 1.0);
    0.09 * ramp * (TAU * RING_BACK_HZ * at).sin()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tunes_neither_clip_nor_click_at_the_seam() {
        for tune in [Tune::Ring, Tune::RingBack] {
            let round = tune.render(48_000);
            let peak = round.iter().fold(0f32, |peak, sample| peak.max(sample.abs()));
            assert!((0.05..0.9).contains(&peak), "{tune:?} peaks at {peak}");
            assert!(round.first().is_some_and(|first| first.abs() < 0.001), "{tune:?} begins with a click");
            assert!(round.last().is_some_and(|last| last.abs() < 0.001), "{tune:?} ends with a click");
        }
    }
}
