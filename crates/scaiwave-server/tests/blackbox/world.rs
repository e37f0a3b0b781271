//! The program on a data directory of its own, with people and rooms made by its admin commands.

use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use sqlx::SqlitePool;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::{Child, ChildStdout, Command},
    sync::OnceCell,
    time::timeout,
};

use crate::{sfu::Sfu, user::User};

/// Nothing here takes longer unless it hangs.
pub const PATIENCE: Duration = Duration::from_secs(30);
pub const SERVER_NAME: &str = "test.example";
/// The SFU's key, as the server is told.
pub const KEY: &str = "devkey";
pub const SECRET: &str = "a-secret-of-at-least-32-characters";

/// Alice (100), Bob (50) and Carol (0) in the room "Team"; Alice and Bob in a direct room; Dave is in neither. Mallory and Trudy are
/// another tenant's, with the room "Elsewhere".
pub struct World {
    pub team: String,
    pub direct: String,
    pub elsewhere: String,
    /// The real SFU, for worlds in which there are calls.
    pub sfu: Option<Sfu>,
    dir: TempDir,
    port: u16,
    settings: Vec<(String, String)>,
    server: Option<Running>,
}

/// The process, and its standard output, which it must never find closed.
struct Running {
    process: Child,
    _output: BufReader<ChildStdout>,
}

/// What every world starts from, made once.
struct Seed {
    dir: TempDir,
    team: String,
    direct: String,
    elsewhere: String,
}

pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// `SCAIWAVE_SERVER`, else the one cargo has just built.
fn program() -> PathBuf {
    std::env::var_os("SCAIWAVE_SERVER").map_or_else(|| env!("CARGO_BIN_EXE_scaiwave-server").into(), PathBuf::from)
}

async fn admin(dir: &Path, args: &[&str], input: &str) {
    let mut command = Command::new(program());
    command.arg("admin").args(args).env("SCAIWAVE_DATA_DIR", dir);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes()).await;
    let output = child.wait_with_output().await.unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
}

async fn database(dir: &Path, mode: &str) -> SqlitePool {
    let url = format!("sqlite://{}/scaiwave.sqlite3?mode={mode}", dir.display());
    SqlitePool::connect(&url).await.unwrap()
}

async fn seed() -> &'static Seed {
    static SEED: OnceCell<Seed> = OnceCell::const_new();
    let make = async || {
        let dir = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        for name in ["alice", "bob", "carol", "dave", "mallory", "trudy"] {
            let shown = format!("{}{}", name[..1].to_uppercase(), &name[1..]);
            let args = ["add-user", name, "--display-name", &shown, "--password-stdin"];
            admin(dir.path(), &args, &format!("{name}'s password")).await;
        }
        let team = ["add-room", "--name", "Team", "--member", "alice:100", "--member", "bob:50", "--member", "carol"];
        let elsewhere = ["add-room", "--name", "Elsewhere", "--member", "mallory:100", "--member", "trudy"];
        for args in [&team[..], &elsewhere, &["add-direct", "alice", "bob"]] {
            admin(dir.path(), args, "").await;
        }
        // No command makes a tenant.
        let pool = database(dir.path(), "rw").await;
        let sql = "INSERT INTO tenants (tenant_id, name, created_at) VALUES ('tenant-other', 'Other', 0);
                   UPDATE participants SET tenant_id = 'tenant-other' WHERE local_id IN ('mallory', 'trudy');
                   UPDATE rooms SET tenant_id = 'tenant-other' WHERE name = 'Elsewhere';";
        sqlx::raw_sql(sql).execute(&pool).await.unwrap();
        let room = async |which: &str| {
            let sql = format!("SELECT room_id FROM rooms WHERE {which}");
            sqlx::query_scalar::<_, String>(&sql).fetch_one(&pool).await.unwrap()
        };
        let (team, direct, elsewhere) =
            (room("name = 'Team'").await, room("room_type = 'dm'").await, room("name = 'Elsewhere'").await);
        pool.close().await;
        Seed { dir, team, direct, elsewhere }
    };
    SEED.get_or_init(make).await
}

