//! One `call-agent swarm`, started, waited for, read.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use anyhow::{Context, Result};
use serde_json::Value;
use xtask::{
    lines::Lines,
    peers, process,
    process::{Output, Pipes, Process},
    stack::Stack,
};

use super::people::People;

/// A thousand sign-ins, and then the calls.
const PATIENCE: Duration = Duration::from_secs(600);

/// What a swarm is to do: everybody is connected, the first one calls a room.
pub(super) struct Swarm {
    pub(super) clients: u16,
    pub(super) joiners: u16,
    pub(super) room: String,
    pub(super) calls: u32,
    pub(super) settle: Duration,
}

/// One that runs.
pub(super) struct Running {
    process: Process,
    lines: Lines,
}

impl Swarm {
    pub(super) fn start(&self, stack: &Stack, people: &People) -> Result<Running> {
        static COUNT: AtomicU32 = AtomicU32::new(1);
        let run = COUNT.fetch_add(1, Ordering::Relaxed);
        let file = |ending: &str| people.file.with_file_name(format!("swarm-{run}.{ending}"));
        let (log, output) = (file("log"), file("jsonl"));
        let mut command = peers::command(None, "call-agent");
        command.args(["swarm", "--server", &stack.state.server_url, "--room", &self.room, "--starters", "1"]);
        command.arg("--users").arg(&people.file);
        let numbers = [
            ("--joiners", self.joiners.to_string()),
            ("--listeners", (self.clients - 1 - self.joiners).to_string()),
            ("--calls", self.calls.to_string()),
            ("--settle", format!("{}ms", self.settle.as_millis())),
        ];
        command.args(numbers.into_iter().flat_map(|(name, value)| [name.to_owned(), value]));
        command.args(["--pause", "50ms", "--for", "3m", "--report", "json", "--events"]);
        let pipes = Pipes { stdin: false, stdout: Output::File(output.clone()) };
        let process = Process::start("call-agent swarm", command, &log, pipes)?;
        Ok(Running { process, lines: Lines::of(&output) })
    }
}

impl Running {
    /// Waits until all are connected.
    pub(super) fn online(&mut self) -> Result<()> {
        process::wait_until("the swarm comes online", PATIENCE, || {
            self.process.check()?;
            Ok(self.lines.all().iter().any(|line| line["milestone"] == "all_online"))
        })
    }

    /// Waits for its end.
    pub(super) fn report(mut self) -> Result<Value> {
        self.process.wait(PATIENCE)?;
        let report = self.lines.all().pop().filter(|line| line["rings"].is_object());
        let report = report.with_context(|| format!("no report\n{}", process::tail(self.process.log())))?;
        anyhow::ensure!(report["error"].is_null(), "the swarm failed: {report}\n{}", process::tail(self.process.log()));
        Ok(report)
    }
}
