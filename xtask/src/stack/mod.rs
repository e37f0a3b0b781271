//! The stack: the SFU and the reference server on free loopback ports, with people and rooms to try calls with.

mod seed;
mod state;

use std::{
    fs,
    io::{BufRead, BufReader},
    net::{TcpListener, TcpStream, UdpSocket},
    path::{Path, PathBuf},
    process::Command,
    sync::mpsc,
    thread,
    time::Duration,
};

use anyhow::{Context, Result, bail};
use rand::Rng;

pub use seed::direct_name;
pub use state::{Member, ProcessState, Room, State, User};

use crate::{
    paths,
    process::{Output, Pipes, Process, wait_until},
};

/// How long a program may take to listen.
const START: Duration = Duration::from_secs(30);
/// Starts are tried again with other ports this often: somebody else may have taken a free one first.
const TRIES: u32 = 3;

/// How a stack is to be.
#[derive(Clone, Debug)]
pub struct Options {
    /// Logs, the SFU's configuration and, unless told otherwise, the server's data.
    pub directory: PathBuf,
    /// The server's data; inside `directory` by default.
    pub data_dir: Option<PathBuf>,
    /// How long a call rings.
    pub ring_seconds: u32,
    /// More settings of the server, `SCAIWAVE_*`.
    pub settings: Vec<(&'static str, String)>,
    /// Where the SFU sends its webhooks; straight to the server by default.
    pub webhooks: Option<String>,
}

impl Options {
    /// In this directory, with the server's own defaults.
    pub fn new(directory: PathBuf) -> Self {
        Self { directory, data_dir: None, ring_seconds: 45, settings: Vec::new(), webhooks: None }
    }
}

#[derive(Clone, Copy)]
struct Ports {
    server: u16,
    livekit: u16,
    livekit_tcp: u16,
    livekit_udp: u16,
}

/// A running stack. Dropped, it ends.
pub struct Stack {
    /// Addresses, people, rooms.
    pub state: State,
    options: Options,
    data_dir: PathBuf,
    ports: Ports,
    livekit: Option<Process>,
    server: Option<Process>,
}

impl Stack {
    /// Starts the SFU and the server, both ready on return. Needs `livekit-server` (set-up) and `scaiwave-server` (built).
    pub fn start(options: Options) -> Result<Self> {
        let mut tried = 1;
        loop {
            match Self::start_once(options.clone()) {
                Err(error) if tried < TRIES && format!("{error:#}").contains("address already in use") => tried += 1,
                other => return other,
            }
        }
    }

    fn start_once(options: Options) -> Result<Self> {
        fs::create_dir_all(&options.directory)?;
        let data_dir = options.data_dir.clone().unwrap_or_else(|| options.directory.join("data"));
        let ports = Ports::free()?;
        let mut state = State {
            server_url: format!("http://127.0.0.1:{}", ports.server),
            livekit_url: format!("ws://127.0.0.1:{}", ports.livekit),
            livekit_api_key: "scaiwave".into(),
            livekit_api_secret: secret(),
            ..State::default()
        };
        seed::seed(&mut state, &data_dir)?;
        let mut stack = Self { state, options, data_dir, ports, livekit: None, server: None };
        stack.start_livekit()?;
        stack.start_server()?;
        Ok(stack)
    }

    /// Starts the SFU, on the same ports as before.
    pub fn start_livekit(&mut self) -> Result<()> {
        let configuration = self.options.directory.join("livekit.yaml");
        fs::write(&configuration, self.livekit_configuration())?;
        let mut command = Command::new(paths::livekit_server());
        command.arg("--config").arg(&configuration);
        let mut process = Process::start("livekit-server", command, &self.log("livekit-server"), Pipes::default())?;
        let port = self.ports.livekit;
        wait_until("livekit-server listens", START, || {
            process.check()?;
            Ok(TcpStream::connect(("127.0.0.1", port)).is_ok())
        })?;
        self.livekit = Some(process);
        self.list_processes();
        Ok(())
    }

