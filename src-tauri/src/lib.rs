//! The desktop app: a thin shell around `call-session`, which owns all state of sign-in, rooms and calls.
//!
//! **For**: the person. It opens windows, rings, plays the ringtone, shows notifications, keeps tokens in the system's keyring, and
//! draws the pictures of a call below the webview. Each of these follows the session's snapshots by itself; none of them asks another.
//!
//! **May be called by**: `main.rs` alone; the webview by `commands`.
//!
//! **Never**: call state of its own, JSON of the server, the LiveKit SDK, a wait on the thread that runs the windows.

mod app;
mod cli;
mod commands;
mod environment;
mod notify;
mod profile;
mod report;
mod ring;
mod sound;
mod stage;
mod tray;
mod vault;
mod windows;

use std::process::ExitCode;

use clap::Parser;
use tracing_subscriber::EnvFilter;

/// Runs the app until the person quits it.
pub fn run() -> ExitCode {
    environment::prepare();
    let cli = cli::Cli::parse();
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new("warn,scaiwave_calls=info,call_session=info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match app::run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("scaiwave-calls: {error}");
            ExitCode::FAILURE
        }
    }
}
