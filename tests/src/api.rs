//! The server's API, spoken plainly: as the vendor's documents have it, without our own client.

use anyhow::{Context, Result, ensure};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use xtask::stack::State;

use crate::block_on;

/// A signed-in person.
pub struct Api {
    http: Client,
    server: String,
    token: String,
}

/// What the server said.
#[derive(Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The header `Retry-After`.
    pub retry_after: Option<String>,
    /// The body; null if it is no JSON.
    pub body: Value,
}

impl Api {
    /// Signs in by name and password.
    pub fn sign_in(state: &State, user: &str) -> Result<Self> {
        // as a program does that has several TLS libraries below it; a second time changes nothing
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut api = Self { http: Client::new(), server: state.server_url.clone(), token: String::new() };
        let form = [("grant_type", "password"), ("username", user), ("password", &state.user(user)?.password)];
        let url = format!("{}/v1/auth/token", api.server);
        let granted = answer(api.http.post(url).form(&form))?.ok()?;
        api.token = granted["access_token"].as_str().context("no token")?.to_owned();
        api.post("auth/register", &json!({}))?.ok()?;
        Ok(api)
    }

    /// Asks for something below `/v1/`.
    pub fn get(&self, path: &str) -> Result<Answer> {
        answer(self.request(Method::GET, path))
    }

    /// Posts JSON to something below `/v1/`.
    pub fn post(&self, path: &str, body: &Value) -> Result<Answer> {
        answer(self.request(Method::POST, path).json(body))
    }

    /// Posts bytes without the person's token: what a stranger or a broken program sends.
    pub fn post_raw(&self, path: &str, body: &str, authorization: Option<&str>) -> Result<Answer> {
        let request = self.http.post(format!("{}/v1/{path}", self.server)).body(body.to_owned());
        answer(match authorization {
            Some(authorization) => request.header("authorization", authorization),
            None => request,
        })
    }

    /// The devices of somebody in a call that are still in it.
    pub fn devices_in_call(&self, call_id: &str, participant_id: &str) -> Result<usize> {
        let call = self.get(&format!("calls/{call_id}"))?.ok()?;
        let devices = call["participants"].as_array().context("a call without participants")?;
        Ok(devices
            .iter()
            .filter(|device| device["participant_id"] == participant_id && device["left_at"].is_null())
            .count())
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}/v1/{path}", self.server)).bearer_auth(&self.token)
    }
}

impl Answer {
    /// The data of a success.
    pub fn ok(mut self) -> Result<Value> {
        ensure!((200..300).contains(&self.status), "the server answered {self:?}");
        Ok(self.body["data"].take())
    }
}

fn answer(request: RequestBuilder) -> Result<Answer> {
    block_on(async {
        let response = request.send().await?;
        let retry_after = response.headers().get("retry-after").and_then(|value| value.to_str().ok());
        let (status, retry_after) = (response.status().as_u16(), retry_after.map(str::to_owned));
        let text = response.text().await?;
        Ok(Answer { status, retry_after, body: serde_json::from_str(&text).unwrap_or(Value::Null) })
    })
}
