//! One WebSocket of the stream, from the handshake to its end.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures_util::StreamExt;
use scaiwave_wire::{CLOSE_ABORT, CLOSE_TOKEN, REASON_DUPLICATE, StreamEvent, StreamFrame};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async_with_config,
    tungstenite::{self, Message, error::CapacityError, protocol::WebSocketConfig},
};
use url::Url;

use crate::{http, sign_in::endpoint};

/// TCP, TLS and the upgrade may take this long.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// The server's hello may take this long.
pub(crate) const HELLO_TIMEOUT: Duration = Duration::from_secs(5);
/// The server pings every 30 s: three missed pings are a dead connection.
const SILENCE_TIMEOUT: Duration = Duration::from_secs(90);
/// Content is 64 KB at most; a call with many people a little more.
const MAX_FRAME_BYTES: usize = 512 * 1024;
/// Most frames fit; the library's 128 KB would be filled with zeros before each read.
const READ_BUFFER_BYTES: usize = 8 * 1024;

/// Why there is no socket (any more). The text is for people and holds no address: the token stands in it.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Lost {
    /// The token is refused or too old: renew it first.
    #[error("the server asked for a fresh sign-in")]
    Token,
    /// The same token connected elsewhere.
    #[error("the same sign-in connected from somewhere else")]
    Duplicate,
    /// Anything else.
    #[error("{0}")]
    Other(String),
}

/// A frame that says something.
pub(crate) enum Incoming {
    /// Well-formed.
    Frame(Box<StreamFrame>),
    /// A ping, or something that could not be read: the connection lives.
    Nothing,
}

pub(crate) struct Socket {
    frames: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// Counts the bytes of text.
    received: Arc<AtomicU64>,
}

/// What the server says about itself.
pub(crate) struct Hello {
    pub(crate) server_name: String,
    pub(crate) stream_position: u64,
}

impl Socket {
    /// Connects and waits for the hello.
    pub(crate) async fn connect(server: &Url, token: &str, received: Arc<AtomicU64>) -> Result<(Self, Hello), Lost> {
        http::install_tls();
        let config = WebSocketConfig::default()
            .max_message_size(Some(MAX_FRAME_BYTES))
            .max_frame_size(Some(MAX_FRAME_BYTES))
            .read_buffer_size(READ_BUFFER_BYTES);
        let address = address(server, token);
        let connecting = connect_async_with_config(address.as_str(), Some(config), true);
        let (frames, _) = tokio::time::timeout(CONNECT_TIMEOUT, connecting)
            .await
            .map_err(|_| Lost::Other("the server did not answer in time".into()))?
            .map_err(|error| lost(&error))?;
        let mut socket = Self { frames, received };
        // a server that keeps silent has refused the token
        let hello = tokio::time::timeout(HELLO_TIMEOUT, socket.hello()).await.unwrap_or(Err(Lost::Token))?;
        Ok((socket, hello))
    }

    async fn hello(&mut self) -> Result<Hello, Lost> {
        loop {
            let Incoming::Frame(frame) = self.next().await? else { continue };
            if let StreamEvent::Hello { server_name, stream_position, .. } = frame.event {
                return Ok(Hello { server_name, stream_position });
            }
            return Err(Lost::Other("the server did not say hello first".into()));
        }
    }

    /// The next frame. Pings are answered in here.
    pub(crate) async fn next(&mut self) -> Result<Incoming, Lost> {
        let message = tokio::time::timeout(SILENCE_TIMEOUT, self.frames.next())
            .await
            .map_err(|_| Lost::Other("the server has been silent for too long".into()))?
            .unwrap_or(Err(tungstenite::Error::ConnectionClosed))
            .map_err(|error| lost(&error))?;
        match message {
            Message::Text(text) => {
                self.received.fetch_add(text.as_str().len() as u64, Ordering::Relaxed);
                Ok(read(text.as_str()))
            }
            Message::Close(frame) => Err(frame.map_or_else(
                || Lost::Other("the server closed the connection".into()),
                |frame| closed(frame.code.into(), frame.reason.as_str()),
            )),
            Message::Binary(_) => {
                tracing::warn!("binary frame on the event stream dropped");
                Ok(Incoming::Nothing)
            }
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => Ok(Incoming::Nothing),
        }
    }
}

