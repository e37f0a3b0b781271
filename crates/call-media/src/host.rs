//! The host's handle to the process `call-engine`: starts it, sends requests, hands on its events, ends it.
//!
//! The engine never outlives its host: its stdin closes when the host dies, however it dies, and the engine takes that as the end.
//! (Linux' parent death signal would be the wrong tool: it follows the thread that forked, and threads of a pool come and go.)

use std::{
    collections::HashMap,
    convert::Infallible,
    env, io,
    path::PathBuf,
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures_util::StreamExt;
use parking_lot::Mutex;
use tokio::{
    io::AsyncWriteExt,
    process::{Child, ChildStdin, ChildStdout, Command as Process},
    sync::{Notify, mpsc, oneshot},
    time::{sleep, timeout},
};
use tokio_util::codec::{FramedRead, LinesCodec};
use tracing::{debug, warn};

use crate::protocol::{Command, EngineError, EngineErrorCode, Event, MAX_LINE_BYTES, Output, Reply, Request};

/// Names the engine's program, for a host that is not installed beside it.
pub const PROGRAM_ENV: &str = "SCAIWAVE_CALL_ENGINE";
/// Names the SDK's shared library; the engine reads it.
pub const LIBRARY_ENV: &str = "SCAIWAVE_LIVEKIT_LIBRARY";
/// What the engine logs to stderr, in the syntax of `RUST_LOG`.
pub const LOG_ENV: &str = "SCAIWAVE_ENGINE_LOG";

/// Longer than anything the engine takes its time for: a join gives up after ten seconds.
const REPLY_TIMEOUT: Duration = Duration::from_secs(15);
/// What a dropped engine gets to leave the call by itself.
const FAREWELL: Duration = Duration::from_secs(2);
const REQUEST_QUEUE: usize = 64;
const EVENT_QUEUE: usize = 256;

/// How to start the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineLaunch {
    /// The program `call-engine`.
    pub program: PathBuf,
    /// The SDK's library; `None` lets the engine look beside itself.
    pub library: Option<PathBuf>,
}

/// Why the engine did not start.
#[derive(Debug, thiserror::Error)]
pub enum LaunchError {
    /// It is not where it should be.
    #[error("the program call-engine is not beside {beside}: reinstall, or name it by {PROGRAM_ENV}")]
    NotFound {
        /// Where it was looked for.
        beside: PathBuf,
    },
    /// The system would not start it.
    #[error("{program} does not start: {error}")]
    Start {
        /// What was to be started.
        program: PathBuf,
        /// What the system said.
        error: io::Error,
    },
}

impl EngineLaunch {
    /// The program named by [`PROGRAM_ENV`], else the one beside this executable or one directory above it.
    pub fn locate() -> Result<Self, LaunchError> {
        if let Some(program) = env::var_os(PROGRAM_ENV) {
            return Ok(Self { program: program.into(), library: None });
        }
        let beside = env::current_exe().unwrap_or_default();
        let name = format!("call-engine{}", env::consts::EXE_SUFFIX);
        beside
            .ancestors()
            .skip(1)
            .take(2)
            .map(|directory| directory.join(&name))
            .find(|program| program.is_file())
            .map(|program| Self { program, library: None })
            .ok_or(LaunchError::NotFound { beside })
    }
}

type Waiters = Arc<Mutex<HashMap<u64, oneshot::Sender<Result<Reply, EngineError>>>>>;

/// A running engine. Dropped, it is asked to leave and killed if it does not.
#[derive(Debug)]
pub struct Engine {
    pid: u32,
    requests: mpsc::Sender<String>,
    waiters: Waiters,
    next_id: AtomicU64,
    kill: Arc<Notify>,
    /// Its drop tells the supervisor that nobody wants the engine any more.
    _wanted: oneshot::Sender<Infallible>,
}

