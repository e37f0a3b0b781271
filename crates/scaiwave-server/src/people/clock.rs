//! The time that presence and typing go by: the system's, moved forward by tests that will not wait.

use std::time::Duration;

use call_model::UnixMillis;
use tokio::sync::watch;

use crate::store::now;

/// A clock; clones are the same clock.
#[derive(Clone, Debug)]
pub struct Clock {
    stopped_at: Option<UnixMillis>,
    ahead_ms: watch::Sender<i64>,
}

impl Default for Clock {
    fn default() -> Self {
        Self { stopped_at: None, ahead_ms: watch::Sender::new(0) }
    }
}

impl Clock {
    /// One that stands still between [`Clock::advance`].
    pub fn stopped() -> Self {
        Self { stopped_at: Some(now()), ..Self::default() }
    }

    /// What time it is.
    pub fn now(&self) -> UnixMillis {
        UnixMillis(self.stopped_at.unwrap_or_else(now).0 + *self.ahead_ms.borrow())
    }

    /// Moves it forward; whoever sleeps past that time wakes up.
    pub fn advance(&self, by: Duration) {
        self.ahead_ms.send_modify(|ahead| *ahead += by.as_millis() as i64);
    }

    /// Sleeps until a time; forever, if there is none.
    pub async fn sleep_until(&self, at: Option<UnixMillis>) {
        let Some(at) = at else { return std::future::pending().await };
        let mut moved = self.ahead_ms.subscribe();
        loop {
            let remaining = at.0 - self.now().0;
            if remaining <= 0 {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep(Duration::from_millis(remaining.unsigned_abs())), if self.stopped_at.is_none() => {}
                // The sender is ours, so it cannot be gone.
                _ = moved.changed() => {}
            }
        }
    }
}