impl World {
    /// Without an SFU: nothing answers at its address.
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    /// With these settings.
    pub async fn with(settings: &[(&str, &str)]) -> Self {
        Self::new(settings, None, free_port()).await
    }

    /// With a real SFU, whose webhooks the server gets.
    pub async fn with_sfu(settings: &[(&str, &str)]) -> Self {
        let port = free_port();
        let dir = TempDir::new().unwrap();
        let sfu = Sfu::start(dir, &format!("http://127.0.0.1:{port}/v1/calls/webhook")).await;
        Self::new(settings, Some(sfu), port).await
    }

    /// The same on a given port; the SFU may have been another world's.
    pub async fn new(settings: &[(&str, &str)], sfu: Option<Sfu>, port: u16) -> Self {
        let seed = seed().await;
        let dir = TempDir::new().unwrap();
        for file in std::fs::read_dir(seed.dir.path()).unwrap() {
            let file = file.unwrap();
            std::fs::copy(file.path(), dir.path().join(file.file_name())).unwrap();
        }
        let settings = settings.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        let (team, direct, elsewhere) = (seed.team.clone(), seed.direct.clone(), seed.elsewhere.clone());
        let mut world = Self { team, direct, elsewhere, sfu, dir, port, settings, server: None };
        world.again().await;
        world
    }

    /// Starts the program, on the same data and port as before; it listens on return.
    pub async fn again(&mut self) {
        let livekit = self.sfu.as_ref().map_or_else(|| "ws://127.0.0.1:9".to_owned(), Sfu::url);
        self.again_at(&livekit).await;
    }

    /// The same, with the SFU at this address.
    pub async fn again_at(&mut self, livekit: &str) {
        let mut command = Command::new(program());
        command.arg("serve").env("SCAIWAVE_LISTEN", format!("127.0.0.1:{}", self.port));
        command.env("SCAIWAVE_DATA_DIR", self.dir.path()).env("SCAIWAVE_SERVER_NAME", SERVER_NAME);
        command.env("SCAIWAVE_LIVEKIT_API_KEY", KEY).env("SCAIWAVE_LIVEKIT_API_SECRET", SECRET);
        command.env("SCAIWAVE_LIVEKIT_URL", livekit);
        command.envs(self.settings.iter().map(|(name, value)| (name, value)));
        let log = std::fs::File::options().create(true).append(true).open(self.log()).unwrap();
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).kill_on_drop(true);
        let mut process = command.spawn().unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        timeout(PATIENCE, output.read_line(&mut line)).await.expect("the server does not start").unwrap();
        assert!(line.contains("\"listening\""), "the server did not start:\n{}", self.logged());
        self.server = Some(Running { process, _output: output });
    }

    /// Ends the program at once, as a power cut would.
    pub async fn kill(&mut self) {
        self.server.take().expect("is not running").process.kill().await.unwrap();
    }

    /// Tells the program to stop and waits until it has.
    pub async fn stop(&mut self) {
        let mut server = self.server.take().expect("is not running");
        let pid = server.process.id().unwrap().to_string();
        assert!(Command::new("kill").arg(pid).status().await.unwrap().success());
        let ended = timeout(PATIENCE, server.process.wait()).await.expect("does not stop").unwrap();
        assert!(ended.success(), "{ended}");
    }

    pub fn base(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn data_dir(&self) -> &Path {
        self.dir.path()
    }

    /// The program's own log.
    pub fn log(&self) -> PathBuf {
        self.dir.path().join("server.log")
    }

    pub fn logged(&self) -> String {
        std::fs::read_to_string(self.log()).unwrap_or_default()
    }

    /// Somebody without a token.
    pub fn nobody(&self) -> User {
        User::nobody(&self.base())
    }

    pub async fn sign_in(&self, name: &str) -> User {
        User::sign_in(&self.base(), name).await
    }

    /// The database file, read only.
    pub async fn database(&self) -> SqlitePool {
        database(self.dir.path(), "ro").await
    }
}
