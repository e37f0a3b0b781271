//! `cargo xtask`: the two set-up commands `demo` and `test`, and what they are made of.

use std::{path::PathBuf, process::ExitCode};

use anyhow::Result;
use clap::{Parser, Subcommand};
use xtask::{bench, build, demo, licences, paths, process, progress, setup, soak, stack, test};

/// Sets up, shows, tests and measures ScaiWave Calls.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Installs what is missing.
    Setup,
    /// Measures a call beside a browser client (`bench call`) or the server with many clients (`bench server`); `--help` after either
    /// tells the options.
    #[command(disable_help_flag = true)]
    Bench {
        /// What to measure, and how.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true)]
        arguments: Vec<String>,
    },
    /// Builds all, opens the app signed in, and has a partner call it.
    Demo,
    /// Sets up, then runs everything that CI runs.
    Test {
        /// One stage alone: format, licences, ui, types, clippy, unit, bench, static-sdk, api, e2e.
        #[arg(long, value_name = "STAGE")]
        only: Option<String>,
    },
    /// Plays something over and over, for as long as nothing breaks: server (killed in mid-call), api.
    Soak {
        /// Which.
        name: String,
        #[command(flatten)]
        options: soak::Options,
    },
    /// Brings THIRD_PARTY.md up to date.
    Licences,
    /// Takes the README's pictures from the real app into docs/images/.
    Screenshots,
    /// Starts the SFU and the server on loopback, with people and rooms, and stays.
    Stack {
        /// Where to write addresses, people and rooms.
        #[arg(long, default_value_os_t = paths::target().join("stack.json"))]
        state_file: PathBuf,
        /// The server's data; a new one for each start by default.
        #[arg(long)]
        data_dir: Option<PathBuf>,
    },
}

fn main() -> ExitCode {
    match run(Cli::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nxtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> Result<()> {
    process::end_all_when_interrupted()?;
    match task {
        Task::Setup => setup::all(),
        Task::Demo => demo::run(),
        Task::Bench { arguments } => bench::run(&arguments),
        Task::Test { only } => test::run(only.as_deref()),
        Task::Soak { name, options } => soak::run(&name, options),
        Task::Licences => licences::check(true),
        Task::Screenshots => {
            setup::all()?;
            progress::headline("Building");
            build::webview()?;
            build::programs(&[build::SERVER, build::ENGINE, build::AGENT, build::APP, build::END_TO_END])?;
            let status = std::process::Command::new(paths::program("screenshots")).status()?;
            anyhow::ensure!(status.success(), "no pictures: see target/e2e/screenshots-*");
            Ok(())
        }
        Task::Stack { state_file, data_dir } => {
            setup::all()?;
            progress::headline("Building the server");
            build::programs(&[build::SERVER])?;
            let directory = paths::target_dir(&format!("stack/{}", std::process::id()))?;
            stack::stay(directory, data_dir, &state_file)
        }
    }
}
