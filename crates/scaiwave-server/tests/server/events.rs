//! The event stream, frame by frame.

use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::time::timeout;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, protocol::CloseFrame},
};

use crate::world::{PATIENCE, User};

/// An open event stream.
pub struct Events {
    socket: WebSocketStream<MaybeTlsStream<tokio::net::TcpStream>>,
}

impl Events {
    pub async fn open(base: &str, token: &str) -> Self {
        let url = format!("{}/v1/stream?token={token}", base.replace("http", "ws"));
        Self { socket: connect_async(url).await.unwrap().0 }
    }

    async fn read(&mut self) -> Option<Result<Message, tokio_tungstenite::tungstenite::Error>> {
        timeout(PATIENCE, self.socket.next()).await.expect("nothing came")
    }

    /// The next event, presence left out: people come and go beside what a test is about.
    pub async fn next(&mut self) -> Value {
        loop {
            let event = self.any().await;
            if event["type"] != "presence" {
                return event;
            }
        }
    }

    /// The next presence of somebody.
    pub async fn presence_of(&mut self, who: &User) -> String {
        loop {
            let event = self.any().await;
            if event["type"] == "presence" && event["participant_id"] == who.id.as_str() {
                return event["status"].as_str().unwrap().to_owned();
            }
        }
    }

    /// Reads until somebody's presence is this one.
    pub async fn next_presence(&mut self, who: &User, status: &str) {
        while self.presence_of(who).await != status {}
    }

    /// Whose presence was told, up to the first of this status; each once.
    pub async fn all_presence_until(&mut self, status: &str) -> Vec<String> {
        let mut whose = Vec::new();
        loop {
            let event = self.any().await;
            if event["type"] == "presence" {
                whose.push(event["participant_id"].as_str().unwrap().to_owned());
                if event["status"] == status {
                    whose.dedup();
                    return whose;
                }
            }
        }
    }

    async fn any(&mut self) -> Value {
        loop {
            match self.read().await.expect("the stream ended").unwrap() {
                Message::Text(text) => return serde_json::from_str(&text).unwrap(),
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("not an event: {other:?}"),
            }
        }
    }

    /// All events up to one of a type, that one included.
    pub async fn until(&mut self, kind: &str) -> Vec<Value> {
        let mut seen = Vec::new();
        loop {
            let event = self.next().await;
            let last = event["type"] == kind;
            seen.push(event);
            if last {
                return seen;
            }
        }
    }

    pub async fn next_of(&mut self, kind: &str) -> Value {
        self.until(kind).await.pop().unwrap()
    }

    /// The next state of a call that fulfils a condition.
    pub async fn state(&mut self, fulfils: impl Fn(&Value) -> bool) -> Value {
        loop {
            let event = self.next_of("swp.call.state").await;
            if fulfils(&event["call"]) {
                return event["call"].clone();
            }
        }
    }

    /// The next membership event of somebody: membership, by whom, power level.
    pub async fn member(&mut self, who: &User) -> (String, String, u64) {
        loop {
            let event = self.next_of("swp.room.member").await;
            if event["participant_id"] == who.id.as_str() {
                let text = |field: &str| event[field].as_str().unwrap().to_owned();
                return (text("membership"), text("changed_by"), event["power_level"].as_u64().unwrap());
            }
        }
    }

    /// How the server closed the stream.
    pub async fn closed(&mut self) -> CloseFrame {
        loop {
            match self.read().await.expect("ended without a close frame").unwrap() {
                Message::Close(Some(frame)) => return frame,
                _ => continue,
            }
        }
    }

    /// Reads until the connection is gone, however it goes.
    pub async fn ended(&mut self) {
        while let Some(Ok(_)) = self.read().await {}
    }

    pub async fn leave(mut self) {
        let _ = self.socket.close(None).await;
    }

    pub async fn say(&mut self, text: &str) {
        self.socket.send(Message::text(text.to_owned())).await.unwrap();
    }
}
