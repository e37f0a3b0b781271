//! Brings back tracks that do not come. A subscription can get lost between the SFU and the SDK, as when two people join in the same
//! moment: then nothing is wrong on either side, and nothing comes. Giving it up and asking for it anew is what helps.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

/// A track that ought to come and does not is given up after so long, and after twice as long each time that did not help.
const PATIENCE: Duration = Duration::from_secs(2);
/// Patience doubles so often at most.
const DOUBLINGS: u32 = 4;
/// Between giving it up and asking for it: the SDK sends each from a task of its own, and close together they can change places.
const PAUSE: Duration = Duration::from_millis(500);

/// What to do about a track.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    /// Unsubscribe.
    GiveUp,
    /// Subscribe.
    Ask,
}

#[derive(Clone, Copy)]
struct Missing {
    /// Since when it is missing, or was last given up or asked for.
    since: Instant,
    given_up: bool,
    tries: u32,
}

/// The tracks that are missing.
#[derive(Default)]
pub(crate) struct Watch {
    missing: BTreeMap<String, Missing>,
}

impl Watch {
    /// Looks at the sids of all tracks that ought to come and do not; what is not among them has come, or is no longer wanted.
    pub(crate) fn look(&mut self, now: Instant, missing: &[String]) -> Vec<(String, Act)> {
        self.missing.retain(|sid, _| missing.contains(sid));
        let act = |sid: &String| {
            let fresh = Missing { since: now, given_up: false, tries: 0 };
            let entry = self.missing.entry(sid.clone()).or_insert(fresh);
            Some((sid.clone(), entry.look(now)?))
        };
        missing.iter().filter_map(act).collect()
    }
}

impl Missing {
    fn look(&mut self, now: Instant) -> Option<Act> {
        let (limit, act) = if self.given_up {
            (PAUSE, Act::Ask)
        } else {
            (PATIENCE * 2_u32.pow(self.tries.min(DOUBLINGS)), Act::GiveUp)
        };
        if now - self.since < limit {
            return None;
        }
        self.since = now;
        self.given_up = act == Act::GiveUp;
        self.tries += u32::from(self.given_up);
        Some(act)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is done about a track that is missing from 0 to `until`, with the time in seconds; looked at ten times a second.
    fn acts(until: u64) -> Vec<(f32, Act)> {
        let (mut watch, start, missing) = (Watch::default(), Instant::now(), ["TR_a".to_owned()]);
        let mut acts = Vec::new();
        for tenth in 0..until * 10 {
            let now = start + Duration::from_millis(tenth * 100);
            acts.extend(watch.look(now, &missing).into_iter().map(|(_, act)| (tenth as f32 / 10.0, act)));
        }
        acts
    }

    #[test]
    fn a_missing_track_is_given_up_and_asked_for_ever_more_patiently() {
        use Act::{Ask, GiveUp};
        let expected = [(2.0, GiveUp), (2.5, Ask), (6.5, GiveUp), (7.0, Ask), (15.0, GiveUp), (15.5, Ask)];
        assert_eq!(acts(20), expected);
        let late: Vec<f32> = acts(300).into_iter().filter(|(_, act)| *act == GiveUp).map(|(at, _)| at).collect();
        assert!(late.windows(2).all(|pair| pair[1] - pair[0] <= 32.6), "it never gives up for good: {late:?}");
    }

    #[test]
    fn one_that_came_begins_anew() {
        let (mut watch, start, missing) = (Watch::default(), Instant::now(), ["TR_a".to_owned()]);
        let at = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(watch.look(at(0), &missing), []);
        assert_eq!(watch.look(at(1), &[]), []);
        assert_eq!(watch.look(at(2), &missing), [], "missing for no time yet");
        assert_eq!(watch.look(at(4), &missing), [("TR_a".to_owned(), Act::GiveUp)]);
    }
}
