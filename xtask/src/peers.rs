//! The app and the agent as others start them: signed in, on test sources, saying what happens in a file.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::{
    desktop::Desktop,
    lines::Lines,
    paths,
    process::{Output, Pipes, Process},
    stack::State,
};

/// A program on this desktop, else on the person's own.
pub fn command(desktop: Option<&Desktop>, program: &str) -> Command {
    let program = paths::program(program);
    desktop.map_or_else(|| Command::new(&program), |desktop| desktop.command(&program))
}

/// What the app is started with.
#[derive(Clone, Debug)]
pub struct AppOptions {
    /// `--camera`
    pub camera: String,
    /// `--microphone`
    pub microphone: String,
    /// `--speaker`
    pub speaker: String,
}

impl Default for AppOptions {
    fn default() -> Self {
        Self { camera: "pattern".into(), microphone: "tone:440".into(), speaker: "device".into() }
    }
}

impl AppOptions {
    /// The app's arguments, with profile and report in `directory`.
    pub fn arguments(&self, directory: &Path) -> Vec<String> {
        let (profile, report) = (directory.join("profile"), directory.join("report.jsonl"));
        let pairs = [
            ("--profile", profile.to_string_lossy().into_owned()),
            ("--report", report.to_string_lossy().into_owned()),
            ("--camera", self.camera.clone()),
            ("--microphone", self.microphone.clone()),
            ("--speaker", self.speaker.clone()),
        ];
        pairs.into_iter().flat_map(|(name, value)| [name.to_owned(), value]).collect()
    }
}

/// The running app.
pub struct App {
    /// Its process.
    pub process: Process,
    /// Its milestones.
    pub report: Lines,
}

impl App {
    /// Starts it, signed in as somebody.
    pub fn start(
        desktop: Option<&Desktop>,
        state: &State,
        user: &str,
        options: &AppOptions,
        directory: &Path,
    ) -> Result<Self> {
        fs::create_dir_all(directory)?;
        let mut command = command(desktop, "scaiwave-calls");
        command.args(options.arguments(directory));
        command.args(["--sign-in", &state.server_url, user, "--password-stdin"]);
        let pipes = Pipes { stdin: true, ..Pipes::default() };
        let mut process = Process::start("scaiwave-calls", command, &directory.join("scaiwave-calls.log"), pipes)?;
        tell(&mut process, &state.user(user)?.password)?;
        Ok(Self { process, report: Lines::of(&directory.join("report.jsonl")) })
    }
}

/// A running agent.
pub struct Agent {
    /// Its process.
    pub process: Process,
    /// What happens to it, and its report as the last line.
    pub events: Lines,
    output: PathBuf,
}

impl Agent {
    /// Starts it as somebody; `arguments` say what to do.
    pub fn start(state: &State, user: &str, arguments: &[&str], directory: &Path) -> Result<Self> {
        fs::create_dir_all(directory)?;
        let output = directory.join(format!("{user}.jsonl"));
        let mut command = command(None, "call-agent");
        command.args([
            "--server",
            &state.server_url,
            "--user",
            user,
            "--password-stdin",
            "--events",
            "--report",
            "json",
        ]);
        command.args(arguments);
        let pipes = Pipes { stdin: true, stdout: Output::File(output.clone()) };
        let log = directory.join(format!("{user}.log"));
        let mut process = Process::start(&format!("call-agent {user}"), command, &log, pipes)?;
        tell(&mut process, &state.user(user)?.password)?;
        Ok(Self { process, events: Lines::of(&output), output })
    }

    /// Its report, once it has ended.
    pub fn report(&mut self, at_most: Duration) -> Result<Value> {
        self.process.wait(at_most)?;
        let report = self.events.all().pop().filter(|line| line["started_at"].is_number());
        report.with_context(|| {
            format!("no report in {}\n{}", self.output.display(), crate::process::tail(self.process.log()))
        })
    }
}

fn tell(process: &mut Process, password: &str) -> Result<()> {
    let mut input = process.stdin().context("no standard input")?;
    // one that has ended already says why in its log
    let _ = writeln!(input, "{password}");
    Ok(())
}
