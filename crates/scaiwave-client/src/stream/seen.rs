//! Which stream positions have been handed on, so that nothing comes twice and nothing is lost.

use std::collections::BTreeSet;

/// How many positions above the floor are remembered. Two events may come in the other order than their positions, so the highest
/// one seen does not tell that all below it were: after a reconnect the last few are asked for again, and dropped by this.
const REMEMBERED: usize = 64;

/// Everything up to a floor, and some above it.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    floor: Option<u64>,
    above: BTreeSet<u64>,
}

impl Seen {
    /// Everything up to `position` counts as seen.
    pub(crate) fn up_to(position: Option<u64>) -> Self {
        Self { floor: position, above: BTreeSet::new() }
    }

    /// Where to ask from; `None` before anything is known.
    pub(crate) fn since(&self) -> Option<u64> {
        self.floor
    }

    /// Raises the floor: everything up to `position` has been handed on.
    pub(crate) fn raise(&mut self, position: u64) {
        self.floor = Some(self.floor.map_or(position, |floor| floor.max(position)));
        self.above = self.above.split_off(&position.saturating_add(1));
    }

    /// Notes a position; `false` if it was there already. Without a floor the first one makes it.
    pub(crate) fn is_new(&mut self, position: u64) -> bool {
        self.floor.get_or_insert(position.saturating_sub(1));
        if self.floor.is_some_and(|floor| position <= floor) || !self.above.insert(position) {
            return false;
        }
        if self.above.len() > REMEMBERED
            && let Some(lowest) = self.above.pop_first()
        {
            self.floor = Some(lowest);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_new_once_in_any_order() {
        let mut seen = Seen::up_to(Some(10));
        assert!(!seen.is_new(10));
        assert!(seen.is_new(13));
        assert!(seen.is_new(12), "the other order is no duplicate");
        assert!(!seen.is_new(13));
        assert_eq!(seen.since(), Some(10), "11 may still be missing");
    }

    #[test]
    fn the_floor_rises_with_sync_and_with_what_is_remembered() {
        let mut seen = Seen::up_to(Some(0));
        seen.is_new(5);
        seen.raise(7);
        assert_eq!(seen.since(), Some(7));
        assert!(!seen.is_new(5) && !seen.is_new(7) && seen.is_new(8));
        seen.raise(3);
        assert_eq!(seen.since(), Some(7), "it never falls");
        for position in 100..100 + REMEMBERED as u64 {
            seen.is_new(position);
        }
        assert_eq!(seen.since(), Some(8));
    }

    #[test]
    fn without_a_floor_the_first_position_makes_one() {
        let mut seen = Seen::up_to(None);
        assert_eq!(seen.since(), None);
        assert!(seen.is_new(40) && !seen.is_new(40));
        assert_eq!(seen.since(), Some(39));
    }
}