impl Engine {
    /// Starts the process. Its first event is [`Event::Ready`]; the receiver closes when the process is gone. Whoever holds the receiver
    /// must read it: a host that does not gets no replies either.
    pub fn launch(launch: EngineLaunch) -> Result<(Self, mpsc::Receiver<Event>), LaunchError> {
        let mut process = Process::new(&launch.program);
        process.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit()).kill_on_drop(true);
        // the SDK library logs by itself, to stderr and with the token in it when one is refused: it reads this, we read LOG_ENV
        process.env("RUST_LOG", "off");
        if let Some(library) = &launch.library {
            process.env(LIBRARY_ENV, library);
        }
        let failed = |error| LaunchError::Start { program: launch.program.clone(), error };
        let mut child = process.spawn().map_err(failed)?;
        let (Some(stdin), Some(stdout), Some(pid)) = (child.stdin.take(), child.stdout.take(), child.id()) else {
            return Err(failed(io::Error::other("no pipes to it")));
        };
        let (requests, outgoing) = mpsc::channel(REQUEST_QUEUE);
        let (events, incoming) = mpsc::channel(EVENT_QUEUE);
        let (waiters, kill) = (Waiters::default(), Arc::new(Notify::new()));
        tokio::spawn(write_requests(stdin, outgoing));
        let (wanted, unwanted) = oneshot::channel();
        let outputs = read_outputs(stdout, events, waiters.clone());
        tokio::spawn(supervise(child, outputs, waiters.clone(), kill.clone(), unwanted));
        Ok((Self { pid, requests, waiters, next_id: AtomicU64::new(1), kill, _wanted: wanted }, incoming))
    }

    /// Sends a command and waits for its reply.
    pub async fn request(&self, command: Command) -> Result<Reply, EngineError> {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let line = serde_json::to_string(&Request { id, command })
            .map_err(|error| internal(format!("the command cannot be written: {error}")))?;
        let (waiter, reply) = oneshot::channel();
        self.waiters.lock().insert(id, waiter);
        let _forget = Forget { waiters: &self.waiters, id };
        self.requests.send(line).await.map_err(|_| gone())?;
        match timeout(REPLY_TIMEOUT, reply).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(gone()),
            Err(_) => Err(internal("the media engine does not answer".into())),
        }
    }

    /// The process.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Ends the process at once, for one that does not answer.
    pub fn kill(&self) {
        self.kill.notify_one();
    }
}

/// Takes a waiter back that nobody waits on any more.
struct Forget<'a> {
    waiters: &'a Waiters,
    id: u64,
}

impl Drop for Forget<'_> {
    fn drop(&mut self) {
        self.waiters.lock().remove(&self.id);
    }
}

fn internal(message: String) -> EngineError {
    EngineError { code: EngineErrorCode::Internal, message }
}

fn gone() -> EngineError {
    internal("the media engine has ended".into())
}

/// Ends, and closes the engine's stdin, when the [`Engine`] is dropped.
async fn write_requests(mut stdin: ChildStdin, mut requests: mpsc::Receiver<String>) {
    while let Some(mut line) = requests.recv().await {
        line.push('\n');
        if let Err(error) = stdin.write_all(line.as_bytes()).await {
            debug!(%error, "the engine takes no more requests");
            break;
        }
    }
}

async fn supervise(
    mut child: Child,
    outputs: impl Future<Output = ()>,
    waiters: Waiters,
    kill: Arc<Notify>,
    unwanted: oneshot::Receiver<Infallible>,
) {
    let overdue = async {
        let _ = unwanted.await;
        sleep(FAREWELL).await;
    };
    let kill_now = tokio::select! {
        () = outputs => false,
        () = kill.notified() => true,
        () = overdue => true,
    };
    if kill_now && let Err(error) = child.start_kill() {
        warn!(%error, "the engine cannot be killed");
    }
    // the events' sender is gone by now: whoever reads them knows that the process ended, and so does whoever waits for a reply
    let ended = timeout(FAREWELL, child.wait()).await;
    waiters.lock().clear();
    match ended {
        Ok(Ok(status)) => debug!(%status, "the engine ended"),
        Ok(Err(error)) => warn!(%error, "the engine's end was not seen"),
        Err(_) => {
            warn!("the engine closed its output but did not end: killed");
            let _ = child.kill().await;
        }
    }
}

/// Returns when the engine closed its output or writes what is no [`Output`].
async fn read_outputs(stdout: ChildStdout, events: mpsc::Sender<Event>, waiters: Waiters) {
    let mut lines = FramedRead::new(stdout, LinesCodec::new_with_max_length(MAX_LINE_BYTES));
    while let Some(line) = lines.next().await {
        let output = match line.map_err(|error| error.to_string()).and_then(|line| parse(&line)) {
            Ok(output) => output,
            Err(error) => return warn!(error, "the engine wrote a line that is no output: ended"),
        };
        match output {
            Output::Reply { id, result } => {
                let waiter = waiters.lock().remove(&id);
                // one that gave up waiting has left the table
                if let Some(waiter) = waiter {
                    let _ = waiter.send(result);
                }
            }
            Output::Event { event } => {
                // waits for a slow reader: events are state, none may be lost, and the engine holds back meanwhile
                let _ = events.send(event).await;
            }
        }
    }
}

fn parse(line: &str) -> Result<Output, String> {
    serde_json::from_str(line).map_err(|error| error.to_string())
}
