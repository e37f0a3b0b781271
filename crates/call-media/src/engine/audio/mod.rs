//! Sound: microphone → clean-up → track, and tracks → mix → speaker.
//!
//! Everything in between is mono 48 kHz in pieces of 10 ms. Device callbacks only move samples between a lock-free ring and the
//! device; each ring counts what it had to drop or to make up.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use parking_lot::Mutex;

pub(crate) mod device;
pub(crate) mod input;
pub(crate) mod meter;
pub(crate) mod mixer;
pub(crate) mod output;
pub(crate) mod processing;
pub(crate) mod resample;
pub(crate) mod source;

/// Samples a second, everywhere between the devices.
pub(crate) const RATE: u32 = 48_000;
/// Samples of 10 ms.
pub(crate) const FRAME: usize = 480;

/// Samples that were dropped or made up, by stage; what [`crate::protocol::Stats`] shows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Drops(Arc<Mutex<Vec<Stage>>>);

type Stage = (String, Arc<AtomicU64>);

impl Drops {
    /// The counter of a stage. The counter itself may be used in a callback, this must not.
    pub(crate) fn stage(&self, name: &str) -> Arc<AtomicU64> {
        let mut stages = self.0.lock();
        if let Some((_, counter)) = stages.iter().find(|(stage, _)| stage == name) {
            return counter.clone();
        }
        let counter = Arc::new(AtomicU64::new(0));
        stages.push((name.to_owned(), counter.clone()));
        counter
    }

    pub(crate) fn snapshot(&self) -> Vec<(String, u64)> {
        self.0.lock().iter().map(|(name, count)| (name.clone(), count.load(Ordering::Relaxed))).collect()
    }
}

pub(crate) fn count(counter: &AtomicU64, samples: usize) {
    counter.fetch_add(samples as u64, Ordering::Relaxed);
}
