//! The real SFU: `LIVEKIT_SERVER`, else the one `cargo xtask setup` installs.

use std::{net::UdpSocket, path::PathBuf, process::Stdio};

use livekit_api::services::room::RoomClient;
use serde_json::Value;
use tempfile::TempDir;
use tokio::{
    net::TcpStream,
    process::{Child, Command},
};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite};

use crate::{
    user::until,
    world::{KEY, SECRET, free_port},
};

/// A running `livekit-server`.
pub struct Sfu {
    port: u16,
    dir: TempDir,
    process: Option<Child>,
}

const CONFIG: &str = "livekit.yaml";

/// A connection to the SFU by signalling alone, which is enough to be listed. Dropped, the participant is gone.
pub type Signal = WebSocketStream<MaybeTlsStream<TcpStream>>;

fn program() -> PathBuf {
    let installed = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/tools/livekit-server"));
    let path = std::env::var_os("LIVEKIT_SERVER").map_or_else(installed, PathBuf::from);
    assert!(path.is_file(), "no SFU at {}: run `cargo xtask setup`", path.display());
    path
}

impl Sfu {
    pub async fn start(dir: TempDir, webhook: &str) -> Self {
        let port = free_port();
        let udp = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let text = format!(
            "port: {port}\nbind_addresses: [127.0.0.1]\nroom: {{auto_create: false}}\nkeys: {{{KEY}: {SECRET}}}\n\
             rtc: {{node_ip: 127.0.0.1, udp_port: {udp}, tcp_port: {}, enable_loopback_candidate: true, \
             interfaces: {{includes: [lo]}}, ips: {{includes: [127.0.0.1/32]}}}}\n\
             webhook: {{api_key: {KEY}, urls: [\"{webhook}\"]}}\n",
            free_port(),
        );
        std::fs::write(dir.path().join(CONFIG), text).unwrap();
        let mut sfu = Self { port, dir, process: None };
        sfu.again().await;
        sfu
    }

    /// Starts it, on the same ports as before; it listens on return.
    pub async fn again(&mut self) {
        let mut command = Command::new(program());
        command.arg("--config").arg(self.dir.path().join(CONFIG)).stdout(Stdio::null()).stderr(Stdio::null());
        self.process = Some(command.kill_on_drop(true).spawn().unwrap());
        until("the SFU listens", async || TcpStream::connect(("127.0.0.1", self.port)).await.is_ok()).await;
    }

    /// Ends it at once.
    pub async fn kill(&mut self) {
        self.process.take().expect("is not running").kill().await.unwrap();
    }

    pub fn url(&self) -> String {
        format!("ws://127.0.0.1:{}", self.port)
    }

    fn rooms(&self) -> RoomClient {
        RoomClient::with_api_key(&format!("http://127.0.0.1:{}", self.port), KEY, SECRET)
    }

    /// The names of its rooms.
    pub async fn room_names(&self) -> Vec<String> {
        self.rooms().list_rooms(Vec::new()).await.unwrap().into_iter().map(|room| room.name).collect()
    }

    /// The identities in a room; nobody in one that is not there.
    pub async fn present(&self, room: &str) -> Vec<String> {
        let present = self.rooms().list_participants(room).await.unwrap_or_default();
        present.into_iter().map(|participant| participant.identity).collect()
    }
}

/// Joins with the token of a grant.
pub async fn signal(grant: &Value) -> Result<Signal, tungstenite::Error> {
    join(grant["livekit_url"].as_str().unwrap(), grant["livekit_token"].as_str().unwrap()).await
}

/// Joins with any token.
pub async fn join(url: &str, token: &str) -> Result<Signal, tungstenite::Error> {
    let url = format!("{}/rtc?access_token={token}&protocol=15&auto_subscribe=1", url.trim_end_matches('/'));
    connect_async(url).await.map(|(socket, _)| socket)
}
