//! The program itself, as operators run it.

use std::{
    path::Path,
    process::{ExitStatus, Stdio},
};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    process::{Child, Command},
    task::JoinHandle,
    time::timeout,
};

use crate::world::{KEY, PATIENCE, SECRET};

/// The program with settings that work, on a free port.
pub fn program(dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scaiwave-server"));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command.env("SCAIWAVE_DATA_DIR", dir).env("SCAIWAVE_LISTEN", "127.0.0.1:0");
    command.env("SCAIWAVE_LIVEKIT_URL", "ws://127.0.0.1:9").env("SCAIWAVE_LIVEKIT_API_KEY", KEY);
    command.env("SCAIWAVE_LIVEKIT_API_SECRET", SECRET);
    command
}

/// How a run that ends by itself went.
#[derive(Debug)]
pub struct Ended {
    pub code: i32,
    pub out: String,
    pub err: String,
}

pub async fn run(mut command: Command, input: &str) -> Ended {
    let mut child = command.spawn().unwrap();
    // A program that refuses its arguments does not read.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes()).await;
    let output = timeout(PATIENCE, child.wait_with_output()).await.expect("does not end").unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ended { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
}

/// An admin command, answered in JSON.
pub async fn admin(dir: &Path, args: &[&str], input: &str) -> Result<Value, Ended> {
    let mut command = program(dir);
    command.args(["admin", "--json"]).args(args);
    let ended = run(command, input).await;
    if ended.code == 0 { Ok(serde_json::from_str(&ended.out).unwrap()) } else { Err(ended) }
}

/// A running server.
pub struct Program {
    pub base: String,
    child: Child,
    log: JoinHandle<String>,
}

impl Program {
    pub async fn serve(mut command: Command) -> Self {
        let mut child = command.arg("serve").spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut stderr = child.stderr.take().unwrap();
        let log = tokio::spawn(async move {
            let mut log = String::new();
            stderr.read_to_string(&mut log).await.unwrap();
            log
        });
        let mut line = String::new();
        timeout(PATIENCE, stdout.read_line(&mut line)).await.unwrap().unwrap();
        let ready: Value = serde_json::from_str(&line).expect("did not start");
        Self { base: ready["listening"].as_str().unwrap().to_owned(), child, log }
    }

    /// Tells it to stop.
    pub async fn terminate(&self) {
        let pid = self.child.id().unwrap().to_string();
        assert!(Command::new("kill").arg(pid).status().await.unwrap().success());
    }

    /// Waits for its end; answers what it logged.
    pub async fn ended(mut self) -> (ExitStatus, String) {
        let status = timeout(PATIENCE, self.child.wait()).await.expect("does not stop").unwrap();
        (status, self.log.await.unwrap())
    }
}
