//! How fast and how fresh the pictures of one view are drawn, second by second. Pure.

use std::time::{Duration, Instant};

/// How long frames are counted before they are told.
const WINDOW: Duration = Duration::from_secs(1);

/// Counts one view's frames.
pub(crate) struct Pace {
    since: Instant,
    drawn: u32,
    latencies: Vec<f32>,
}

/// One second of a view.
#[derive(Debug, PartialEq)]
pub(crate) struct Second {
    pub(crate) fps: f32,
    /// Milliseconds p50 and p95 from capture to drawn; absent if the frames do not say when they were captured.
    pub(crate) latency_ms: Option<(f32, f32)>,
}

impl Pace {
    /// Counts from now on.
    pub(crate) fn new(now: Instant) -> Self {
        Self { since: now, drawn: 0, latencies: Vec::new() }
    }

    /// A frame was drawn; a second that is over is told.
    pub(crate) fn drawn(&mut self, now: Instant, latency_ms: Option<f32>) -> Option<Second> {
        self.drawn += 1;
        self.latencies.extend(latency_ms);
        let passed = now - self.since;
        if passed < WINDOW {
            return None;
        }
        self.latencies.sort_unstable_by(f32::total_cmp);
        let at = |share: f32| self.latencies.get((self.latencies.len() as f32 * share) as usize).copied();
        let second = Second { fps: self.drawn as f32 / passed.as_secs_f32(), latency_ms: at(0.5).zip(at(0.95)) };
        *self = Self::new(now);
        Some(second)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_is_told_when_it_is_over() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        for frame in 1..30u32 {
            assert_eq!(pace.drawn(start + Duration::from_millis(33) * frame, Some(frame as f32)), None);
        }
        let second = pace.drawn(start + Duration::from_secs(1), None).expect("a second");
        assert!((29.9..30.1).contains(&second.fps), "{second:?}");
        assert_eq!(second.latency_ms, Some((15.0, 28.0)));
        assert_eq!(pace.drawn(start + Duration::from_secs(2), None).and_then(|second| second.latency_ms), None);
    }
}
