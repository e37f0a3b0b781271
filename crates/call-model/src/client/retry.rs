//! How often and how soon a lost call is tried again: constants, maths and tests together.

/// A connection that held this long starts the count afresh.
pub const STABLE_MS: i64 = 10_000;
/// Tries in a row before we give up a call we were in.
pub const MAX_TRIES_ONCE_CONNECTED: u32 = 12;
/// Tries in a row before we give up getting in at all.
pub const MAX_TRIES_AT_FIRST: u32 = 4;

const FIRST_PAUSE_MS: i64 = 250;
const LONGEST_PAUSE_MS: i64 = 4_000;

/// How long to wait before try number `tries` (1 is the first after the loss, which does not wait); `None` is giving up.
pub fn pause_ms(tries: u32, was_connected: bool) -> Option<i64> {
    let most = if was_connected { MAX_TRIES_ONCE_CONNECTED } else { MAX_TRIES_AT_FIRST };
    match tries {
        0 | 1 => Some(0),
        _ if tries > most => None,
        _ => Some((FIRST_PAUSE_MS << (tries - 2).min(10)).min(LONGEST_PAUSE_MS)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_once_then_slower_then_not_at_all() {
        let pauses: Vec<_> = (1..=13).map(|tries| pause_ms(tries, true)).collect();
        let expected = [0, 250, 500, 1000, 2000, 4000, 4000, 4000, 4000, 4000, 4000, 4000].map(Some);
        assert_eq!(pauses[..12], expected);
        assert_eq!(pauses[12], None);
        assert_eq!(pause_ms(MAX_TRIES_AT_FIRST + 1, false), None);
    }

    #[test]
    fn a_dead_engine_gets_two_more_within_three_seconds() {
        let two: i64 = (1..=2).filter_map(|tries| pause_ms(tries, true)).sum();
        assert!(two < 3_000);
    }
}
