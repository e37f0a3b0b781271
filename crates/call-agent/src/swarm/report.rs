//! What a swarm says at the end.

use std::{collections::BTreeMap, fmt, time::Duration};

use serde::Serialize;

/// The whole run.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Report {
    pub(crate) clients: Clients,
    pub(crate) calls: Calls,
    pub(crate) rings: Rings,
    pub(crate) joins: Joins,
    /// Requests that failed, by the server's code, or by a word of ours where there was none.
    pub(crate) errors: BTreeMap<String, u64>,
    /// How often a stream was lost and opened again.
    pub(crate) reconnects: u64,
    /// Of text, on all streams together.
    pub(crate) stream_bytes: u64,
    /// Why the swarm did not do what it was asked; absent if it did.
    pub(crate) error: Option<String>,
}

#[derive(Debug, Default, Serialize)]
pub(crate) struct Clients {
    pub(crate) wanted: usize,
    pub(crate) online: usize,
    /// From the first sign-in to the last client's being online.
    pub(crate) online_after_ms: f64,
}

#[derive(Debug, Default, Serialize)]
pub(crate) struct Calls {
    pub(crate) started: u64,
    /// `initiate` found the room's call of somebody else.
    pub(crate) existing: u64,
    /// `initiate` sent → answered.
    pub(crate) answer_ms: Option<Spread>,
}

#[derive(Debug, Default, Serialize)]
pub(crate) struct Rings {
    /// One for each call and each of the swarm who was online and in its room.
    pub(crate) expected: u64,
    pub(crate) seen: u64,
    /// Not there when the call was over.
    pub(crate) missed: u64,
    /// The same call rang the same person again.
    pub(crate) doubled: u64,
    /// Of calls that were over, or not the swarm's own.
    pub(crate) stray: u64,
    /// `initiate` sent → invite received, by one clock.
    pub(crate) latency_ms: Option<Spread>,
    /// The same, of each call the last one who was rung.
    pub(crate) last_ms: Option<Spread>,
}

#[derive(Debug, Default, Serialize)]
pub(crate) struct Joins {
    pub(crate) done: u64,
    /// While joins were under way.
    pub(crate) per_second: Option<f64>,
    /// `join` sent → answered.
    pub(crate) latency_ms: Option<Spread>,
}

/// How values are spread: percentiles by nearest rank, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Spread {
    pub(crate) count: usize,
    pub(crate) p50: f64,
    pub(crate) p95: f64,
    pub(crate) p99: f64,
    pub(crate) max: f64,
}

impl Spread {
    /// `None` for nothing.
    pub(crate) fn of(mut values: Vec<Duration>) -> Option<Self> {
        values.sort_unstable();
        let last = values.len().checked_sub(1)?;
        let rank = |percent: usize| milliseconds(values[(values.len() * percent).div_ceil(100) - 1]);
        Some(Self { count: values.len(), p50: rank(50), p95: rank(95), p99: rank(99), max: milliseconds(values[last]) })
    }
}

/// To the tenth of a millisecond.
pub(crate) fn milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 10_000.0).round() / 10.0
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} / {} / {} / {} ms", self.p50, self.p95, self.p99, self.max)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let spread = |spread: &Option<Spread>| spread.map_or_else(|| "–".into(), |spread| spread.to_string());
        let Self { clients, calls, rings, joins, .. } = self;
        writeln!(f, "{} of {} online after {} ms", clients.online, clients.wanted, clients.online_after_ms)?;
        writeln!(
            f,
            "calls: {} started, {} found; answered {}",
            calls.started,
            calls.existing,
            spread(&calls.answer_ms)
        )?;
        writeln!(
            f,
            "rings: {} expected, {} seen, {} missed, {} doubled, {} stray",
            rings.expected, rings.seen, rings.missed, rings.doubled, rings.stray
        )?;
        writeln!(
            f,
            "  p50 / p95 / p99 / max: {}; the last of each call: {}",
            spread(&rings.latency_ms),
            spread(&rings.last_ms)
        )?;
        let rate = joins.per_second.map_or_else(|| "–".into(), |rate| format!("{rate:.0}"));
        writeln!(f, "joins: {}, {rate} a second; answered {}", joins.done, spread(&joins.latency_ms))?;
        write!(f, "{} reconnects, {} bytes of events", self.reconnects, self.stream_bytes)?;
        self.errors.iter().try_for_each(|(code, times)| write!(f, "\n{code}: {times}"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn percentiles_are_values_that_were_measured() {
        assert_eq!(Spread::of(Vec::new()), None);
        let hundred = (1..=100).rev().map(Duration::from_millis).collect();
        let spread = Spread::of(hundred).unwrap();
        assert_eq!((spread.p50, spread.p95, spread.p99, spread.max), (50.0, 95.0, 99.0, 100.0));
        let one = Spread::of(vec![Duration::from_micros(1234)]).unwrap();
        assert_eq!((one.p50, one.p99, one.max), (1.2, 1.2, 1.2));
    }
}
