//! Where a test happens: a stack of its own, a desktop, and a directory with all logs.

use std::{fs, path::PathBuf, time::Duration};

use anyhow::{Result, bail};
use nix::{
    sys::signal::{self, Signal},
    unistd::Pid,
};
use xtask::{
    desktop::Desktop,
    lines::Lines,
    paths,
    peers::{self, Agent, App, AppOptions},
    process::{Pipes, Process},
    stack::{Options, Stack},
};

use crate::window::Window;

/// For what takes a second or two on an idle machine.
pub const SOON: Duration = Duration::from_secs(40);

/// A stack, a desktop and whoever is on them. Dropped, all ends.
pub struct World {
    /// The virtual desktop.
    pub desktop: Desktop,
    /// SFU and server.
    pub stack: Stack,
    /// Logs and reports.
    pub directory: PathBuf,
}

impl World {
    /// Starts everything in `target/e2e/<name>`, fresh.
    pub fn start(name: &str) -> Result<Self> {
        Self::with_ring(name, 45)
    }

    /// The same, with calls that ring for this long.
    pub fn with_ring(name: &str, ring_seconds: u32) -> Result<Self> {
        let directory = paths::target_dir("e2e")?.join(name);
        if directory.exists() {
            fs::remove_dir_all(&directory)?;
        }
        let stack = Stack::start(Options { ring_seconds, ..Options::new(directory.join("stack")) })?;
        let desktop = Desktop::start(&directory.join("desktop"))?;
        Ok(Self { desktop, stack, directory })
    }

    /// A room's id by its name.
    pub fn room(&self, name: &str) -> Result<String> {
        Ok(self.stack.state.room(name)?.room_id.clone())
    }

    /// The app, signed in as somebody and able to be rung.
    pub fn app(&self, user: &str) -> Result<App> {
        let directory = self.directory.join(user);
        let app = App::start(Some(&self.desktop), &self.stack.state, user, &AppOptions::default(), &directory)?;
        app.report.milestone("online", 0, SOON)?;
        Ok(app)
    }

    /// The app again, with what it kept of the last time: still signed in, so nobody types a password.
    pub fn open_again(&self, user: &str) -> Result<App> {
        let directory = self.directory.join(user);
        let mut command = peers::command(Some(&self.desktop), "scaiwave-calls");
        command.args(AppOptions::default().arguments(&directory));
        let log = directory.join("scaiwave-calls.log");
        let process = Process::start("scaiwave-calls", command, &log, Pipes::default())?;
        Ok(App { process, report: Lines::of(&directory.join("report.jsonl")) })
    }

    /// The app's window, signed in through its form and able to be rung.
    pub fn window(&self, user: &str) -> Result<Window> {
        let window = Window::open(&self.desktop, &AppOptions::default(), &self.directory.join(user))?;
        window.sign_in(&self.stack.state.server_url, user, &self.stack.state.user(user)?.password)?;
        window.report.milestone("online", 0, SOON)?;
        Ok(window)
    }

    /// Tells an agent to hang up; does not wait for it.
    pub fn hang_up(&self, agent: &Agent) -> Result<()> {
        Ok(signal::kill(Pid::from_raw(agent.process.pid().try_into()?), Signal::SIGINT)?)
    }

    /// An agent that does what the arguments say.
    pub fn agent(&self, user: &str, arguments: &[&str]) -> Result<Agent> {
        Agent::start(&self.stack.state, user, arguments, &self.directory)
    }

    /// Answers by the ring window.
    pub fn answer(&self, app: &App) -> Result<()> {
        app.report.milestone("ring_painted", 0, SOON)?;
        self.desktop.press("Incoming", "Answer", SOON)
    }
}

/// The process id of a program that `parent` started.
pub fn child_of(parent: u32, program: &str) -> Result<u32> {
    for entry in fs::read_dir("/proc")? {
        let Ok(pid) = entry?.file_name().to_string_lossy().parse::<u32>() else { continue };
        // one that has just ended
        let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else { continue };
        let Some((name, rest)) = stat.split_once(')') else { continue };
        let parent_pid = rest.split_whitespace().nth(1).and_then(|field| field.parse::<u32>().ok());
        if parent_pid == Some(parent) && name.ends_with(&format!("({program}")) {
            return Ok(pid);
        }
    }
    bail!("process {parent} has no child {program}")
}

/// Ends a process at once, as a crash would.
pub fn kill(pid: u32) -> Result<()> {
    Ok(signal::kill(Pid::from_raw(pid.try_into()?), Signal::SIGKILL)?)
}
