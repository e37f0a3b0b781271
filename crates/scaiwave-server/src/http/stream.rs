//! The event stream: `hello` first, then whatever the person may see, pinged so that a dead connection is noticed.

use std::{sync::Arc, time::Duration};

use aide::axum::ApiRouter;
use axum::{
    Extension,
    extract::{
        State, WebSocketUpgrade,
        ws::{CloseFrame, Message, Utf8Bytes, WebSocket, rejection::WebSocketUpgradeRejection},
    },
    http::{HeaderMap, header::ORIGIN},
    response::{IntoResponse, Response},
};
use call_model::UnixMillis;
use scaiwave_wire::{
    CLOSE_ABORT, CLOSE_TOKEN, ErrorCode, REASON_DUPLICATE, REASON_PING_TIMEOUT, StreamEvent, StreamFrame, Timestamp,
};
use schemars::JsonSchema;
use serde::Deserialize;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep, timeout};
use tracing::Instrument;

use super::{
    admit::ClientAddress,
    extract::{Query, caller},
};
use crate::{
    App,
    auth::Claims,
    error::Failure,
    hub::{Dropped, Subscription},
    listen::Connection,
    openapi::op,
    publish::encode,
    store::{Person, now},
};

/// Our own close reason: the person's socket did not read; `sync` brings what it missed.
const REASON_SLOW: &str = "slow_consumer";
/// Our own close reason: the person opened so many newer sockets that this one had to go.
const REASON_TOO_MANY: &str = "too_many_connections";
/// The server goes away (RFC 6455).
const CLOSE_AWAY: u16 = 1001;
/// A frame that cannot be written for this long has nobody to read it.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);
/// Clients have nothing to say here.
const MAX_INCOMING: usize = 4096;
/// Room for a pong. The library's 128 KB would be filled with zeros at each look for one, and stay for as long as the socket.
const READ_BUFFER: usize = 256;
/// Web pages may not open the stream, unless the settings name them; our own desktop window may.
const ORIGINS: [&str; 2] = ["tauri://localhost", "http://tauri.localhost"];

pub(super) fn routes() -> ApiRouter<Arc<App>> {
    let stream_op = op("stream", "The event stream, a WebSocket")
        .note("Frames: `/v1/events.schema.json`. A refused token is told by close code 4001.")
        .fails(&[ErrorCode::AuthInsufficientPermission, ErrorCode::Validation]);
    ApiRouter::new().api_route("/v1/stream", stream_op.get(stream)).with_path_items(|path| path.tag("events"))
}

#[derive(Deserialize, JsonSchema)]
struct StreamQuery {
    /// The access token.
    token: Option<String>,
}

async fn stream(
    State(app): State<Arc<App>>,
    Extension(connection): Extension<Connection>,
    Extension(address): Extension<ClientAddress>,
    headers: HeaderMap,
    Query(query): Query<StreamQuery>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    if let Some(origin) = headers.get(ORIGIN)
        && !ORIGINS.iter().any(|allowed| origin == allowed)
        && !app.settings.cors_origins.contains(origin)
    {
        return Failure::new(ErrorCode::AuthInsufficientPermission, "The stream is not open to this web page.")
            .into_response();
    }
    let upgrade = match upgrade {
        Ok(upgrade) => {
            upgrade.read_buffer_size(READ_BUFFER).max_message_size(MAX_INCOMING).max_frame_size(MAX_INCOMING)
        }
        Err(e) => return Failure::validation(format!("stream: {}", e.body_text())).into_response(),
    };
    // A refused token is told by the close code, which browsers show, not by an HTTP status, which they hide.
    let signed_in = match caller(&app, &query.token.unwrap_or_default(), address).await {
        Err(e) if *e.code() == ErrorCode::RateLimitExceeded => return e.into_response(),
        signed_in => signed_in,
    };
    let open = (app.sockets.token(), connection);
    let span = tracing::Span::current();
    let run = async move |mut socket| {
        match signed_in {
            Ok((claims, person)) => serve(&app, socket, claims, person).await,
            Err(refusal) => close(&mut socket, CLOSE_TOKEN, refusal.code().as_str()).await,
        }
        drop(open);
    };
    upgrade.on_upgrade(move |socket| run(socket).instrument(span))
}

