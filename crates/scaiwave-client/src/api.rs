//! The REST API, one method an endpoint.

use std::{future::Future, sync::Arc, time::Duration};

use call_model::{CallId, DeviceId, RoomId};
use reqwest::{RequestBuilder, StatusCode};
use scaiwave_wire::{
    Call, DeviceRequest, ErrorCode, InitiateRequest, JoinGrant, MAX_HISTORY_PAGE, MAX_SYNC_PAGE, Me, Member, Meta,
    RefreshRequest, Registered, RejectReason, Room, RoomEvent, RoomState, SendRequest, SyncPage, Timestamp, TokenGrant,
};
use serde::{Serialize, de::DeserializeOwned};
use tokio::sync::{Mutex, mpsc, watch};
use url::Url;

use crate::{
    ClientError, Connections, SavedTokens, StreamHandle, StreamUpdate, address, http,
    http::Answer,
    sign_in::{self, endpoint},
    stream,
};

/// The longest sleep of the token keeper: a computer that was suspended notices an old token within this time.
const KEEPER_STEP: Duration = Duration::from_secs(60);

/// One signed-in device at one server. Cheap to clone; all clones share the tokens. A renewed token is worth a new
/// [`Client::saved`] value; when the server refuses to renew, it is `None` and every request answers [`ClientError::SignedOut`].
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

struct Inner {
    http: reqwest::Client,
    server: Url,
    name: String,
    tokens: watch::Sender<Option<SavedTokens>>,
    /// A refresh token is good for one use: who holds this is the one to use it.
    refreshing: Mutex<()>,
}

/// Which part of a room's history.
#[derive(Clone, Debug, Default)]
pub struct HistoryQuery {
    /// At most 200; none takes the server's 50.
    pub limit: Option<u32>,
    /// [`HistoryPage::next_cursor`] of the page before.
    pub from: Option<String>,
    /// Which way.
    pub direction: Direction,
}

/// Which way through the history.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    /// To older events.
    #[default]
    Back,
    /// To newer events.
    Forward,
}

/// A page of history.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoryPage {
    /// In the order of the server.
    pub events: Vec<RoomEvent>,
    /// For the next page.
    pub next_cursor: Option<String>,
    /// Whether there is one.
    pub has_more: bool,
}

impl Client {
    /// Signs in by name and password. `server` is an address or a bare host: https is assumed, http is for loopback alone.
    /// A first sign-in should be followed by [`Client::register`].
    pub async fn sign_in(server: &str, username: &str, password: &str) -> Result<Self, ClientError> {
        Self::sign_in_over(Connections::new()?, server, username, password).await
    }

    /// The same over given connections: for many clients in one process.
    pub async fn sign_in_over(
        connections: Connections,
        server: &str,
        username: &str,
        password: &str,
    ) -> Result<Self, ClientError> {
        let server = address::parse(server)?;
        let saved = sign_in::password(&connections.0, &server, username, password).await?;
        Self::resume_over(connections, saved)
    }

    /// Takes up a sign-in kept from an earlier start. Nothing is asked of the server yet.
    pub fn resume(saved: SavedTokens) -> Result<Self, ClientError> {
        Self::resume_over(Connections::new()?, saved)
    }

    fn resume_over(connections: Connections, saved: SavedTokens) -> Result<Self, ClientError> {
        let server = address::parse(saved.server.as_str())?;
        let inner = Arc::new(Inner {
            http: connections.0,
            name: address::display(&server),
            server,
            tokens: watch::Sender::new(Some(saved)),
            refreshing: Mutex::new(()),
        });
        let client = Self { inner };
        client.keep_token_fresh();
        Ok(client)
    }

    /// The server's origin.
    pub fn server(&self) -> &Url {
        &self.inner.server
    }

    /// What to keep for [`Client::resume`]; changes whenever the server rotates the tokens, and is `None` once signed out.
    pub fn saved(&self) -> watch::Receiver<Option<SavedTokens>> {
        self.inner.tokens.subscribe()
    }

    /// Makes or refreshes the caller's participant; idempotent.
    pub async fn register(&self) -> Result<Registered, ClientError> {
        self.post_empty(&["auth", "register"]).await
    }

    /// Who the caller is.
    pub async fn me(&self) -> Result<Me, ClientError> {
        self.get(&["me"], &[]).await
    }

    /// The caller's rooms with their live calls.
    pub async fn rooms(&self) -> Result<Vec<Room>, ClientError> {
        self.get(&["rooms"], &[]).await
    }

    /// A room with its members and live call: how a missed ring is found again.
    pub async fn room_state(&self, room: &RoomId) -> Result<RoomState, ClientError> {
        self.get(&["rooms", room.as_str(), "state"], &[]).await
    }

