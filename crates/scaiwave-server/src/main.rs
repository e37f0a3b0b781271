//! `scaiwave-server serve`, `scaiwave-server admin` and `scaiwave-server openapi`.

use std::{io::Write, path::PathBuf, process::ExitCode, sync::Arc};

use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use scaiwave_server::{
    Server,
    admin::{self, AdminArgs},
    calls::sfu::LivekitSfu,
    config::{ServeArgs, Settings},
    openapi,
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
    Serve(Box<ServeArgs>),
    /// Adds people and rooms, also beside a running server.
    Admin(AdminArgs),
    /// Prints what the server says of itself at /v1/openapi.json.
    Openapi(OpenapiArgs),
}

#[derive(Args)]
struct OpenapiArgs {
    /// The JSON Schema of the events instead.
    #[arg(long)]
    events: bool,
    /// Write the description, the schema and the page made of both below this directory.
    #[arg(long, value_name = "DIRECTORY", conflicts_with = "events")]
    write: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let filter = tracing_subscriber::EnvFilter::try_from_env("SCAIWAVE_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    tracing_subscriber::fmt().json().with_span_list(false).with_writer(std::io::stderr).with_env_filter(filter).init();
    let done = match Cli::parse().command {
        Command::Serve(args) => serve(*args).await,
        Command::Admin(args) => admin::run(args).await.and_then(|answer| print(&answer)),
        Command::Openapi(args) => describe(&args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("scaiwave-server: {e:#}");
            ExitCode::FAILURE
        }
    }
}

fn describe(args: &OpenapiArgs) -> anyhow::Result<()> {
    if let Some(directory) = &args.write {
        for (name, text) in openapi::files() {
            let file = directory.join(name);
            std::fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
        }
        return Ok(());
    }
    print(if args.events { openapi::events() } else { openapi::openapi() }.trim_end())
}

fn print(answer: impl std::fmt::Display) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{answer}").and_then(|()| out.flush()).context("cannot write to standard output")
}

async fn serve(args: ServeArgs) -> anyhow::Result<()> {
    let settings = Settings::try_from(args)?;
    let sfu = Arc::new(LivekitSfu::new(&settings.livekit).owned_by(&settings.server_name));
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let server = Server::start(settings, sfu).await?;
    print(serde_json::json!({ "listening": format!("http://{}", server.address) }))?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("stopping");
    server.stop().await;
    Ok(())
}
