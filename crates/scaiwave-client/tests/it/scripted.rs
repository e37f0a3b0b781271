//! A server on loopback that does what a test tells it.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
    },
};

use axum::{
    Form, Json, Router,
    body::Bytes,
    extract::{
        Query, State, WebSocketUpgrade,
        ws::{CloseFrame, Message, WebSocket},
    },
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use scaiwave_client::Client;
use serde_json::{Value, json};
use tokio::sync::Semaphore;

pub(crate) const PASSWORD: &str = "correct horse";
const NOW: &str = "2026-11-23T12:00:00Z";

/// What happens on one socket, in order; after the last step the socket stays open.
#[derive(Clone)]
pub(crate) enum Step {
    Hello(u64),
    Text(String),
    /// Sends a ping and goes on when the pong is there.
    Ping,
    Close(u16, &'static str),
}

pub(crate) struct Server {
    pub(crate) address: String,
    pub(crate) expires_in: AtomicU64,
    pub(crate) refuse_refresh: AtomicBool,
    /// Refresh tokens that were used, in order.
    pub(crate) refreshes: Mutex<Vec<String>>,
    /// Tokens that sockets came with, in order.
    pub(crate) socket_tokens: Mutex<Vec<String>>,
    /// One script a connection; without one the upgrade is answered 503.
    pub(crate) sockets: Mutex<VecDeque<Vec<Step>>>,
    pub(crate) sync_since: Mutex<Vec<u64>>,
    pub(crate) sync_pages: Mutex<VecDeque<Value>>,
    /// Each sync takes one.
    pub(crate) sync_permits: Semaphore,
    valid_access: Mutex<String>,
    valid_refresh: Mutex<String>,
    issued: AtomicU64,
}

impl Server {
    pub(crate) async fn start() -> Arc<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Arc::new(Self {
            address: listener.local_addr().unwrap().to_string(),
            expires_in: AtomicU64::new(3600),
            refuse_refresh: AtomicBool::new(false),
            refreshes: Mutex::default(),
            socket_tokens: Mutex::default(),
            sockets: Mutex::default(),
            sync_since: Mutex::default(),
            sync_pages: Mutex::default(),
            sync_permits: Semaphore::new(1000),
            valid_access: Mutex::default(),
            valid_refresh: Mutex::default(),
            issued: AtomicU64::new(0),
        });
        let app = Router::new()
            .route("/v1/auth/config", get(|| async { Json(json!({"data": {"modes": ["password"]}})) }))
            .route("/v1/auth/token", post(token))
            .route("/v1/auth/refresh", post(refresh))
            .route("/v1/me", get(me))
            .route("/v1/sync", get(sync))
            .route("/v1/stream", get(stream))
            .with_state(Arc::clone(&server));
        tokio::spawn(async move { axum::serve(listener, app).await });
        server
    }

    pub(crate) async fn signed_in(&self) -> Client {
        Client::sign_in(&self.address, "alice", PASSWORD).await.unwrap()
    }

    /// The bearer given last is no longer taken.
    pub(crate) fn expire_access(&self) {
        self.valid_access.lock().unwrap().clear();
    }

    pub(crate) fn script(&self, steps: impl IntoIterator<Item = Step>) {
        self.sockets.lock().unwrap().push_back(steps.into_iter().collect());
    }

    fn grant(&self) -> Response {
        let number = self.issued.fetch_add(1, SeqCst) + 1;
        let (access, refresh) = (format!("access-{number}"), format!("refresh-{number}"));
        self.valid_access.lock().unwrap().clone_from(&access);
        self.valid_refresh.lock().unwrap().clone_from(&refresh);
        let expires_in = self.expires_in.load(SeqCst);
        let grant =
            json!({"access_token": access, "refresh_token": refresh, "token_type": "Bearer", "expires_in": expires_in});
        Json(json!({ "data": grant })).into_response()
    }
}

/// A message as the stream brings it.
pub(crate) fn message(position: u64, body: &str) -> Step {
    Step::Text(
        json!({
            "type": "swp.room.message", "id": format!("evt-{position}"), "room_id": "room-1", "tenant_id": "t", "ts": NOW,
            "sender_id": "bob", "content": {"msgtype": "swp.text", "body": body},
            "stream_position": position, "origin_ts": 1,
        })
        .to_string(),
    )
}

/// A message as `sync` brings it.
pub(crate) fn synced(position: u64, body: &str) -> Value {
    json!({
        "id": format!("evt-{position}"), "stream_position": position, "room_id": "room-1", "event_type": "swp.room.message",
        "content": {"msgtype": "swp.text", "body": body}, "sender_id": "bob", "origin_ts": 1,
    })
}

/// An answer with the documented shape of an error.
pub(crate) fn error(status: StatusCode, code: &str) -> Response {
    (status, Json(json!({"error": {"code": code, "message": "no"}}))).into_response()
}

async fn token(State(server): State<Arc<Server>>, Form(form): Form<Vec<(String, String)>>) -> Response {
    let expected = [("grant_type", "password"), ("username", "alice"), ("password", PASSWORD)];
    if form.iter().map(|(key, value)| (key.as_str(), value.as_str())).eq(expected) {
        server.grant()
    } else {
        error(StatusCode::UNAUTHORIZED, "SW_AUTH_INVALID_CREDENTIALS")
    }
}

async fn refresh(State(server): State<Arc<Server>>, Json(body): Json<Value>) -> Response {
    let token = body["refresh_token"].as_str().unwrap_or_default().to_owned();
    let good = token == *server.valid_refresh.lock().unwrap() && !server.refuse_refresh.load(SeqCst);
    server.refreshes.lock().unwrap().push(token);
    if good { server.grant() } else { error(StatusCode::UNAUTHORIZED, "SW_AUTH_INVALID_TOKEN") }
}

fn authorized(server: &Server, headers: &HeaderMap) -> bool {
    let valid = format!("Bearer {}", server.valid_access.lock().unwrap());
    headers.get("authorization").is_some_and(|header| header.as_bytes() == valid.as_bytes())
}

async fn me(State(server): State<Arc<Server>>, headers: HeaderMap) -> Response {
    if !authorized(&server, &headers) {
        return error(StatusCode::UNAUTHORIZED, "SW_AUTH_EXPIRED_TOKEN");
    }
    let me = json!({"participant_id": "p-alice", "local_id": "alice", "fqid": "@alice:here", "display_name": "Alice"});
    Json(json!({ "data": me })).into_response()
}

async fn sync(
    State(server): State<Arc<Server>>,
    headers: HeaderMap,
    Query(query): Query<Vec<(String, String)>>,
) -> Response {
    if !authorized(&server, &headers) {
        return error(StatusCode::UNAUTHORIZED, "SW_AUTH_EXPIRED_TOKEN");
    }
    let since = query.iter().find(|(key, _)| key == "since").unwrap().1.parse().unwrap();
    server.sync_since.lock().unwrap().push(since);
    server.sync_permits.acquire().await.unwrap().forget();
    let page = server.sync_pages.lock().unwrap().pop_front();
    Json(json!({"data": page.unwrap_or_else(|| json!({"events": [], "next_cursor": since, "has_more": false}))}))
        .into_response()
}

async fn stream(
    State(server): State<Arc<Server>>,
    Query(query): Query<Vec<(String, String)>>,
    upgrade: WebSocketUpgrade,
) -> Response {
    server.socket_tokens.lock().unwrap().push(query[0].1.clone());
    let script = server.sockets.lock().unwrap().pop_front();
    match script {
        Some(steps) => upgrade.on_upgrade(|socket| play(socket, steps)),
        None => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

async fn play(mut socket: WebSocket, steps: Vec<Step>) {
    for step in steps {
        let sent = match step {
            Step::Hello(position) => {
                let hello = json!({
                    "type": "hello", "session_id": "5e4d0000-0000-4000-8000-000000000000", "server_name": "here",
                    "tenant_id": "t", "ts": NOW, "stream_position": position,
                });
                socket.send(Message::text(hello.to_string())).await
            }
            Step::Text(text) => socket.send(Message::text(text)).await,
            Step::Ping => {
                socket.send(Message::Ping(Bytes::from_static(b"here?"))).await.unwrap();
                while !matches!(socket.recv().await, Some(Ok(Message::Pong(_))) | None) {}
                Ok(())
            }
            Step::Close(code, reason) => {
                socket.send(Message::Close(Some(CloseFrame { code, reason: reason.into() }))).await
            }
        };
        if sent.is_err() {
            return;
        }
    }
    // open until the client goes
    while let Some(Ok(_)) = socket.recv().await {}
}
