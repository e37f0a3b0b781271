//! Somebody who speaks HTTP to the server.

use std::{sync::OnceLock, time::Duration};

use reqwest::{Client, Method, RequestBuilder, header::HeaderMap};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::{events::Events, world::PATIENCE};

/// One client for all tests.
pub fn http() -> &'static Client {
    static CLIENT: OnceLock<Client> = OnceLock::new();
    CLIENT.get_or_init(|| {
        let _ = rustls::crypto::ring::default_provider().install_default();
        // `jsonwebtoken` as well takes its cryptography from the process; LiveKit's token crate installs it at its first use.
        let _ = livekit_api::access_token::Claims::from_unverified("");
        // No pool: each test has its own runtime, and a connection dies with the runtime it was made in.
        Client::builder().pool_max_idle_per_host(0).timeout(PATIENCE).build().unwrap()
    })
}

/// Asks again and again; for what no event tells.
pub async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let asked = async {
        while !is_so().await {
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
    };
    timeout(PATIENCE, asked).await.unwrap_or_else(|_| panic!("in vain: {what}"));
}

/// Somebody signed in, or nobody.
#[derive(Clone, Debug)]
pub struct User {
    pub base: String,
    pub token: String,
    pub refresh_token: String,
    pub id: String,
}

/// What the server answered.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
    /// Null if the body is no JSON.
    pub body: Value,
}

impl Answer {
    pub async fn of(request: RequestBuilder) -> Result<Self, reqwest::Error> {
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = String::from_utf8_lossy(&response.bytes().await?).into_owned();
        Ok(Self { status, headers, body: serde_json::from_str(&text).unwrap_or(Value::Null), text })
    }

    /// The data of a success with this status.
    #[track_caller]
    pub fn is(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        self.body["data"].clone()
    }

    /// The data of any success.
    #[track_caller]
    pub fn ok(self) -> Value {
        assert!((200..300).contains(&self.status), "{} {}", self.status, self.text);
        self.body["data"].clone()
    }

    /// Asserts an error of the API: `{"error": {"code", "message"}}` and nothing beside; answers its message.
    #[track_caller]
    pub fn fails(&self, status: u16, code: &str) -> String {
        assert_eq!((self.status, self.body["error"]["code"].as_str()), (status, Some(code)), "{}", self.text);
        self.message()
    }

    /// Asserts that the body is an error of the API; answers its message.
    #[track_caller]
    pub fn message(&self) -> String {
        let keys = |value: &Value| value.as_object().map(|o| o.keys().cloned().collect::<Vec<_>>()).unwrap_or_default();
        assert_eq!(keys(&self.body), ["error"], "{}", self.text);
        assert_eq!(keys(&self.body["error"]), ["code", "message"], "{}", self.text);
        let message = self.body["error"]["message"].as_str().unwrap_or_default();
        assert!(!message.is_empty(), "says nothing: {}", self.text);
        message.to_owned()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

impl User {
    pub fn nobody(base: &str) -> Self {
        Self { base: base.to_owned(), token: String::new(), refresh_token: String::new(), id: String::new() }
    }

    /// Signs in by password, and registers as the documents tell a client to.
    pub async fn sign_in(base: &str, name: &str) -> Self {
        Self::try_sign_in(base, name).await.unwrap()
    }

    pub async fn try_sign_in(base: &str, name: &str) -> Result<Self, reqwest::Error> {
        let mut user = Self::nobody(base);
        let password = format!("{name}'s password");
        let granted = user.password_grant(name, &password).await?.ok();
        granted["access_token"].as_str().unwrap().clone_into(&mut user.token);
        granted["refresh_token"].as_str().unwrap().clone_into(&mut user.refresh_token);
        let registered = Answer::of(user.request(Method::POST, "/v1/auth/register")).await?.ok();
        registered["participant_id"].as_str().unwrap().clone_into(&mut user.id);
        Ok(user)
    }

    pub async fn password_grant(&self, name: &str, password: &str) -> Result<Answer, reqwest::Error> {
        let form = [("grant_type", "password"), ("username", name), ("password", password)];
        Answer::of(http().post(format!("{}/v1/auth/token", self.base)).form(&form)).await
    }

    /// The same person with another bearer.
    pub fn bearing(&self, token: impl Into<String>) -> Self {
        Self { token: token.into(), ..self.clone() }
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = http().request(method, format!("{}{path}", self.base));
        if self.token.is_empty() { request } else { request.bearer_auth(&self.token) }
    }

    pub async fn get(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::GET, path)).await.unwrap()
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        Answer::of(self.request(Method::POST, path).json(&body)).await.unwrap()
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        Answer::of(self.request(Method::PUT, path).json(&body)).await.unwrap()
    }

    /// A POST without a body.
    pub async fn press(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::POST, path)).await.unwrap()
    }

    /// Writes a text into a room.
    pub async fn say(&self, room: &str, text: &str) -> Answer {
        self.post(&format!("/v1/rooms/{room}/send"), json!({ "content": { "msgtype": "swp.text", "body": text } }))
            .await
    }

    /// Starts a call, as documented: room and type.
    pub async fn initiate(&self, room: &str) -> Answer {
        self.post("/v1/calls/initiate", json!({ "room_id": room, "type": "video" })).await
    }

    /// `join`, `leave`, … of a call, as documented: without a body.
    pub async fn call(&self, call: &str, verb: &str) -> Answer {
        self.press(&format!("/v1/calls/{call}/{verb}")).await
    }

    /// An open stream, past its `hello`.
    pub async fn stream(&self) -> Events {
        let mut events = Events::open(&self.base, &self.token).await.unwrap();
        events.next_of("hello").await;
        events
    }
}