    /// Everybody in a room.
    pub async fn members(&self, room: &RoomId) -> Result<Vec<Member>, ClientError> {
        self.get(&["rooms", room.as_str(), "members"], &[]).await
    }

    /// A page of a room's history.
    pub async fn messages(&self, room: &RoomId, query: &HistoryQuery) -> Result<HistoryPage, ClientError> {
        let direction = match query.direction {
            Direction::Back => "back",
            Direction::Forward => "forward",
        };
        let mut pairs = vec![("direction", direction.to_owned())];
        pairs.extend(query.limit.map(|limit| ("limit", limit.clamp(1, MAX_HISTORY_PAGE).to_string())));
        pairs.extend(query.from.clone().map(|from| ("from", from)));
        let (events, meta) = self.get_with_meta(&["rooms", room.as_str(), "messages"], &pairs).await?;
        Ok(HistoryPage { events, has_more: meta.has_more.unwrap_or(false), next_cursor: meta.next_cursor })
    }

    /// Writes into a room. With an `event_uuid`, sending again is harmless.
    pub async fn send(&self, room: &RoomId, message: &SendRequest) -> Result<RoomEvent, ClientError> {
        self.post(&["rooms", room.as_str(), "send"], message).await
    }

    /// Starts a call, or gets the room's running one, with a token to join it.
    pub async fn initiate(&self, request: &InitiateRequest) -> Result<JoinGrant, ClientError> {
        self.post(&["calls", "initiate"], request).await
    }

    /// Answers or joins a call; again for a fresh token.
    pub async fn join(&self, call: &CallId, device: &DeviceId) -> Result<JoinGrant, ClientError> {
        self.post(&["calls", call.as_str(), "join"], &on_device(device)).await
    }

    /// Leaves a call; idempotent.
    pub async fn leave(&self, call: &CallId, device: &DeviceId) -> Result<Call, ClientError> {
        self.post(&["calls", call.as_str(), "leave"], &on_device(device)).await
    }

    /// Rejects a ring; idempotent.
    pub async fn reject(&self, call: &CallId, device: &DeviceId, reason: RejectReason) -> Result<Call, ClientError> {
        let body = DeviceRequest { reason: Some(reason), ..on_device(device) };
        self.post(&["calls", call.as_str(), "reject"], &body).await
    }

    /// Ends a call for everyone; idempotent.
    pub async fn end(&self, call: &CallId) -> Result<Call, ClientError> {
        self.post_empty(&["calls", call.as_str(), "end"]).await
    }

    /// A call as it is now.
    pub async fn call(&self, call: &CallId) -> Result<Call, ClientError> {
        self.get(&["calls", call.as_str()], &[]).await
    }

    /// Says that this device is still in the call; every 5 s.
    pub async fn heartbeat(&self, call: &CallId, device: &DeviceId) -> Result<(), ClientError> {
        let _: serde::de::IgnoredAny = self.post(&["calls", call.as_str(), "heartbeat"], &on_device(device)).await?;
        Ok(())
    }

    /// What happened after `since`; waits up to `timeout` for something if nothing did.
    pub async fn sync(&self, since: u64, limit: u32, timeout: Duration) -> Result<SyncPage, ClientError> {
        let timeout = timeout.min(Duration::from_secs(30));
        let query = [
            ("since", since.to_string()),
            ("limit", limit.clamp(1, MAX_SYNC_PAGE).to_string()),
            ("timeout", timeout.as_millis().to_string()),
        ];
        let allowed = http::REQUEST_TIMEOUT + timeout;
        let answer = self
            .authorized(|http, server| http.get(endpoint(server, &["sync"])).query(&query).timeout(allowed))
            .await?;
        answer.data().map(|(page, _)| page)
    }

    /// Opens the event stream and keeps it open until the handle is dropped or the sign-in is over. With `since`, what happened
    /// after that stream position comes first. The receiver must be read: a full channel holds the stream up.
    pub fn stream(&self, since: Option<u64>) -> (StreamHandle, mpsc::Receiver<StreamUpdate>) {
        stream::open(self.clone(), since)
    }

    async fn get<T: DeserializeOwned>(&self, path: &[&str], query: &[(&str, String)]) -> Result<T, ClientError> {
        self.get_with_meta(path, query).await.map(|(data, _)| data)
    }

