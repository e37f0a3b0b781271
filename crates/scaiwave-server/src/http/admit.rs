//! Who is let in, and for how long: rates by address, time-outs, and changes that are finished once they were begun.

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
    time::Duration,
};

use axum::{
    body::Body,
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, Method, header::AUTHORIZATION},
    middleware::Next,
    response::{IntoResponse, Response},
};
use ipnet::IpNet;
use scaiwave_wire::ErrorCode;
use tokio::time::timeout;
use tower_http::timeout::TimeoutBody;
use tracing::Instrument;

use crate::{App, error::Failure, listen::Connection};

/// Where a request came from, proxies left out.
#[derive(Clone, Copy, Debug)]
pub(super) struct ClientAddress(pub(super) IpAddr);

impl ClientAddress {
    /// Of a request that came by no connection of ours.
    pub(super) const UNKNOWN: Self = Self(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
}

/// Asked by the machinery around us, which must not be locked out.
const UNLIMITED: [&str; 3] = ["/health", "/readyz", "/metrics"];
/// Waits for events; or its size decides how long it takes.
const MAY_LAST: [&str; 3] = ["/v1/stream", "/v1/sync", "/v1/media/upload"];

pub(super) async fn admit(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str).to_owned();
    // Whoever shows a token is counted where it is read: the caller if it is good, the address if it is not.
    let shows_token = request.headers().contains_key(AUTHORIZATION) || route == "/v1/stream";
    if !shows_token
        && !UNLIMITED.contains(&&*route)
        && let Some(ClientAddress(address)) = request.extensions().get()
        && let Err(too_many) = app.rates.address(*address)
    {
        return too_many.into_response();
    }
    let request = request.map(|body| Body::new(TimeoutBody::new(app.settings.limits.body_timeout_seconds.0, body)));
    let patience = app.settings.limits.request_timeout_seconds.0;
    let answer = to_the_end(&app, request, next);
    if MAY_LAST.contains(&&*route) { answer.await } else { in_time(patience, answer).await }
}

/// Reads go when their client goes. A change does not: between its commit and its events nothing may be dropped.
async fn to_the_end(app: &App, request: Request, next: Next) -> Response {
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return next.run(request).await;
    }
    let change = app.changes.spawn(next.run(request).in_current_span());
    change.await.unwrap_or_else(|e| Failure::internal(e).into_response())
}

async fn in_time(patience: Duration, answer: impl Future<Output = Response>) -> Response {
    timeout(patience, answer).await.unwrap_or_else(|_| {
        tracing::warn!("a request took too long");
        let message = "The server did not manage this in time: try again.";
        Failure::new(ErrorCode::Overloaded, message).retry_after(5).into_response()
    })
}

/// The client's address: the peer's, or what trusted proxies say of it.
pub(super) fn client_address(app: &App, request: &Request) -> ClientAddress {
    let connection = request.extensions().get::<Connection>();
    let peer = connection.map_or(ClientAddress::UNKNOWN.0, |connection| connection.peer);
    ClientAddress(behind(peer, request.headers(), &app.settings.limits.trusted_proxies))
}

/// Each proxy adds at the end whom it was asked by, so the list is believed from its end up to the first one that is not ours.
fn behind(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let ours = |address: &IpAddr| trusted.iter().any(|net| net.contains(address));
    if !ours(&peer) {
        return peer;
    }
    let lists = headers.get_all("x-forwarded-for").into_iter().filter_map(|list| list.to_str().ok());
    let said: Vec<&str> = lists.flat_map(|list| list.split(',')).collect();
    let mut client = peer;
    for word in said.into_iter().rev() {
        let Ok(address) = word.trim().parse::<IpAddr>() else { break };
        client = address.to_canonical();
        if !ours(&client) {
            break;
        }
    }
    client
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn only_trusted_proxies_are_believed_and_only_about_whom_they_saw() {
        let trusted: Vec<IpNet> = vec!["10.0.0.0/8".parse().unwrap()];
        for (peer, said, client) in [
            ("192.0.2.1", "198.51.100.7", "192.0.2.1"),
            ("10.0.0.1", "198.51.100.7", "198.51.100.7"),
            ("10.0.0.1", "203.0.113.9, 198.51.100.7", "198.51.100.7"),
            ("10.0.0.1", "198.51.100.7, 10.0.0.2", "198.51.100.7"),
            ("10.0.0.1", "nonsense", "10.0.0.1"),
            ("10.0.0.1", "198.51.100.7, nonsense", "10.0.0.1"),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("x-forwarded-for", said.parse().unwrap());
            assert_eq!(behind(peer.parse().unwrap(), &headers, &trusted).to_string(), client, "{peer} {said}");
        }
    }
}