async fn serve(app: &App, mut socket: WebSocket, claims: Claims, person: Person) {
    let _counted = app.metrics.socket(&person.tenant_id);
    let mut subscription = app.publisher.hub.subscribe(person.id.clone(), claims.jti);
    let _here = app.presence.here(&person.id, subscription.session);
    // Read after subscribing: whatever is newer comes through the queue.
    let Ok(stream_position) = app.store.stream_position().await else {
        return close(&mut socket, CLOSE_ABORT, "internal_error").await;
    };
    let hello = StreamFrame {
        id: None,
        room_id: None,
        tenant_id: person.tenant_id,
        ts: Timestamp::now(),
        event: StreamEvent::Hello {
            session_id: subscription.session,
            server_name: app.settings.server_name.clone(),
            stream_position,
        },
    };
    if !write(&mut socket, Message::Text(encode(&hello))).await {
        return;
    }
    let expires_in = UnixMillis(claims.exp * 1000).0 - now().0;
    let lasts = Duration::from_millis(expires_in.max(0).unsigned_abs());
    let ended = relay(app, &mut socket, &mut subscription, lasts).await;
    let reason = ended.map_or("client", |(_, reason)| reason);
    tracing::info!(reason, session = %subscription.session, "stream closed");
    app.metrics.socket_closed(reason);
    if reason == REASON_SLOW {
        app.metrics.events_dropped.inc_by(subscription.frames.len() as u64 + 1);
    }
    drop(subscription);
    if let Some((code, reason)) = ended {
        close(&mut socket, code, reason).await;
    }
}

/// Passes events on until the socket closes (`None`) or has to be closed.
async fn relay(
    app: &App,
    socket: &mut WebSocket,
    subscription: &mut Subscription<'_>,
    lasts: Duration,
) -> Option<(u16, &'static str)> {
    let period = app.settings.ping;
    let mut ping = interval_at(Instant::now() + period, period);
    ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let expired = sleep(lasts);
    tokio::pin!(expired);
    let mut alive = true;
    loop {
        tokio::select! {
            biased;
            () = app.stops.sockets.cancelled() => {
                // Nothing follows what is in the queue: whoever made events has ended.
                while let Ok(frame) = subscription.frames.try_recv() {
                    if !write(socket, Message::Text(frame)).await {
                        return Some((CLOSE_ABORT, REASON_SLOW));
                    }
                }
                return Some((CLOSE_AWAY, "server_stopping"));
            }
            dropped = &mut subscription.dropped => {
                return Some((CLOSE_ABORT, match dropped {
                    Ok(Dropped::SignedOut) => return Some((CLOSE_TOKEN, "SW_AUTH_INVALID_TOKEN")),
                    Ok(Dropped::Duplicate) => REASON_DUPLICATE,
                    Ok(Dropped::TooMany) => REASON_TOO_MANY,
                    Ok(Dropped::SlowConsumer) | Err(_) => REASON_SLOW,
                }));
            }
            () = &mut expired => return Some((CLOSE_TOKEN, "SW_AUTH_EXPIRED_TOKEN")),
            incoming = socket.recv() => match incoming {
                Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                Some(Ok(_)) => alive = true,
            },
            _ = ping.tick() => {
                if !std::mem::replace(&mut alive, false) {
                    return Some((CLOSE_ABORT, REASON_PING_TIMEOUT));
                }
                if !write(socket, Message::Ping(bytes::Bytes::new())).await {
                    return Some((CLOSE_ABORT, REASON_SLOW));
                }
            }
            Some(frame) = subscription.frames.recv() => {
                if !write(socket, Message::Text(frame)).await {
                    return Some((CLOSE_ABORT, REASON_SLOW));
                }
            }
        }
    }
}

async fn write(socket: &mut WebSocket, message: Message) -> bool {
    timeout(WRITE_TIMEOUT, socket.send(message)).await.is_ok_and(|sent| sent.is_ok())
}

async fn close(socket: &mut WebSocket, code: u16, reason: &str) {
    let frame = CloseFrame { code, reason: Utf8Bytes::from(reason) };
    if write(socket, Message::Close(Some(frame))).await {
        // Wait for the other side's close frame, so that ours is not lost in a reset.
        let _ = timeout(Duration::from_secs(2), async { while let Some(Ok(_)) = socket.recv().await {} }).await;
    }
}
