//! What every request has: an id, a line in the log, a place in the metrics, headers that keep a browser careful.

use std::{sync::Arc, time::Instant};

use axum::{
    extract::{MatchedPath, Request, State},
    http::{
        HeaderMap, HeaderName, HeaderValue,
        header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS},
    },
    middleware::Next,
    response::Response,
};
use tracing::{Instrument, Span, field::Empty};
use uuid::Uuid;

use super::admit::client_address;
use crate::App;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Set unless the handler knows better: answers are private, and none of them is a page.
const HEADERS: [(HeaderName, HeaderValue); 4] = [
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'")),
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
];
/// Asked every few seconds by machines.
const QUIET: [&str; 3] = ["/health", "/readyz", "/metrics"];

pub(super) async fn observe(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let began = Instant::now();
    let id = request_id(request.headers());
    let address = client_address(&app, &request);
    request.extensions_mut().insert(address);
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map_or("unmatched", MatchedPath::as_str).to_owned();
    // The query is left out on purpose: the stream's holds a token.
    let span = tracing::info_span!(
        "http", id = id.to_str().unwrap_or_default(), %method, path = request.uri().path(), address = %address.0, participant = Empty,
    );
    let mut response = next.run(request).instrument(span.clone()).await;
    let (status, took) = (response.status().as_u16(), began.elapsed());
    let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    if QUIET.contains(&&*route) {
        span.in_scope(|| tracing::debug!(status, ms, "request"));
    } else {
        span.in_scope(|| tracing::info!(status, ms, "request"));
    }
    app.metrics.request(&method, route, status, took);
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.entry(name).or_insert(value);
    }
    headers.insert(REQUEST_ID, id);
    response
}

/// The log names who asked, once that is known.
pub(super) fn asked_by(participant: &call_model::ParticipantId) {
    Span::current().record("participant", participant.as_str());
}

/// The proxy's id if it is a plain word; anything else could pretend to be more than an id.
fn request_id(headers: &HeaderMap) -> HeaderValue {
    let plain = |id: &&HeaderValue| {
        let fine = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        (1..=64).contains(&id.len()) && id.as_bytes().iter().all(fine)
    };
    let given = headers.get(REQUEST_ID).filter(plain).cloned();
    given
        .or_else(|| HeaderValue::from_str(&Uuid::new_v4().to_string()).ok())
        .unwrap_or(HeaderValue::from_static("none"))
}
