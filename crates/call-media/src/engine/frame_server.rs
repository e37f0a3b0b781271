//! The loopback WebSocket for frames: knows a client by the secret, passes its frames on and takes its credits.

use std::{sync::Arc, time::Duration};

use futures_util::{SinkExt, StreamExt};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream, accept_hdr_async_with_config,
    tungstenite::{
        Message,
        handshake::server::{ErrorResponse, Request, Response},
        http::{StatusCode, header::ORIGIN},
        protocol::WebSocketConfig,
    },
};
use tracing::{debug, warn};

use super::frame_hub::FrameHub;
use crate::{
    frames::{Hello, Shown},
    protocol::{FrameEndpoint, Secret},
};

/// The webview's own addresses; a page from elsewhere has another and is refused.
const ORIGINS: [&str; 2] = ["tauri://localhost", "http://tauri.localhost"];
const GREETING: Duration = Duration::from_secs(2);
const LONGEST_MESSAGE: usize = 4 * 1024;
/// Connections that are open at once, the ones not yet known included.
const MOST_CLIENTS: usize = 8;

/// Starts listening.
pub(crate) async fn start(hub: Arc<FrameHub>) -> std::io::Result<FrameEndpoint> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let secret = Secret(uuid::Uuid::new_v4().simple().to_string());
    let endpoint = FrameEndpoint { port: listener.local_addr()?.port(), secret: secret.clone() };
    tokio::spawn(accept(listener, secret, hub));
    Ok(endpoint)
}

async fn accept(listener: TcpListener, secret: Secret, hub: Arc<FrameHub>) {
    let places = Arc::new(Semaphore::new(MOST_CLIENTS));
    loop {
        let Ok(place) = places.clone().acquire_owned().await else { return };
        match listener.accept().await {
            Ok((socket, _)) => {
                let (secret, hub) = (secret.clone(), hub.clone());
                tokio::spawn(async move {
                    serve(socket, &secret, &hub).await;
                    drop(place);
                });
            }
            Err(error) => warn!(%error, "no connection for frames"),
        }
    }
}

async fn serve(socket: TcpStream, secret: &Secret, hub: &FrameHub) {
    let _ = socket.set_nodelay(true);
    let Some(socket) = timeout(GREETING, greet(socket, secret)).await.ok().flatten() else {
        debug!("a connection for frames was refused");
        return;
    };
    let (mut outgoing, mut incoming) = socket.split();
    let (number, mut frames) = hub.attach();
    let send = async {
        while let Some(frame) = frames.recv().await {
            if outgoing.send(Message::Binary(frame)).await.is_err() {
                break;
            }
        }
        let _ = outgoing.close().await;
    };
    let receive = async {
        while let Some(Ok(message)) = incoming.next().await {
            match message {
                Message::Close(_) => break,
                Message::Text(_) | Message::Binary(_) => match serde_json::from_slice(&message.into_data()) {
                    Ok(Shown { shown }) => hub.shown(shown),
                    Err(error) => {
                        warn!(%error, "the drawing side sent what is no credit: disconnected");
                        break;
                    }
                },
                _ => (),
            }
        }
    };
    tokio::select! {
        () = send => (),
        () = receive => (),
    }
    hub.detach(number);
}

/// The handshake and the secret.
async fn greet(socket: TcpStream, secret: &Secret) -> Option<WebSocketStream<TcpStream>> {
    let config = WebSocketConfig::default()
        .max_message_size(Some(LONGEST_MESSAGE))
        .max_frame_size(Some(LONGEST_MESSAGE))
        // a frame is larger than any buffer: straight to the socket
        .write_buffer_size(0);
    let mut socket = accept_hdr_async_with_config(socket, check_origin, Some(config)).await.ok()?;
    let first = socket.next().await?.ok()?;
    let Hello { secret: shown } = serde_json::from_slice(&first.into_data()).ok()?;
    (shown == secret.0).then_some(socket)
}

#[expect(clippy::result_large_err, reason = "the WebSocket library's own signature")]
fn check_origin(request: &Request, response: Response) -> Result<Response, ErrorResponse> {
    match request.headers().get(ORIGIN) {
        Some(origin) if !ORIGINS.iter().any(|allowed| origin == allowed) => {
            let mut refusal = ErrorResponse::new(Some("not from this page".into()));
            *refusal.status_mut() = StatusCode::FORBIDDEN;
            Err(refusal)
        }
        _ => Ok(response),
    }
}
