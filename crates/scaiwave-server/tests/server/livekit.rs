//! One life of a call on the real SFU: `LIVEKIT_SERVER`, else the one `cargo xtask setup` installs.

use std::{
    net::{TcpListener, UdpSocket},
    path::PathBuf,
    process::Stdio,
    sync::Arc,
    time::Duration,
};

use scaiwave_server::{Server, calls::sfu::LivekitSfu};
use serde_json::Value;
use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio_tungstenite::connect_async;

use crate::world::{KEY, PATIENCE, SECRET, User, device_of, http, id_of, seed, settings, sign_in};

fn livekit_binary() -> PathBuf {
    let installed = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/tools/livekit-server"));
    let path = std::env::var_os("LIVEKIT_SERVER").map_or_else(installed, PathBuf::from);
    assert!(path.is_file(), "no SFU at {}: run `cargo xtask setup`", path.display());
    path
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn free_udp_port() -> u16 {
    UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

struct Livekit {
    port: u16,
    config: PathBuf,
    process: Child,
}

impl Livekit {
    async fn start(dir: &TempDir, webhook: &str) -> Self {
        let port = free_port();
        let config = dir.path().join("livekit.yaml");
        let text = format!(
            "port: {port}\nbind_addresses: [127.0.0.1]\nroom: {{auto_create: false}}\nkeys: {{{KEY}: {SECRET}}}\n\
             rtc: {{node_ip: 127.0.0.1, udp_port: {}, tcp_port: {}, enable_loopback_candidate: true, \
             interfaces: {{includes: [lo]}}, ips: {{includes: [127.0.0.1/32]}}}}\n\
             webhook: {{api_key: {KEY}, urls: [\"{webhook}\"]}}\n",
            free_udp_port(),
            free_port(),
        );
        std::fs::write(&config, text).unwrap();
        let process = Self::spawn(&config);
        let livekit = Self { port, config, process };
        livekit.ready().await;
        livekit
    }

    fn spawn(config: &PathBuf) -> Child {
        let mut command = Command::new(livekit_binary());
        command.arg("--config").arg(config).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        command.spawn().unwrap()
    }

    async fn ready(&self) {
        let url = format!("http://127.0.0.1:{}/", self.port);
        until("the SFU is up", async || http().get(&url).send().await.is_ok()).await;
    }

    async fn kill(&mut self) {
        self.process.kill().await.unwrap();
    }

    async fn again(&mut self) {
        self.process = Self::spawn(&self.config);
        self.ready().await;
    }
}

/// Asks again and again; for what no event tells.
async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let asked = async {
        while !is_so().await {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(PATIENCE, asked).await.expect(what);
}

/// Joins by signalling alone, which is enough to be listed by the SFU.
async fn signal(grant: &Value) -> Result<impl Sized, tokio_tungstenite::tungstenite::Error> {
    let url = grant["livekit_url"].as_str().unwrap();
    let token = grant["livekit_token"].as_str().unwrap();
    connect_async(format!("{url}rtc?access_token={token}&protocol=15&auto_subscribe=1")).await.map(|(socket, _)| socket)
}

async fn webhooks(dir: &TempDir) -> i64 {
    let url = format!("sqlite://{}/scaiwave.sqlite3?mode=ro", dir.path().display());
    let pool = sqlx::SqlitePool::connect(&url).await.unwrap();
    sqlx::query_scalar("SELECT count(*) FROM webhooks_seen").fetch_one(&pool).await.unwrap()
}

async fn call_is(user: &User, call: &str, fulfils: impl Fn(&Value) -> bool) {
    until("the call changes", async || fulfils(&user.look(call).await)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_life_of_a_call_on_the_real_sfu() {
    let dir = TempDir::new().unwrap();
    let (team, _) = seed(&dir).await;
    let listen = format!("127.0.0.1:{}", free_port());
    let mut livekit = Livekit::start(&dir, &format!("http://{listen}/v1/calls/webhook")).await;
    let mut settings = settings(&dir, &format!("ws://127.0.0.1:{}", livekit.port));
    settings.listen = listen.parse().unwrap();
    settings.reconcile = Duration::from_millis(200);
    let sfu = Arc::new(LivekitSfu::new(&settings.livekit));
    let server = Server::start(settings, sfu).await.unwrap();
    let base = format!("http://{}", server.address);
    let (alice, bob) = (sign_in(&base, "alice").await, sign_in(&base, "bob").await);

    let grant = alice.initiate(&team).await.ok();
    let call = id_of(&grant);
    let _alice_at_sfu = signal(&grant).await.unwrap();
    call_is(&alice, &call, |call| device_of(call, &alice) == "joined").await;
    let grant = bob.call(&call, "join").await.ok();
    let _bob_at_sfu = signal(&grant).await.unwrap();
    call_is(&alice, &call, |call| device_of(call, &bob) == "joined").await;
    assert!(webhooks(&dir).await > 0, "the SFU's own webhooks are taken");

    alice.call(&call, "end").await.ok();
    call_is(&alice, &call, |call| call["state"] == "ended").await;
    assert!(signal(&grant).await.is_err(), "the room is gone and is not made by whoever still holds a token");

    livekit.kill().await;
    let refused = alice.initiate(&team).await;
    refused.fails(503, "SW_CALL_LIVEKIT_UNREACHABLE");
    livekit.again().await;
    assert_eq!(alice.initiate(&team).await.status, 201);
    server.stop().await;
}
