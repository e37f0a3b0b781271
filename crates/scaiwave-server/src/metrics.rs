//! What `/metrics` shows. Labels are bounded: route templates, our own words, tenants; never a path, a person or a room.

use std::{sync::Arc, time::Duration};

use prometheus_client::{
    encoding::{EncodeLabelSet, text},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram, info::Info},
    registry::Registry,
};

/// Answers that hold the format of [`Metrics::text`].
pub(crate) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Seconds; a request's usual time is a few milliseconds, its worst 30 s.
const BUCKETS: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];

/// A histogram of durations.
pub(crate) fn seconds() -> Histogram {
    Histogram::new(BUCKETS)
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Request {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    route: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Tenant {
    tenant: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Reason {
    reason: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Operation {
    operation: &'static str,
}

/// Everything that is counted.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    requests: Family<Request, Counter>,
    request_seconds: Family<Route, Histogram>,
    /// Connections beyond the limit.
    pub(crate) connections_refused: Counter,
    sockets: Family<Tenant, Gauge>,
    sockets_closed: Family<Reason, Counter>,
    /// Events that waited for a socket which did not read.
    pub(crate) events_dropped: Counter,
    calls: Family<Tenant, Gauge>,
    rings: Family<Outcome, Counter>,
    webhooks: Family<Outcome, Counter>,
    sfu_seconds: Family<Operation, Histogram>,
    sfu_failures: Family<Operation, Counter>,
}

impl Metrics {
    /// Nothing counted yet; the database fills a histogram that it was given, too.
    pub(crate) fn new(write_wait: Histogram) -> Self {
        let mut registry = Registry::with_prefix("scaiwave");
        let metrics = Self {
            registry: Registry::default(),
            requests: Family::default(),
            request_seconds: Family::new_with_constructor(seconds),
            connections_refused: Counter::default(),
            sockets: Family::default(),
            sockets_closed: Family::default(),
            events_dropped: Counter::default(),
            calls: Family::default(),
            rings: Family::default(),
            webhooks: Family::default(),
            sfu_seconds: Family::new_with_constructor(seconds),
            sfu_failures: Family::default(),
        };
        let version = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "This server", version);
        registry.register("http_requests", "Requests answered, by route template", metrics.requests.clone());
        registry.register("http_request_seconds", "Until the answer begins", metrics.request_seconds.clone());
        registry.register("http_connections_refused", "Beyond the limit", metrics.connections_refused.clone());
        registry.register("ws_connections", "Open event streams", metrics.sockets.clone());
        registry.register("ws_closed", "Event streams that ended, and why", metrics.sockets_closed.clone());
        registry.register("ws_events_dropped", "Events for slow consumers", metrics.events_dropped.clone());
        registry.register("call_active", "Calls that ring or run", metrics.calls.clone());
        registry.register("rings", "Invites by what became of them", metrics.rings.clone());
        registry.register("webhooks", "Webhooks of the SFU, and what became of them", metrics.webhooks.clone());
        registry.register("sfu_request_seconds", "Until the SFU answered or failed", metrics.sfu_seconds.clone());
        registry.register("sfu_failures", "Requests the SFU did not answer as it should", metrics.sfu_failures.clone());
        registry.register("database_write_wait_seconds", "Until a writer got the database", write_wait);
        Self { registry, ..metrics }
    }

    /// In the text format of Prometheus (OpenMetrics).
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        match text::encode(&mut text, &self.registry) {
            Ok(()) => text,
            Err(e) => unreachable!("a String takes every character: {e}"),
        }
    }

    /// A request was answered. `route` is the template, not the path.
    pub(crate) fn request(&self, method: &axum::http::Method, route: String, status: u16, took: Duration) {
        self.request_seconds.get_or_create(&Route { route: route.clone() }).observe(took.as_secs_f64());
        self.requests.get_or_create(&Request { method: method_word(method), route, status }).inc();
    }

    /// An event stream is open as long as the answer lives.
    pub(crate) fn socket(self: &Arc<Self>, tenant: &str) -> OpenSocket {
        let gauge = self.sockets.get_or_create_owned(&Tenant { tenant: tenant.to_owned() });
        gauge.inc();
        OpenSocket(gauge)
    }

    /// An event stream ended.
    pub(crate) fn socket_closed(&self, reason: &'static str) {
        self.sockets_closed.get_or_create(&Reason { reason }).inc();
    }

    /// How many calls of each tenant are live just now.
    pub(crate) fn live_calls(&self, by_tenant: Vec<(String, i64)>) {
        for (tenant, count) in by_tenant {
            self.calls.get_or_create(&Tenant { tenant }).set(count);
        }
    }

    /// Invites were sent or became something.
    pub(crate) fn rings(&self, outcome: &'static str, count: usize) {
        self.rings.get_or_create(&Outcome { outcome }).inc_by(count as u64);
    }

    /// A webhook came.
    pub(crate) fn webhook(&self, outcome: &'static str) {
        self.webhooks.get_or_create(&Outcome { outcome }).inc();
    }

    /// The SFU was asked.
    pub(crate) fn sfu(&self, operation: &'static str, took: Duration, failed: bool) {
        self.sfu_seconds.get_or_create(&Operation { operation }).observe(took.as_secs_f64());
        self.sfu_failures.get_or_create(&Operation { operation }).inc_by(failed.into());
    }
}

/// Counts a socket while it is open.
#[derive(Debug)]
pub(crate) struct OpenSocket(Gauge);

impl Drop for OpenSocket {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// Anybody can make up a method; they all count as one.
fn method_word(method: &axum::http::Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "POST" => "POST",
        "PUT" => "PUT",
        "DELETE" => "DELETE",
        "HEAD" => "HEAD",
        "OPTIONS" => "OPTIONS",
        "PATCH" => "PATCH",
        _ => "other",
    }
}
