//! The event stream, frame by frame.

use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Error, Message, protocol::CloseFrame},
};

use crate::world::PATIENCE;

/// An open event stream.
pub struct Events {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Events {
    pub async fn open(base: &str, token: &str) -> Result<Self, Error> {
        let url = format!("{}/v1/stream?token={token}", base.replacen("http", "ws", 1));
        Ok(Self { socket: connect_async(url).await?.0 })
    }

    async fn read(&mut self) -> Option<Result<Message, Error>> {
        timeout(PATIENCE, self.socket.next()).await.expect("nothing came")
    }

    /// The next event; `None` once the stream has ended, however it ended.
    pub async fn try_next(&mut self) -> Option<Value> {
        loop {
            match self.socket.next().await?.ok()? {
                Message::Text(text) => return Some(serde_json::from_str(&text).unwrap()),
                Message::Ping(_) | Message::Pong(_) => {}
                Message::Close(_) => return None,
                other => panic!("not an event: {other:?}"),
            }
        }
    }

    pub async fn next(&mut self) -> Value {
        timeout(PATIENCE, self.try_next()).await.expect("nothing came").expect("the stream ended")
    }

    /// The next event of a type.
    pub async fn next_of(&mut self, kind: &str) -> Value {
        self.find(|event| event["type"] == kind).await
    }

    /// The next event that is as wanted.
    pub async fn find(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            let event = self.next().await;
            if wanted(&event) {
                return event;
            }
        }
    }

    /// All events up to the first that is as wanted, that one left out.
    pub async fn before(&mut self, wanted: impl Fn(&Value) -> bool) -> Vec<Value> {
        let mut seen = Vec::new();
        loop {
            let event = self.next().await;
            if wanted(&event) {
                return seen;
            }
            seen.push(event);
        }
    }

    /// How the server closed the stream.
    pub async fn closed(&mut self) -> CloseFrame {
        loop {
            if let Message::Close(Some(frame)) = self.read().await.expect("ended without a close frame").unwrap() {
                return frame;
            }
        }
    }

    pub async fn send(&mut self, message: Message) -> Result<(), Error> {
        self.socket.send(message).await
    }
}
