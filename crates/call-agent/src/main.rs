//! A person at a call without a window: signs in, calls a room or waits to be called, sends a pattern and a tone, watches and
//! listens, leaves, and says what it saw and heard.
//!
//! **For**: the demo partner, the other end of tests, and load.
//!
//! **Runs**: the same session (`call-session`) and the same engine as the app; this is its other face. A [`swarm`] runs many people
//! without either, on `scaiwave-client` alone.
//!
//! **Never**: draws, plays sound, keeps a sign-in, or does anything a person in the app could not do.

mod agent;
mod cli;
mod pictures;
mod print;
mod record;
mod report;
mod swarm;

use std::{
    io::{BufRead, IsTerminal},
    process::ExitCode,
};

use tokio_util::sync::CancellationToken;

use crate::{
    agent::Agent,
    cli::{Cli, Options},
    print::Printer,
    swarm::SwarmOptions,
};

fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_default_env()
                .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn")),
        )
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .init();
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("call-agent: the system gives no threads: {error}");
            return ExitCode::FAILURE;
        }
    };
    match cli {
        Cli::Person(options) => match password_from_stdin() {
            Ok(password) => runtime.block_on(run(options, password)),
            Err(problem) => {
                eprintln!("call-agent: {problem}");
                ExitCode::from(2)
            }
        },
        Cli::Swarm(options) => runtime.block_on(run_swarm(options)),
    }
}

async fn run(options: Options, password: String) -> ExitCode {
    let printer = Printer::new(options.events, options.report);
    let stop = CancellationToken::new();
    tokio::spawn(stop_on_signal(stop.clone()));
    let report = Agent::run(options, password, printer, stop).await;
    printer.report(&report);
    exit_code(report.error.as_deref())
}

async fn run_swarm(options: SwarmOptions) -> ExitCode {
    let printer = Printer::new(options.events, options.report);
    let stop = CancellationToken::new();
    tokio::spawn(stop_on_signal(stop.clone()));
    let report = swarm::run(options, printer, stop).await;
    printer.report(&report);
    exit_code(report.error.as_deref())
}

fn exit_code(error: Option<&str>) -> ExitCode {
    let Some(error) = error else { return ExitCode::SUCCESS };
    eprintln!("call-agent: {error}");
    ExitCode::FAILURE
}

fn password_from_stdin() -> Result<String, String> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).map_err(|error| format!("the password cannot be read: {error}"))?;
    let password = line.trim_end_matches(['\r', '\n']);
    if password.is_empty() {
        return Err("the first line of standard input must be the password".into());
    }
    Ok(password.to_owned())
}

/// The first Ctrl-C or SIGTERM leaves the call properly; a second one ends the process at once.
async fn stop_on_signal(stop: CancellationToken) {
    signalled().await;
    stop.cancel();
    signalled().await;
    std::process::exit(130);
}

async fn signalled() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let Ok(mut terminate) = signal(SignalKind::terminate()) else { return std::future::pending().await };
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        }
    }
    #[cfg(not(unix))]
    {
        let _ = tokio::signal::ctrl_c().await;
    }
}