/// `wss://<host>/v1/stream?token=<jwt>`, as documented. For the handshake alone, never for a log.
fn address(server: &Url, token: &str) -> Url {
    let mut url = endpoint(server, &["stream"]);
    // cannot fail between these schemes; a refusal would leave http, which the handshake reports
    let _ = url.set_scheme(if url.scheme() == "https" { "wss" } else { "ws" });
    url.query_pairs_mut().append_pair("token", token);
    url
}

fn read(text: &str) -> Incoming {
    match serde_json::from_str::<StreamFrame>(text) {
        Ok(frame) => Incoming::Frame(Box::new(frame)),
        Err(error) => {
            let (line, column, bytes) = (error.line(), error.column(), text.len());
            tracing::warn!(line, column, bytes, "malformed frame on the event stream dropped");
            Incoming::Nothing
        }
    }
}

fn closed(code: u16, reason: &str) -> Lost {
    match code {
        CLOSE_TOKEN => Lost::Token,
        CLOSE_ABORT if reason == REASON_DUPLICATE => Lost::Duplicate,
        CLOSE_ABORT => Lost::Other("the server closed the connection because it seemed dead".into()),
        code => Lost::Other(format!("the server closed the connection (code {code})")),
    }
}

/// Our own words for what went wrong: the library's may quote the address.
fn lost(error: &tungstenite::Error) -> Lost {
    use tungstenite::Error;
    match error {
        Error::Http(response) if matches!(response.status().as_u16(), 401 | 403) => Lost::Token,
        Error::Http(response) => Lost::Other(format!("the server answered with status {}", response.status().as_u16())),
        Error::Io(error) => Lost::Other(format!("the connection failed: {}", error.kind())),
        Error::Tls(_) => Lost::Other("no secure connection could be made".into()),
        Error::Capacity(CapacityError::MessageTooLong { .. }) => {
            Lost::Other("the server sent too large a frame".into())
        }
        Error::ConnectionClosed | Error::AlreadyClosed | Error::Protocol(_) => {
            Lost::Other("the connection broke off".into())
        }
        _ => Lost::Other("the connection failed".into()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_documented_address() {
        let server = "https://chat.example.org/".parse().unwrap();
        assert_eq!(address(&server, "a.b+c").as_str(), "wss://chat.example.org/v1/stream?token=a.b%2Bc");
        let local = "http://127.0.0.1:8000/".parse().unwrap();
        assert_eq!(address(&local, "t").as_str(), "ws://127.0.0.1:8000/v1/stream?token=t");
    }

    #[test]
    fn close_codes() {
        assert_eq!(closed(4001, ""), Lost::Token);
        assert_eq!(closed(4003, "duplicate_connection"), Lost::Duplicate);
        assert!(matches!(closed(4003, "ping_timeout"), Lost::Other(_)));
        assert!(matches!(closed(1001, ""), Lost::Other(_)));
    }

    /// A server that shakes hands, sends `frames`, and then keeps silent while the clock runs.
    async fn silent_after(frames: Vec<String>) -> Url {
        use futures_util::SinkExt;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
        tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let mut socket = tokio_tungstenite::accept_async(stream).await.unwrap();
            for frame in frames {
                socket.send(Message::text(frame)).await.unwrap();
            }
            tokio::time::pause();
            while socket.next().await.is_some() {}
        });
        url
    }

    #[tokio::test]
    async fn no_hello_within_five_seconds_is_a_refused_token() {
        let server = silent_after(Vec::new()).await;
        assert_eq!(Socket::connect(&server, "t").await.err(), Some(Lost::Token));
    }

    #[tokio::test]
    async fn ninety_seconds_of_silence_are_a_dead_connection() {
        let hello = r#"{"type":"hello","session_id":"5e4d0000-0000-4000-8000-000000000000","server_name":"here","tenant_id":"t","ts":"2026-11-23T12:00:00Z"}"#;
        let server = silent_after(vec![hello.into()]).await;
        let (mut socket, hello) = Socket::connect(&server, "t").await.unwrap();
        assert_eq!((hello.server_name.as_str(), hello.stream_position), ("here", 0));
        let started = tokio::time::Instant::now();
        assert!(matches!(socket.next().await, Err(Lost::Other(reason)) if reason.contains("silent")));
        assert!(started.elapsed() >= SILENCE_TIMEOUT);
    }

    #[tokio::test]
    async fn what_goes_wrong_is_told_without_the_address() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
        drop(listener);
        let error = Socket::connect(&server, "top-secret").await.err().unwrap();
        assert_eq!(error, Lost::Other("the connection failed: connection refused".into()));
    }
}
