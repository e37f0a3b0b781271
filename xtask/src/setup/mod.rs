//! `setup`: installs what is missing, pinned and checked, and is done in a moment when nothing is.

mod apt;
mod livekit;
mod npm;
mod schemathesis;
mod sdk;
mod toolchain;

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    time::Instant,
};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use crate::progress;

/// Everything that build, demo and tests need.
pub fn all() -> Result<()> {
    progress::headline("Set-up");
    let started = Instant::now();
    toolchain::check()?;
    apt::install()?;
    sdk::install()?;
    livekit::install()?;
    npm::install()?;
    schemathesis::install()?;
    progress::say(&format!("set up in {}", progress::elapsed(started)));
    Ok(())
}

pub use apt::packages;
pub use npm::DIRECTORIES as NPM_DIRECTORIES;
pub use schemathesis::program as schemathesis;
pub use sdk::library;

/// What a program prints, trimmed; nothing if it is missing or fails.
fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// A file's SHA-256 in hexadecimal.
fn sha256(file: &Path) -> Result<String> {
    let bytes = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    Ok(Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect())
}
