//! Who was rung by which call and when, who joined, what failed. Pure: times come in.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
    time::{Duration, Instant},
};

use call_model::CallId;
use tokio::sync::Notify;

use super::report::{Calls, Joins, Rings, Spread};

/// One of the swarm, by place.
pub(crate) type Who = usize;

/// Everything counted so far.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    open: HashMap<CallId, Open>,
    started: Vec<Duration>,
    existing: u64,
    rings: Counted,
    joined: Vec<Duration>,
    joining: Duration,
    errors: BTreeMap<String, u64>,
}

#[derive(Debug, Default)]
struct Counted {
    expected: u64,
    seen: u64,
    missed: u64,
    doubled: u64,
    stray: u64,
    each: Vec<Duration>,
    last: Vec<Duration>,
}

/// A call that is under way. A ring may be here before the answer that tells whose call it is.
#[derive(Debug, Default)]
struct Open {
    /// When the request went out, and who is to be rung and to join.
    start: Option<(Instant, HashSet<Who>, usize)>,
    rung: HashMap<Who, Instant>,
    doubled: u64,
    /// From the first join's request to the last one's answer.
    joining: Option<(Instant, Instant)>,
    tried: usize,
    complete: Arc<Notify>,
}

impl Open {
    fn check(&self) {
        if let Some((_, expected, joiners)) = &self.start
            && expected.iter().all(|who| self.rung.contains_key(who))
            && self.tried >= *joiners
        {
            self.complete.notify_one();
        }
    }
}

impl Tally {
    /// A call was started by a request sent at `sent` and answered at `answered`. The result tells when all `expected` have been rung
    /// and all `joiners` have their answer.
    pub(crate) fn started(
        &mut self,
        call: &CallId,
        (sent, answered): (Instant, Instant),
        expected: HashSet<Who>,
        joiners: usize,
    ) -> Arc<Notify> {
        self.started.push(answered - sent);
        let open = self.open.entry(call.clone()).or_default();
        open.start = Some((sent, expected, joiners));
        open.check();
        Arc::clone(&open.complete)
    }

    /// The room had a call already.
    pub(crate) fn existing(&mut self) {
        self.existing += 1;
    }

    /// It rang.
    pub(crate) fn rung(&mut self, call: &CallId, who: Who, at: Instant) {
        let open = self.open.entry(call.clone()).or_default();
        let mut first = false;
        open.rung.entry(who).or_insert_with(|| {
            first = true;
            at
        });
        if first {
            // only the one that may be the last is worth a look at all
            if open.start.as_ref().is_some_and(|(_, expected, _)| open.rung.len() >= expected.len()) {
                open.check();
            }
        } else {
            open.doubled += 1;
        }
    }

    /// Somebody asked to join and got an answer, good or not.
    pub(crate) fn joined(&mut self, call: &CallId, (sent, answered): (Instant, Instant), well: bool) {
        if well {
            self.joined.push(answered - sent);
        }
        // a call that is settled already has ended without this one
        if let Some(open) = self.open.get_mut(call) {
            let (first, last) = open.joining.get_or_insert((sent, answered));
            (*first, *last) = ((*first).min(sent), (*last).max(answered));
            open.tried += 1;
            open.check();
        }
    }

    /// Something failed.
    pub(crate) fn failed(&mut self, code: &str) {
        *self.errors.entry(code.to_owned()).or_default() += 1;
    }

    /// The call is over: who has not been rung by now was missed.
    pub(crate) fn settle(&mut self, call: &CallId) {
        let Some(open) = self.open.remove(call) else { return };
        let rings = &mut self.rings;
        rings.doubled += open.doubled;
        let Some((sent, expected, _)) = open.start else {
            rings.stray += open.rung.len() as u64;
            return;
        };
        rings.expected += expected.len() as u64;
        rings.missed += expected.iter().filter(|who| !open.rung.contains_key(who)).count() as u64;
        rings.seen += open.rung.len() as u64;
        let took = open.rung.values().map(|at| at.saturating_duration_since(sent));
        rings.last.extend(took.clone().max());
        rings.each.extend(took);
        self.joining += open.joining.map_or(Duration::ZERO, |(first, last)| last - first);
    }

