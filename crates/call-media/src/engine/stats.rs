//! Counters of a track.

use std::{
    collections::VecDeque,
    sync::atomic::{AtomicU64, Ordering},
    time::Instant,
};

use parking_lot::Mutex;
use tracing::warn;

use super::{audio::meter::Meter, video::picture::Planes};
use crate::{pattern, protocol::TrackStats};

/// Latencies of so many frames: about ten seconds.
const LATENCIES: usize = 300;

/// A video track's.
#[derive(Default)]
pub(crate) struct VideoCounters {
    frames: AtomicU64,
    bad: AtomicU64,
    state: Mutex<VideoState>,
}

#[derive(Default)]
struct VideoState {
    size: Option<(u32, u32)>,
    first: Option<Instant>,
    /// Milliseconds from capture to here.
    latencies: VecDeque<f32>,
}

impl VideoCounters {
    /// Decoded so far.
    pub(crate) fn frames(&self) -> u64 {
        self.frames.load(Ordering::Relaxed)
    }

    pub(crate) fn is_first(&self) -> bool {
        self.frames() == 0
    }

    /// Counts a frame that is here now; its capture time in Unix microseconds if it has a code, else 0.
    pub(crate) fn frame(&self, planes: &Planes<'_>, now_unix_us: i64) -> i64 {
        let (luma, stride) = planes.planes[0];
        let captured = pattern::read_time(luma, stride, planes.width, planes.height, (now_unix_us / 1_000) as u64);
        let captured_us = captured.map(|time| time as i64 * 1_000);
        let mut state = self.state.lock();
        state.size = Some((planes.width, planes.height));
        state.first.get_or_insert_with(Instant::now);
        if let Some(captured_us) = captured_us {
            if state.latencies.len() == LATENCIES {
                state.latencies.pop_front();
            }
            state.latencies.push_back((now_unix_us - captured_us) as f32 / 1_000.0);
        }
        self.frames.fetch_add(1, Ordering::Relaxed);
        captured_us.unwrap_or(0)
    }

    /// A frame whose planes are not what they should be.
    pub(crate) fn bad_frame(&self) {
        if self.bad.fetch_add(1, Ordering::Relaxed) == 0 {
            warn!("a decoded frame has planes that do not fit its size: such frames are dropped");
        }
    }

    pub(crate) fn size(&self) -> Option<(u32, u32)> {
        self.state.lock().size
    }

    pub(crate) fn stats(&self, identity: String, sid: String, joined: Instant) -> TrackStats {
        let state = self.state.lock();
        let mut latencies: Vec<f32> = state.latencies.iter().copied().collect();
        latencies.sort_by(f32::total_cmp);
        TrackStats {
            identity,
            sid,
            kind: "video".into(),
            frames: self.frames.load(Ordering::Relaxed),
            size: state.size,
            first_ms: since(joined, state.first),
            latency_ms: percentile(&latencies, 50).zip(percentile(&latencies, 95)),
            ..TrackStats::default()
        }
    }
}

/// An audio track's.
#[derive(Default)]
pub(crate) struct AudioCounters {
    frames: AtomicU64,
    first: Mutex<Option<Instant>>,
    pub(crate) meter: Mutex<Meter>,
}

impl AudioCounters {
    /// Counts a frame; true for the first one above silence.
    pub(crate) fn frame(&self, samples: &[i16]) -> bool {
        self.frames.fetch_add(1, Ordering::Relaxed);
        let silent = {
            let mut meter = self.meter.lock();
            meter.push(samples);
            meter.is_silent()
        };
        let mut first = self.first.lock();
        let is_first = first.is_none() && !silent;
        if is_first {
            *first = Some(Instant::now());
        }
        is_first
    }

    pub(crate) fn stats(&self, identity: String, sid: String, joined: Instant) -> TrackStats {
        let frames = self.frames.load(Ordering::Relaxed);
        TrackStats {
            first_ms: since(joined, *self.first.lock()),
            ..meter_stats(&self.meter.lock(), identity, sid, frames)
        }
    }
}

/// What a meter says about a track.
pub(crate) fn meter_stats(meter: &Meter, identity: String, sid: String, frames: u64) -> TrackStats {
    TrackStats {
        identity,
        sid,
        kind: "audio".into(),
        frames,
        tone_hz: meter.tone_hz(),
        level: meter.second_level(),
        ..TrackStats::default()
    }
}

fn since(joined: Instant, first: Option<Instant>) -> Option<u64> {
    first.map(|first| first.saturating_duration_since(joined).as_millis() as u64)
}

fn percentile(sorted: &[f32], percent: usize) -> Option<f32> {
    sorted.get((sorted.len() * percent / 100).min(sorted.len().saturating_sub(1))).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_of_few_and_of_many() {
        assert_eq!(percentile(&[], 50), None);
        assert_eq!((percentile(&[3.0], 50), percentile(&[3.0], 95)), (Some(3.0), Some(3.0)));
        let many: Vec<f32> = (0..100).map(|at| at as f32).collect();
        assert_eq!((percentile(&many, 50), percentile(&many, 95)), (Some(50.0), Some(95.0)));
    }

    #[test]
    fn a_frame_with_a_code_gives_its_latency_one_without_does_not() {
        let counters = VideoCounters::default();
        let joined = Instant::now();
        let mut painter = pattern::Painter::new(320, 180).expect("a valid size");
        let now_ms = 1_795_473_000_123_u64;
        let coded = painter.paint(now_ms - 40).to_vec();
        assert!(counters.is_first());
        let planes = Planes::tight(320, 180, &coded).expect("a whole picture");
        assert_eq!(counters.frame(&planes, now_ms as i64 * 1_000), (now_ms as i64 - 40) * 1_000);
        let plain = vec![128; 320 * 180 * 3 / 2];
        assert_eq!(counters.frame(&Planes::tight(320, 180, &plain).expect("whole"), now_ms as i64 * 1_000), 0);
        let stats = counters.stats("a/b".into(), "TR_1".into(), joined);
        assert_eq!((stats.frames, stats.size, stats.latency_ms), (2, Some((320, 180)), Some((40.0, 40.0))));
    }
}