    /// Starts the server, on the same port and data as before.
    pub fn start_server(&mut self) -> Result<()> {
        let mut command = Command::new(paths::program("scaiwave-server"));
        command.arg("serve").env("SCAIWAVE_LISTEN", format!("127.0.0.1:{}", self.ports.server));
        command.env("SCAIWAVE_DATA_DIR", &self.data_dir).env("SCAIWAVE_SERVER_NAME", "localhost");
        command.env("SCAIWAVE_LIVEKIT_URL", &self.state.livekit_url);
        command.env("SCAIWAVE_LIVEKIT_API_KEY", &self.state.livekit_api_key);
        command.env("SCAIWAVE_LIVEKIT_API_SECRET", &self.state.livekit_api_secret);
        command.env("SCAIWAVE_RING_SECONDS", self.options.ring_seconds.to_string());
        command.envs(self.options.settings.iter().map(|(name, value)| (name, value)));
        let pipes = Pipes { stdout: Output::Pipe, stdin: false };
        let mut process = Process::start("scaiwave-server", command, &self.log("scaiwave-server"), pipes)?;
        let output = process.stdout().context("scaiwave-server's output is not piped")?;
        let (ready, listening) = mpsc::channel();
        thread::spawn(move || {
            // read to the end, so that the server never meets a closed pipe
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if line.contains("\"listening\"") {
                    let _ = ready.send(());
                }
            }
        });
        wait_until("scaiwave-server listens", START, || {
            process.check()?;
            Ok(listening.try_recv().is_ok())
        })?;
        self.server = Some(process);
        self.list_processes();
        Ok(())
    }

    /// Ends the SFU, as an outage would.
    pub fn stop_livekit(&mut self) {
        self.livekit = None;
        self.list_processes();
    }

    /// Ends the server, as an outage would.
    pub fn stop_server(&mut self) {
        self.server = None;
        self.list_processes();
    }

    /// Runs a command of the server's `admin`; answers what it printed.
    pub fn admin(&self, arguments: &[&str], input: &str) -> Result<serde_json::Value> {
        seed::admin(&self.data_dir, arguments, input)
    }

    /// An error with its log's end if a program of the stack has ended by itself.
    pub fn check(&mut self) -> Result<()> {
        self.livekit.iter_mut().chain(&mut self.server).try_for_each(Process::check)
    }

    /// A program's log.
    pub fn log(&self, program: &str) -> PathBuf {
        self.options.directory.join(format!("{program}.log"))
    }

    fn list_processes(&mut self) {
        let running = self.livekit.iter().chain(&self.server);
        self.state.processes =
            running.map(|process| ProcessState { name: process.name().into(), pid: process.pid() }).collect();
    }

    fn livekit_configuration(&self) -> String {
        let Ports { server: _, livekit, livekit_tcp, livekit_udp } = self.ports;
        let State { server_url, livekit_api_key: key, livekit_api_secret: secret, .. } = &self.state;
        let webhooks = self.options.webhooks.clone().unwrap_or_else(|| format!("{server_url}/v1/calls/webhook"));
        // JSON is YAML
        serde_json::json!({
            "port": livekit,
            "bind_addresses": ["127.0.0.1"],
            "rtc": {
                "node_ip": "127.0.0.1",
                "udp_port": livekit_udp,
                "tcp_port": livekit_tcp,
                "enable_loopback_candidate": true,
                "interfaces": { "includes": ["lo"] },
                "ips": { "includes": ["127.0.0.1/32"] },
            },
            "room": { "auto_create": false },
            "keys": { key.as_str(): secret },
            "webhook": { "api_key": key, "urls": [webhooks] },
            "logging": { "level": "info" },
        })
        .to_string()
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        // the server first: it has nothing to say about an SFU that goes
        self.server = None;
        self.livekit = None;
    }
}

impl Ports {
    /// Bound all at once, so that they differ, and given back.
    fn free() -> Result<Self> {
        let tcp = || TcpListener::bind("127.0.0.1:0");
        let (server, livekit, livekit_tcp) = (tcp()?, tcp()?, tcp()?);
        let livekit_udp = UdpSocket::bind("127.0.0.1:0")?;
        Ok(Self {
            server: server.local_addr()?.port(),
            livekit: livekit.local_addr()?.port(),
            livekit_tcp: livekit_tcp.local_addr()?.port(),
            livekit_udp: livekit_udp.local_addr()?.port(),
        })
    }
}

/// 32 random letters and digits.
fn secret() -> String {
    rand::rng().sample_iter(rand::distr::Alphanumeric).take(32).map(char::from).collect()
}

/// `stack` and nothing else: starts it, writes its state, stays until something ends.
pub fn stay(directory: PathBuf, data_dir: Option<PathBuf>, state_file: &Path) -> Result<()> {
    let mut stack = Stack::start(Options { data_dir, ..Options::new(directory.clone()) })?;
    stack.state.write(state_file)?;
    eprintln!("The stack runs: {} (SFU {})", stack.state.server_url, stack.state.livekit_url);
    for user in &stack.state.users {
        eprintln!("  {:8} {:24} password {}", user.username, user.display_name, user.password);
    }
    eprintln!("State: {}   Logs: {}   Ctrl-C ends it.", state_file.display(), directory.display());
    let ended = loop {
        if let Err(error) = stack.check() {
            break error;
        }
        thread::sleep(Duration::from_millis(200));
    };
    let _ = fs::remove_file(state_file);
    bail!(ended)
}
