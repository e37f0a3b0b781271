//! How much the server takes: rates, time-outs, connections. The numbers are settings; each stands here once.

use std::{fmt, net::IpAddr, str::FromStr, time::Duration};

use clap::Args;
use ipnet::IpNet;

/// Limits, each of them a setting.
#[derive(Args, Clone, Debug)]
pub struct Limits {
    /// Requests a second that one person may make in the long run, ten times as many in a burst; 0 is no limit.
    #[arg(long, env = "SCAIWAVE_RATE_PER_CALLER", default_value_t = Self::default().rate_per_caller)]
    pub rate_per_caller: u32,
    /// The same for what comes without a valid token, by address.
    #[arg(long, env = "SCAIWAVE_RATE_PER_ADDRESS", default_value_t = Self::default().rate_per_address)]
    pub rate_per_address: u32,
    /// Failed sign-ins a minute for one name from one address; ten times as many for one address and for one name; 0 is no limit.
    #[arg(
        long,
        env = "SCAIWAVE_SIGN_IN_FAILURES_PER_MINUTE",
        default_value_t = Self::default().sign_in_failures_per_minute
    )]
    pub sign_in_failures_per_minute: u32,
    /// Proxies whose X-Forwarded-For is believed: addresses or networks, for example 127.0.0.1,10.0.0.0/8.
    #[arg(long, env = "SCAIWAVE_TRUSTED_PROXIES", value_delimiter = ',', value_parser = network)]
    pub trusted_proxies: Vec<IpNet>,
    /// Connections at once, sockets included; more are answered 503.
    #[arg(
        long,
        env = "SCAIWAVE_MAX_CONNECTIONS",
        default_value_t = Self::default().max_connections,
        value_parser = clap::value_parser!(u32).range(1..=1_000_000)
    )]
    pub max_connections: u32,
    /// So long a request's head may take; an idle connection is closed after it as well.
    #[arg(long, env = "SCAIWAVE_HEADER_TIMEOUT_SECONDS", default_value_t = Self::default().header_timeout_seconds)]
    pub header_timeout_seconds: Seconds,
    /// So long a request's body may pause.
    #[arg(long, env = "SCAIWAVE_BODY_TIMEOUT_SECONDS", default_value_t = Self::default().body_timeout_seconds)]
    pub body_timeout_seconds: Seconds,
    /// So long a request may take as a whole; stream, sync and uploads may take longer.
    #[arg(long, env = "SCAIWAVE_REQUEST_TIMEOUT_SECONDS", default_value_t = Self::default().request_timeout_seconds)]
    pub request_timeout_seconds: Seconds,
    /// So long `/readyz` says no before a stopping server refuses requests: time for a load balancer to look elsewhere.
    #[arg(long, env = "SCAIWAVE_SHUTDOWN_DELAY_SECONDS", default_value_t = Self::default().shutdown_delay_seconds)]
    pub shutdown_delay_seconds: Seconds,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            rate_per_caller: 100,
            rate_per_address: 200,
            sign_in_failures_per_minute: 10,
            trusted_proxies: Vec::new(),
            max_connections: 10_000,
            header_timeout_seconds: Seconds::from_millis(20_000),
            body_timeout_seconds: Seconds::from_millis(20_000),
            request_timeout_seconds: Seconds::from_millis(30_000),
            shutdown_delay_seconds: Seconds::from_millis(0),
        }
    }
}

/// A span of time, written as a number of seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seconds(pub Duration);

impl Seconds {
    /// So many milliseconds.
    pub const fn from_millis(ms: u64) -> Self {
        Self(Duration::from_millis(ms))
    }
}

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_secs_f64().fmt(f)
    }
}

impl FromStr for Seconds {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let seconds = text.parse().ok().filter(|seconds: &f64| (0.0..=3600.0).contains(seconds));
        seconds.map(|seconds| Self(Duration::from_secs_f64(seconds))).ok_or("must be a number of seconds, 0 to 3600")
    }
}

fn network(text: &str) -> Result<IpNet, &'static str> {
    text.parse::<IpNet>()
        .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
        .map_err(|_| "must be an address or a network such as 10.0.0.0/8")
}
