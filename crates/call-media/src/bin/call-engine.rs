//! The media engine's process: see [`call_media::engine`].

use std::{io, process::ExitCode};

use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    // stdout belongs to the protocol
    let filter =
        EnvFilter::try_from_env(call_media::host::LOG_ENV).unwrap_or_else(|_| EnvFilter::new("warn,call_media=info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).with_ansi(false).init();
    call_media::engine::run()
}