    /// All of it, once everything is over: calls still open are settled.
    pub(crate) fn finish(mut self) -> (Calls, Rings, Joins, BTreeMap<String, u64>) {
        for call in self.open.keys().cloned().collect::<Vec<_>>() {
            self.settle(&call);
        }
        let Counted { expected, seen, missed, doubled, stray, each, last } = self.rings;
        let calls =
            Calls { started: self.started.len() as u64, existing: self.existing, answer_ms: Spread::of(self.started) };
        let rings =
            Rings { expected, seen, missed, doubled, stray, latency_ms: Spread::of(each), last_ms: Spread::of(last) };
        let done = self.joined.len() as u64;
        let seconds = self.joining.as_secs_f64();
        let per_second = (seconds > 0.0).then(|| done as f64 / seconds);
        let joins = Joins { done, per_second, latency_ms: Spread::of(self.joined) };
        (calls, rings, joins, self.errors)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use futures_util::FutureExt;

    use super::*;

    fn ms(start: Instant, ms: u64) -> Instant {
        start + Duration::from_millis(ms)
    }

    #[test]
    fn rings_are_timed_from_the_request_even_if_they_come_before_its_answer() {
        let (mut tally, zero, call) = (Tally::default(), Instant::now(), CallId::from("call-1"));
        tally.rung(&call, 1, ms(zero, 4));
        let complete = tally.started(&call, (zero, ms(zero, 9)), HashSet::from([1, 2]), 0);
        assert!(complete.notified().now_or_never().is_none());
        tally.rung(&call, 2, ms(zero, 20));
        assert!(complete.notified().now_or_never().is_some());
        tally.settle(&call);
        let (calls, rings, _, _) = tally.finish();
        assert_eq!((calls.started, calls.answer_ms.unwrap().max), (1, 9.0));
        assert_eq!((rings.expected, rings.seen, rings.missed), (2, 2, 0));
        let (each, last) = (rings.latency_ms.unwrap(), rings.last_ms.unwrap());
        assert_eq!((each.p50, each.max, last.count, last.p50), (4.0, 20.0, 1, 20.0));
    }

    #[test]
    fn missed_doubled_and_stray_rings_are_told_apart() {
        let (mut tally, zero, call) = (Tally::default(), Instant::now(), CallId::from("call-1"));
        tally.started(&call, (zero, zero), HashSet::from([1, 2]), 0);
        tally.rung(&call, 1, ms(zero, 1));
        tally.rung(&call, 1, ms(zero, 500));
        tally.settle(&call);
        tally.rung(&call, 2, ms(zero, 900));
        tally.rung(&CallId::from("call-of-others"), 1, zero);
        let (_, rings, _, _) = tally.finish();
        assert_eq!((rings.expected, rings.seen, rings.missed, rings.doubled, rings.stray), (2, 1, 1, 1, 2));
        assert_eq!(rings.latency_ms.unwrap().max, 1.0, "the second ring does not count");
    }

    #[test]
    fn a_call_is_complete_when_the_joiners_have_their_answers() {
        let (mut tally, zero, call) = (Tally::default(), Instant::now(), CallId::from("call-1"));
        let complete = tally.started(&call, (zero, zero), HashSet::from([1]), 2);
        tally.rung(&call, 1, ms(zero, 1));
        tally.joined(&call, (ms(zero, 100), ms(zero, 150)), true);
        assert!(complete.notified().now_or_never().is_none());
        tally.joined(&call, (ms(zero, 110), ms(zero, 600)), true);
        assert!(complete.notified().now_or_never().is_some());
        let (_, _, joins, _) = tally.finish();
        assert_eq!((joins.done, joins.per_second), (2, Some(4.0)));
    }
}
