//! Rate limits: for each caller; for each address, where there is no caller; and, harder, for failed sign-ins. Names and addresses are
//! kept as hashes, and only as long as they count, so that memory is bounded.

use std::{
    collections::HashMap,
    hash::{BuildHasher, Hash, RandomState},
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    time::{Duration, Instant},
};

use call_model::ParticipantId;
use governor::{
    Quota, RateLimiter,
    clock::{Clock, DefaultClock},
    state::keyed::HashMapStateStore,
};
use parking_lot::Mutex;
use scaiwave_wire::ErrorCode;

use crate::{
    error::{Answer, Failure},
    limits::Limits,
};

/// A burst may be so many times the rate; an address or a name alone may fail so many times as often as both together.
const TIMES: u32 = 10;
/// More keys than this share one allowance.
const MAX_KEYS: usize = if cfg!(test) { 1000 } else { 100_000 };
/// So often keys that do not count any more are dropped.
const SWEEP: Duration = Duration::from_secs(10);

/// All rate limits of a server.
pub(crate) struct Rates {
    callers: Rate,
    addresses: Rate,
    failures: [Failures; 3],
    hasher: RandomState,
}

impl Rates {
    pub(crate) fn new(limits: &Limits) -> Self {
        let per_second = |rate| quota(rate, Quota::per_second).map(|q| q.allow_burst(times(q.burst_size())));
        let per_minute = |rate: u32| Failures::new(quota(rate, Quota::per_minute));
        let failures = limits.sign_in_failures_per_minute;
        let many = failures.saturating_mul(TIMES);
        Self {
            callers: Rate::new(per_second(limits.rate_per_caller)),
            addresses: Rate::new(per_second(limits.rate_per_address)),
            failures: [per_minute(failures), per_minute(many), per_minute(many)],
            hasher: RandomState::new(),
        }
    }

    /// A request of somebody signed in.
    pub(crate) fn caller(&self, caller: &ParticipantId) -> Answer<()> {
        self.callers.take(self.key(caller)).map_err(too_many)
    }

    /// A request of nobody known.
    pub(crate) fn address(&self, address: IpAddr) -> Answer<()> {
        self.addresses.take(self.key(network(address))).map_err(too_many)
    }

    /// Whether somebody may try to sign in.
    pub(crate) fn may_sign_in(&self, name: &str, address: IpAddr) -> Answer<()> {
        let blocked =
            self.sign_in_keys(name, address).into_iter().zip(&self.failures).filter_map(|(key, f)| f.blocked(key));
        match blocked.max() {
            Some(wait) => Err(too_many(wait)),
            None => Ok(()),
        }
    }

    /// Name or password was wrong.
    pub(crate) fn sign_in_failed(&self, name: &str, address: IpAddr) {
        for (key, failures) in self.sign_in_keys(name, address).into_iter().zip(&self.failures) {
            failures.note(key);
        }
    }

    /// Both, the name alone, the address alone.
    fn sign_in_keys(&self, name: &str, address: IpAddr) -> [u64; 3] {
        let address = network(address);
        [self.key((name, address)), self.key(name), self.key(address)]
    }

    fn key(&self, of: impl Hash) -> u64 {
        self.hasher.hash_one(of)
    }
}

fn quota(rate: u32, per: fn(NonZeroU32) -> Quota) -> Option<Quota> {
    NonZeroU32::new(rate).map(per)
}

fn times(rate: NonZeroU32) -> NonZeroU32 {
    rate.saturating_mul(NonZeroU32::MIN.saturating_add(TIMES - 1))
}

/// Whoever has an IPv6 address has its whole /64.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !0 << 64).into(),
    }
}

fn too_many(wait: Duration) -> Failure {
    let seconds = u32::try_from(wait.as_millis().div_ceil(1000)).unwrap_or(u32::MAX).max(1);
    let message = format!("Too many requests: wait {seconds} s.");
    Failure::new(ErrorCode::RateLimitExceeded, message).retry_after(seconds)
}

/// One allowance for each key.
struct Rate {
    limiter: Option<RateLimiter<u64, HashMapStateStore<u64>, DefaultClock>>,
    clock: DefaultClock,
    swept: Mutex<Instant>,
}

impl Rate {
    /// Without a quota everything passes.
    fn new(quota: Option<Quota>) -> Self {
        Self {
            limiter: quota.map(RateLimiter::hashmap),
            clock: DefaultClock::default(),
            swept: Mutex::new(Instant::now()),
        }
    }

