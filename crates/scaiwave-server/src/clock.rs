//! The time of calls: the wall clock without its jumps. Due times stand in the database as wall-clock milliseconds, so that they
//! outlive the process; within it time only passes. When somebody sets the wall clock, all open calls move along with it
//! (`Calls::follow_clock`), so that nothing ends early or lasts for ever.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Instant,
};

use call_model::UnixMillis;

use crate::store::now;

/// Less than this is not a jump but the measurement.
const JUMP_MS: i64 = 1_000;

/// Where time comes from.
pub trait Time: Send + Sync {
    /// The wall clock; somebody may set it.
    fn wall(&self) -> UnixMillis;
    /// Milliseconds since some moment; only ever passes.
    fn steady(&self) -> i64;
}

struct System(Instant);

impl Time for System {
    fn wall(&self) -> UnixMillis {
        now()
    }

    fn steady(&self) -> i64 {
        i64::try_from(self.0.elapsed().as_millis()).unwrap_or(i64::MAX)
    }
}

/// A clock that does not jump by itself.
#[derive(Clone)]
pub struct Clock {
    time: Arc<dyn Time>,
    /// From steady to wall time.
    offset: Arc<AtomicI64>,
}

impl Default for Clock {
    fn default() -> Self {
        Self::new(Arc::new(System(Instant::now())))
    }
}

impl Clock {
    /// A clock on some time.
    pub fn new(time: Arc<dyn Time>) -> Self {
        let offset = time.wall().0 - time.steady();
        Self { time, offset: Arc::new(AtomicI64::new(offset)) }
    }

    /// Now.
    pub fn now(&self) -> UnixMillis {
        UnixMillis(self.time.steady() + self.offset.load(Ordering::Relaxed))
    }

    /// How far the wall clock was set away from this one, if it was.
    pub(crate) fn jump(&self) -> Option<i64> {
        let jump = self.time.wall().0 - self.now().0;
        (jump.abs() >= JUMP_MS).then_some(jump)
    }

    /// Goes along with a jump.
    pub(crate) fn follow(&self, jump: i64) {
        self.offset.fetch_add(jump, Ordering::Relaxed);
    }
}
