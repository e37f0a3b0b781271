//! `cargo xtask`: the two set-up commands `demo` and `test`, and what they are made of.

use std::{path::PathBuf, process::ExitCode};

use anyhow::Result;
use clap::{Parser, Subcommand};
use xtask::{build, demo, paths, process, progress, setup, stack};

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
    /// Builds all, opens the app signed in, and has a partner call it.
    Demo,
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
        Task::Stack { state_file, data_dir } => {
            setup::all()?;
            progress::headline("Building the server");
            build::programs(&[build::SERVER])?;
            let directory = paths::target_dir(&format!("stack/{}", std::process::id()))?;
            stack::stay(directory, data_dir, &state_file)
        }
    }
}