    /// Takes one; else how long to wait for it.
    fn take(&self, key: u64) -> Result<(), Duration> {
        let Some(limiter) = &self.limiter else { return Ok(()) };
        let due = {
            let mut swept = self.swept.lock();
            let due = swept.elapsed() > SWEEP;
            if due {
                *swept = Instant::now();
            }
            due
        };
        if due {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
        let key = if limiter.len() < MAX_KEYS { key } else { 0 };
        limiter.check_key(&key).map_err(|not_until| not_until.wait_time_from(self.clock.now()))
    }
}

/// Failures of each key: one above the rate blocks the key until the rate is met again. Successes cost nothing.
struct Failures {
    rate: Rate,
    blocked: Mutex<HashMap<u64, Instant>>,
}

impl Failures {
    fn new(quota: Option<Quota>) -> Self {
        Self { rate: Rate::new(quota), blocked: Mutex::default() }
    }

    fn blocked(&self, key: u64) -> Option<Duration> {
        let until = *self.blocked.lock().get(&key)?;
        Some(until.saturating_duration_since(Instant::now())).filter(|wait| !wait.is_zero())
    }

    fn note(&self, key: u64) {
        if let Err(wait) = self.rate.take(key) {
            let now = Instant::now();
            let mut blocked = self.blocked.lock();
            if blocked.len() >= MAX_KEYS {
                blocked.retain(|_, until| *until > now);
            }
            if blocked.len() < MAX_KEYS {
                blocked.insert(key, now + wait);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn rates(caller: u32, failures: u32) -> Rates {
        let limits = Limits { rate_per_caller: caller, sign_in_failures_per_minute: failures, ..Limits::default() };
        Rates::new(&limits)
    }

    const HOME: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
    const AWAY: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 2));

    #[test]
    fn one_callers_burst_leaves_the_others_alone() {
        let rates = rates(1, 0);
        for _ in 0..TIMES {
            rates.caller(&"alice".into()).unwrap();
        }
        assert_eq!(*rates.caller(&"alice".into()).unwrap_err().code(), ErrorCode::RateLimitExceeded);
        rates.caller(&"bob".into()).unwrap();
    }

    #[test]
    fn zero_is_no_limit() {
        let rates = rates(0, 0);
        for _ in 0..10_000 {
            rates.caller(&"alice".into()).unwrap();
            rates.sign_in_failed("alice", HOME);
        }
        rates.may_sign_in("alice", HOME).unwrap();
    }

    #[test]
    fn failures_block_the_name_from_that_address_then_the_name_and_the_address() {
        let rates = rates(0, 2);
        let fail = |name: &str, address, times| (0..times).for_each(|_| rates.sign_in_failed(name, address));
        fail("alice", HOME, 2);
        rates.may_sign_in("alice", HOME).unwrap();
        fail("alice", HOME, 1);
        rates.may_sign_in("alice", HOME).unwrap_err();
        rates.may_sign_in("alice", AWAY).unwrap();
        rates.may_sign_in("bob", HOME).unwrap();
        fail("alice", HOME, 18);
        rates.may_sign_in("alice", AWAY).unwrap_err();
        rates.may_sign_in("bob", HOME).unwrap_err();
        rates.may_sign_in("bob", AWAY).unwrap();
    }

    #[test]
    fn an_address_of_ipv6_counts_with_its_neighbours() {
        let rates = rates(0, 1);
        let [one, other, far]: [IpAddr; 3] =
            ["2001:db8::1", "2001:db8::2", "2001:db8:0:1::1"].map(|a| a.parse().unwrap());
        rates.sign_in_failed("alice", one);
        rates.sign_in_failed("alice", other);
        rates.may_sign_in("alice", one).unwrap_err();
        rates.may_sign_in("alice", far).unwrap();
    }

    #[test]
    fn many_names_do_not_fill_the_memory() {
        let rates = rates(0, 1);
        for n in 0..2 * MAX_KEYS {
            rates.sign_in_failed(&n.to_string(), HOME);
        }
        for failures in &rates.failures {
            assert!(failures.rate.limiter.as_ref().unwrap().len() <= MAX_KEYS + 1);
            assert!(failures.blocked.lock().len() <= MAX_KEYS);
        }
    }
}
