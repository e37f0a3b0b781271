//! `scaiwave-server serve`, `check-config`, `admin` and `openapi`.

use std::{io::Write, path::PathBuf, process::ExitCode, sync::Arc};

use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use scaiwave_server::{
    Server,
    admin::{self, AdminArgs, AdminError},
    calls::sfu::LivekitSfu,
    config::{ServeArgs, Settings},
    layers::{self, Layers, ParseError, Parsed},
    log_filter, openapi,
};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// The ScaiWave Calls reference server.
#[derive(Parser)]
#[command(version)]
struct Cli {
    /// A TOML file of settings: their names in the environment in lower case, without `scaiwave_`.
    #[arg(long, env = "SCAIWAVE_CONFIG", global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs the server.
    Serve(Box<ServeArgs>),
    /// Checks the settings and prints them with where they come from, secrets hidden.
    CheckConfig(Box<ServeArgs>),
    /// Changes people, rooms and keys, also beside a running server.
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

/// glibc learns from the first 19 MB that a password's hash gave back to keep such blocks, small ones settle in between, and the next
/// hash needs new ones: a thousand sign-ins left 150 MB that nobody used. So large blocks go back to the system.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn give_large_blocks_back() {
    const LARGE: libc::c_int = 1 << 20;
    // SAFETY: sets a number of the allocator, under the allocator's own lock.
    if unsafe { libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE) } != 1 {
        tracing::warn!("the allocator may keep more memory than it needs");
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    give_large_blocks_back();
    let Parsed { args, layers } = match layers::parse::<Cli>(std::env::args_os(), "serve") {
        Ok(parsed) => parsed,
        Err(ParseError::Usage(e)) => e.exit(),
        Err(e @ ParseError::Setting(_)) => return failed(&e.into()),
    };
    let done = match args.command {
        Command::Serve(args) => serve(*args, &layers).await,
        Command::CheckConfig(args) => settings(*args, &layers).and_then(|_| print(&layers.effective())),
        Command::Admin(args) => {
            log_by(EnvFilter::new("warn"));
            admin::run(args).await.and_then(|answer| print(&answer))
        }
        Command::Openapi(args) => describe(&args),
    };
    done.map_or_else(|e| failed(&e), |()| ExitCode::SUCCESS)
}

/// 2 as for wrong usage, 3 for somebody or something that is not there, 1 for the rest.
fn failed(e: &anyhow::Error) -> ExitCode {
    eprintln!("scaiwave-server: {e:#}");
    let wrong_setting = e.is::<ParseError>();
    ExitCode::from(e.downcast_ref::<AdminError>().map_or(if wrong_setting { 2 } else { 1 }, AdminError::exit_code))
}

/// JSON lines on standard error.
fn log_by(filter: EnvFilter) {
    tracing_subscriber::fmt().json().with_span_list(false).with_writer(std::io::stderr).with_env_filter(filter).init();
}

fn print(answer: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(answer.as_bytes()).and_then(|()| out.flush()).context("cannot write to standard output")
}

/// Every connection is an open file, and what most systems allow at first is 1,024: we take all that they allow in the end.
fn allow_connections() {
    let raised = getrlimit(Resource::RLIMIT_NOFILE)
        .and_then(|(soft, hard)| if soft < hard { setrlimit(Resource::RLIMIT_NOFILE, hard, hard) } else { Ok(()) });
    if let Err(e) = raised {
        tracing::warn!(cause = %e, "the limit of open files, and so of connections, stays as it was");
    }
}

fn settings(args: ServeArgs, layers: &Layers) -> anyhow::Result<(Settings, EnvFilter)> {
    let filter = log_filter(&args.log).map_err(|e| layers.blame("SCAIWAVE_LOG", &e.to_string()))?;
    let settings = Settings::try_from(args).map_err(|e| layers.blame(e.setting, &e.problem))?;
    Ok((settings, filter))
}

fn describe(args: &OpenapiArgs) -> anyhow::Result<()> {
    if let Some(directory) = &args.write {
        for (name, text) in openapi::files() {
            let file = directory.join(name);
            std::fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
        }
        return Ok(());
    }
    print(if args.events { openapi::events() } else { openapi::openapi() })
}

async fn serve(args: ServeArgs, layers: &Layers) -> anyhow::Result<()> {
    let (settings, filter) = settings(args, layers)?;
    log_by(filter);
    allow_connections();
    let sfu = Arc::new(LivekitSfu::new(&settings.livekit).owned_by(&settings.server_name));
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let server = Server::start(settings, sfu).await?;
    print(&format!("{}\n", serde_json::json!({ "listening": format!("http://{}", server.address) })))?;
    let mut told = async || {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    told().await;
    tracing::info!("stopping");
    tokio::select! {
        () = server.stop() => tracing::info!("stopped"),
        () = told() => tracing::warn!("told to stop again: open requests are dropped"),
    }
    Ok(())
}
