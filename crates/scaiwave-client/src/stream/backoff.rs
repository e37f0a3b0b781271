//! When to try again: at once, then after 1, 2, 4, 8, 16, 30, 30 … seconds. Pure: the caller hands in chance and time.

use std::time::Duration;

/// The first wait after the immediate try.
pub const FIRST_DELAY: Duration = Duration::from_secs(1);
/// No wait is longer.
pub const MAX_DELAY: Duration = Duration::from_secs(30);
/// A connection that lived this long was a good one: the next loss starts from the beginning.
pub const STABLE_AFTER: Duration = Duration::from_secs(10);
/// Up to this part of a wait is taken off by chance, so that a server that comes back is not met by everybody at once.
pub const JITTER: f64 = 0.25;

/// Counts failed tries.
#[derive(Clone, Debug, Default)]
pub struct Backoff {
    failures: u32,
}

impl Backoff {
    /// How long to wait before the next try. `chance` is uniform in `0.0..1.0`.
    pub fn next_delay(&mut self, chance: f64) -> Duration {
        let failures = self.failures;
        self.failures = failures.saturating_add(1);
        let Some(doublings) = failures.checked_sub(1) else { return Duration::ZERO };
        let full = FIRST_DELAY.saturating_mul(1 << doublings.min(16)).min(MAX_DELAY);
        full.mul_f64(1.0 - JITTER * chance.clamp(0.0, 1.0))
    }

    /// A connection is over after `lived`. A short one changes nothing, so that a server that accepts and drops is not hammered.
    pub fn connection_lived(&mut self, lived: Duration) {
        if lived >= STABLE_AFTER {
            self.failures = 0;
        }
    }

    /// Goes straight to the longest wait: trying sooner would do harm.
    pub fn hold_off(&mut self) {
        self.failures = self.failures.max(17);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(backoff: &mut Backoff, tries: usize) -> Vec<u64> {
        (0..tries).map(|_| backoff.next_delay(0.0).as_secs()).collect()
    }

    #[test]
    fn at_once_then_doubling_to_thirty_seconds() {
        assert_eq!(seconds(&mut Backoff::default(), 9), [0, 1, 2, 4, 8, 16, 30, 30, 30]);
    }

    #[test]
    fn chance_shortens_by_a_quarter_at_most() {
        let mut backoff = Backoff { failures: 4 };
        assert_eq!(backoff.next_delay(1.0), Duration::from_secs(6));
        assert_eq!(backoff.next_delay(0.5), Duration::from_secs(14));
    }

    #[test]
    fn a_good_connection_starts_anew_and_a_short_one_does_not() {
        let mut backoff = Backoff::default();
        seconds(&mut backoff, 4);
        backoff.connection_lived(Duration::from_secs(9));
        assert_eq!(seconds(&mut backoff, 1), [8]);
        backoff.connection_lived(STABLE_AFTER);
        assert_eq!(seconds(&mut backoff, 2), [0, 1]);
    }

    #[test]
    fn holding_off_waits_longest_and_counts_without_end() {
        let mut backoff = Backoff::default();
        backoff.hold_off();
        assert_eq!(seconds(&mut backoff, 2), [30, 30]);
        let mut endless = Backoff { failures: u32::MAX };
        assert_eq!(seconds(&mut endless, 2), [30, 30]);
    }
}
