//! A way to the server that talks nonsense: all passes as it is, but each frame of the event stream comes after malformed ones.

use std::net::SocketAddr;

use anyhow::{Context, Result};
use futures_util::{SinkExt, StreamExt};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
};
use tokio_tungstenite::{
    accept_hdr_async, connect_async,
    tungstenite::{
        Message,
        handshake::server::{Request, Response},
    },
};
use url::Url;

use crate::{beside, block_on};

const NONSENSE: [&str; 6] = [
    "",
    "\u{0}",
    "not json",
    "[1,2]",
    r#"{"type":"swp.call.invite"}"#,
    r#"{"type":7,"tenant_id":"t","ts":"yesterday"}"#,
];

/// Opens the way to this server, to the end of all tests; gives its address.
pub fn before(server_url: &str) -> Result<String> {
    let server = *Url::parse(server_url)?.socket_addrs(|| None)?.first().context("the server has no address")?;
    let listener = block_on(TcpListener::bind("127.0.0.1:0"))?;
    let url = format!("http://{}", listener.local_addr()?);
    beside(async move {
        while let Ok((client, _)) = listener.accept().await {
            tokio::spawn(async move {
                // either end may go at any time
                let _ = pass(client, server).await;
            });
        }
    });
    Ok(url)
}

async fn pass(mut client: TcpStream, server: SocketAddr) -> Result<()> {
    let mut start = [0; 15];
    client.readable().await?;
    let seen = client.peek(&mut start).await?;
    if start[..seen].starts_with(b"GET /v1/stream?") {
        return pass_stream(client, server).await;
    }
    copy_bidirectional(&mut client, &mut TcpStream::connect(server).await?).await?;
    Ok(())
}

async fn pass_stream(client: TcpStream, server: SocketAddr) -> Result<()> {
    let mut path = String::new();
    // the result's shape is tungstenite's
    #[allow(clippy::result_large_err)]
    let note = |request: &Request, response: Response| {
        path = request.uri().to_string();
        Ok(response)
    };
    let mut client = accept_hdr_async(client, note).await?;
    let (mut server, _) = connect_async(format!("ws://{server}{path}")).await?;
    loop {
        tokio::select! {
            Some(message) = server.next() => {
                let message = message?;
                if message.is_text() {
                    for nonsense in NONSENSE {
                        client.send(Message::text(nonsense)).await?;
                    }
                    client.send(Message::binary(vec![0xff, 0x00, 0xc0])).await?;
                }
                client.send(message).await?;
            }
            Some(message) = client.next() => server.send(message?).await?,
            else => return Ok(()),
        }
    }
}
