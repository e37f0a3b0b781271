//! One bounded exchange over HTTP: what goes wrong becomes a [`ClientError`], what comes back is limited in time and size.

use std::time::Duration;

use reqwest::{RequestBuilder, StatusCode};
use scaiwave_wire::{Envelope, ErrorBody, Meta};
use serde::de::DeserializeOwned;

use crate::ClientError;

/// A larger answer is refused.
pub(crate) const MAX_ANSWER_BYTES: usize = 4 * 1024 * 1024;
/// What an ordinary request may take in all.
pub(crate) const REQUEST_TIMEOUT: Duration = Duration::from_secs(15);
/// What it may take to get a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(8);

/// A pool of HTTP connections and the TLS set-up behind it. Each [`Client`](crate::Client) makes its own unless it is given one:
/// many clients in one process share one, for the sake of memory. Belongs to the tokio runtime it was first used on.
#[derive(Clone, Debug)]
pub struct Connections(pub(crate) reqwest::Client);

impl Connections {
    /// An empty pool. Redirects are not followed: a bearer goes to the server that gave it and nowhere else.
    pub fn new() -> Result<Self, ClientError> {
        install_tls();
        reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(REQUEST_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("scaiwave-calls/", env!("CARGO_PKG_VERSION")))
            .build()
            .map(Self)
            .map_err(|error| ClientError::Tls { cause: innermost(&error) })
    }
}

/// TLS by ring, for REST and for the stream; whoever was first in the process wins.
pub(crate) fn install_tls() {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // an error means that another thread was faster, which is as good
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
}

/// An answer's status and its whole body.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    body: Vec<u8>,
    server: String,
}

/// Sends a request and takes in the whole answer.
pub(crate) async fn exchange(server: &str, request: RequestBuilder) -> Result<Answer, ClientError> {
    let failed = |error: reqwest::Error| from_reqwest(server, &error);
    let mut response = request.send().await.map_err(failed)?;
    let status = response.status();
    let too_large = || ClientError::TooLarge { server: server.to_owned(), limit_bytes: MAX_ANSWER_BYTES };
    if response.content_length().is_some_and(|length| length > MAX_ANSWER_BYTES as u64) {
        return Err(too_large());
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        if body.len() + chunk.len() > MAX_ANSWER_BYTES {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer { status, body, server: server.to_owned() })
}

impl Answer {
    /// The body as JSON, whatever the status.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, ClientError> {
        serde_json::from_slice(&self.body).map_err(|error| ClientError::BadAnswer {
            server: self.server.clone(),
            // line and column alone: the text of a serde error may quote what was read, a token perhaps
            cause: format!("line {}, column {}", error.line(), error.column()),
        })
    }

    /// `data` and `meta` of a success; the documented error otherwise.
    pub(crate) fn data<T: DeserializeOwned>(self) -> Result<(T, Meta), ClientError> {
        if self.status.is_success() {
            return self.json::<Envelope<T>>().map(|envelope| (envelope.data, envelope.meta.unwrap_or_default()));
        }
        Err(self.error())
    }

    /// The error this answer stands for.
    pub(crate) fn error(&self) -> ClientError {
        match self.json::<ErrorBody>() {
            Ok(body) => ClientError::Api(body.error),
            Err(_) => ClientError::ServerTrouble { server: self.server.clone(), status: self.status.as_u16() },
        }
    }
}

fn from_reqwest(server: &str, error: &reqwest::Error) -> ClientError {
    if error.is_connect() {
        ClientError::Unreachable { server: server.to_owned(), cause: innermost(error) }
    } else if error.is_timeout() {
        ClientError::TimedOut { server: server.to_owned(), limit: REQUEST_TIMEOUT }
    } else {
        ClientError::Unreachable { server: server.to_owned(), cause: innermost(error) }
    }
}

/// The root cause: the layers above it repeat the address and say "error sending request".
fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}
