//! `scaiwave-server serve` and `scaiwave-server admin`.

use std::{io::Write, process::ExitCode, sync::Arc};

use anyhow::Context;
use clap::{Parser, Subcommand};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use scaiwave_server::{
    Server,
    admin::{self, AdminArgs},
    calls::sfu::LivekitSfu,
    config::{ServeArgs, Settings},
};
use tokio::signal::unix::{SignalKind, signal};

/// The ScaiWave Calls reference server.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs the server.
    Serve(ServeArgs),
    /// Adds people and rooms, also beside a running server.
    Admin(AdminArgs),
}

#[tokio::main]
async fn main() -> ExitCode {
    let filter = tracing_subscriber::EnvFilter::try_from_env("SCAIWAVE_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    tracing_subscriber::fmt().json().with_span_list(false).with_writer(std::io::stderr).with_env_filter(filter).init();
    let done = match Cli::parse().command {
        Command::Serve(args) => serve(args).await,
        Command::Admin(args) => admin::run(args).await.and_then(|answer| print(&answer)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("scaiwave-server: {e:#}");
            ExitCode::FAILURE
        }
    }
}

fn print(answer: &serde_json::Value) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{answer}").and_then(|()| out.flush()).context("cannot write to standard output")
}

/// Every connection is an open file, and what most systems allow at first is 1,024: we take all that they allow in the end.
fn allow_connections() {
    let raised = getrlimit(Resource::RLIMIT_NOFILE)
        .and_then(|(soft, hard)| if soft < hard { setrlimit(Resource::RLIMIT_NOFILE, hard, hard) } else { Ok(()) });
    if let Err(e) = raised {
        tracing::warn!(cause = %e, "the limit of open files, and so of connections, stays as it was");
    }
}

async fn serve(args: ServeArgs) -> anyhow::Result<()> {
    let settings = Settings::try_from(args)?;
    allow_connections();
    let sfu = Arc::new(LivekitSfu::new(&settings.livekit));
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let server = Server::start(settings, sfu).await?;
    print(&serde_json::json!({ "listening": format!("http://{}", server.address) }))?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("stopping");
    server.stop().await;
    Ok(())
}
