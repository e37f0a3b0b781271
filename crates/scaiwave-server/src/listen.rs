//! From an accepted connection to the router: what `axum::serve` does not bound. Whoever sends a request's head too slowly, or too much
//! of it, is closed; so is who connects beyond the limit.

use std::{io, net::IpAddr, sync::Arc, time::Duration};

use axum::{Router, body::Body, extract::Request};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use socket2::{SockRef, TcpKeepalive};
use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt;

use crate::{limits::Limits, metrics::Metrics};

/// A request's line and headers; a token has about 1 KB.
const MAX_HEAD: usize = 32 * 1024;
/// A peer that vanished without a word is noticed after a few of these.
const KEEP_ALIVE: Duration = Duration::from_secs(60);
/// What who comes in excess is told; by hand, since nothing is read from them.
const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\nretry-after: 5\r\ncontent-type: application/json\r\n\
    content-length: 91\r\n\r\n{\"error\":{\"code\":\"SW_OVERLOADED\",\"message\":\"Too many connections: try again in a moment.\"}}";

/// The connection a request came by; a socket that outlives its request keeps it, so that it stays counted.
#[derive(Clone, Debug)]
pub(crate) struct Connection {
    /// Whoever connected: the client, or a proxy.
    pub(crate) peer: IpAddr,
    _slot: Arc<OwnedSemaphorePermit>,
}

/// Serves until told to stop, then until the last request is answered.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    limits: &Limits,
    metrics: Arc<Metrics>,
    stop: CancellationToken,
) {
    let slots = Arc::new(Semaphore::new(limits.max_connections as usize));
    let connections = TaskTracker::new();
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(limits.header_timeout_seconds.0).max_header_size(MAX_HEAD);
    while let Some((stream, peer)) = accept(&listener, &stop).await {
        let Ok(slot) = slots.clone().try_acquire_owned() else {
            metrics.connections_refused.inc();
            connections.spawn(refuse(stream));
            continue;
        };
        tune(&stream);
        let connection = Connection { peer, _slot: Arc::new(slot) };
        connections.spawn(run(http.clone(), stream, connection, router.clone(), stop.clone()));
    }
    drop(listener);
    connections.close();
    connections.wait().await;
}

async fn accept(listener: &TcpListener, stop: &CancellationToken) -> Option<(TcpStream, IpAddr)> {
    loop {
        let accepted = tokio::select! {
            biased;
            () = stop.cancelled() => return None,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => return Some((stream, peer.ip().to_canonical())),
            Err(e) if e.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(e) => {
                // Most likely out of file descriptors: it passes when somebody leaves.
                tracing::error!(cause = %e, "cannot accept a connection");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

fn tune(stream: &TcpStream) {
    let keep_alive = TcpKeepalive::new().with_time(KEEP_ALIVE).with_interval(KEEP_ALIVE / 4);
    if let Err(e) = stream.set_nodelay(true).and_then(|()| SockRef::from(stream).set_tcp_keepalive(&keep_alive)) {
        tracing::debug!(cause = %e, "cannot tune a connection");
    }
}

async fn run(http: http1::Builder, stream: TcpStream, connection: Connection, router: Router, stop: CancellationToken) {
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(connection.clone());
        let request: Request = request.map(Body::new);
        router.clone().oneshot(request)
    });
    let served = http.serve_connection(TokioIo::new(stream), service).with_upgrades();
    tokio::pin!(served);
    let ended = tokio::select! {
        ended = &mut served => ended,
        () = stop.cancelled() => {
            served.as_mut().graceful_shutdown();
            served.await
        }
    };
    if let Err(e) = ended {
        tracing::debug!(cause = %e, "connection failed");
    }
}

async fn refuse(mut stream: TcpStream) {
    let told = async {
        stream.write_all(FULL).await?;
        stream.shutdown().await
    };
    let _ = tokio::time::timeout(Duration::from_secs(1), told).await;
}