    async fn get_with_meta<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, String)],
    ) -> Result<(T, Meta), ClientError> {
        self.authorized(|http, server| http.get(endpoint(server, path)).query(query)).await?.data()
    }

    async fn post<T: DeserializeOwned>(&self, path: &[&str], body: &impl Serialize) -> Result<T, ClientError> {
        let request = |http: &reqwest::Client, server: &Url| http.post(endpoint(server, path)).json(body);
        self.authorized(request).await?.data().map(|(data, _)| data)
    }

    async fn post_empty<T: DeserializeOwned>(&self, path: &[&str]) -> Result<T, ClientError> {
        let request = |http: &reqwest::Client, server: &Url| http.post(endpoint(server, path));
        self.authorized(request).await?.data().map(|(data, _)| data)
    }

    /// Sends a request with the bearer; when the server says that it is too old, renews it and tries once more.
    async fn authorized(
        &self,
        request: impl Fn(&reqwest::Client, &Url) -> RequestBuilder,
    ) -> Result<Answer, ClientError> {
        let token = self.access_token().await?;
        let inner = &self.inner;
        let send = |token: String| http::exchange(&inner.name, request(&inner.http, &inner.server).bearer_auth(token));
        let answer = send(token.clone()).await?;
        if answer.status != StatusCode::UNAUTHORIZED {
            return Ok(answer);
        }
        let renewed = self.renew(&token).await?;
        let answer = send(renewed).await?;
        if answer.status == StatusCode::UNAUTHORIZED && is_token_error(&answer) {
            self.inner.tokens.send_replace(None);
            return Err(ClientError::SignedOut);
        }
        Ok(answer)
    }

    /// The bearer, renewed first when it is due. A renewal that fails for the network's sake is tried again later: the bearer is
    /// still good for a while.
    pub(crate) async fn access_token(&self) -> Result<String, ClientError> {
        let held = self.held()?;
        if !held.due_in(Timestamp::now()).is_zero() {
            return Ok(held.access_token);
        }
        match self.renew(&held.access_token).await {
            Err(ClientError::SignedOut) => Err(ClientError::SignedOut),
            Err(error) if Timestamp::now() >= held.expires_at => Err(error),
            Err(error) => {
                tracing::warn!(%error, "access token not renewed yet");
                Ok(held.access_token)
            }
            renewed => renewed,
        }
    }

    /// A bearer newer than `old`: shares a renewal that is under way, or has been done since.
    pub(crate) fn renew(&self, old: &str) -> impl Future<Output = Result<String, ClientError>> + use<> {
        let (client, old) = (self.clone(), old.to_owned());
        // a task of its own: a caller that goes away mid-way must not lose the only copy of the next refresh token
        let task = tokio::spawn(async move { client.renew_once(&old).await });
        async move { task.await.unwrap_or(Err(ClientError::SignedOut)) }
    }

    async fn renew_once(&self, old: &str) -> Result<String, ClientError> {
        let _alone = self.inner.refreshing.lock().await;
        let held = self.held()?;
        if held.access_token != old {
            return Ok(held.access_token);
        }
        let body = RefreshRequest { refresh_token: held.refresh_token };
        let request = self.inner.http.post(endpoint(&self.inner.server, &["auth", "refresh"])).json(&body);
        let answer = http::exchange(&self.inner.name, request).await?;
        let refused = matches!(answer.status.as_u16(), 400 | 401 | 403 | 422);
        match answer.data::<TokenGrant>() {
            Ok((grant, _)) => {
                let tokens = SavedTokens::new(self.inner.server.clone(), grant, Timestamp::now());
                let access_token = tokens.access_token.clone();
                self.inner.tokens.send_replace(Some(tokens));
                Ok(access_token)
            }
            Err(_) if refused => {
                tracing::info!("the server refused to renew the sign-in");
                self.inner.tokens.send_replace(None);
                Err(ClientError::SignedOut)
            }
            Err(error) => Err(error),
        }
    }

    fn held(&self) -> Result<SavedTokens, ClientError> {
        self.inner.tokens.borrow().clone().ok_or(ClientError::SignedOut)
    }

    /// Renews the token in time even when nobody asks for anything, for as long as a clone of this client lives.
    fn keep_token_fresh(&self) {
        let weak = Arc::downgrade(&self.inner);
        tokio::spawn(async move {
            loop {
                let due = {
                    let Some(inner) = weak.upgrade() else { return };
                    let Some(due) = inner.tokens.borrow().as_ref().map(|held| held.due_in(Timestamp::now())) else {
                        return;
                    };
                    due
                };
                if !due.is_zero() {
                    tokio::time::sleep(due.min(KEEPER_STEP)).await;
                    continue;
                }
                let Some(inner) = weak.upgrade() else { return };
                let client = Client { inner };
                let Ok(held) = client.held() else { return };
                if client.renew(&held.access_token).await.is_err() {
                    drop(client);
                    tokio::time::sleep(KEEPER_STEP / 4).await;
                }
            }
        });
    }
}

fn is_token_error(answer: &Answer) -> bool {
    match answer.error() {
        ClientError::Api(error) => matches!(error.code, ErrorCode::AuthInvalidToken | ErrorCode::AuthExpiredToken),
        _ => true,
    }
}

fn on_device(device: &DeviceId) -> DeviceRequest {
    DeviceRequest { device_id: Some(device.clone()), reason: None }
}
