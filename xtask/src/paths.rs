//! Where things are.

use std::{
    env, fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
};

use anyhow::{Context, Result};

/// The repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the repository").to_owned()
}

/// Cargo's target directory: everything made here lies under it.
pub fn target() -> PathBuf {
    match env::var_os("CARGO_TARGET_DIR") {
        Some(directory) => root().join(directory),
        None => root().join("target"),
    }
}

/// A directory under the target directory, made if it is new.
pub fn target_dir(name: &str) -> Result<PathBuf> {
    let directory = target().join(name);
    fs::create_dir_all(&directory).with_context(|| format!("cannot make {}", directory.display()))?;
    Ok(directory)
}

static OPTIMISED: AtomicBool = AtomicBool::new(false);

/// From now on programs are built and run optimised, for benchmarks.
pub fn use_release() {
    OPTIMISED.store(true, Ordering::Relaxed);
}

/// Whether programs are built and run optimised.
pub fn is_release() -> bool {
    OPTIMISED.load(Ordering::Relaxed)
}

/// A program of this workspace, built with the development profile unless [`use_release`] was called.
pub fn program(name: &str) -> PathBuf {
    target().join(if is_release() { "release" } else { "debug" }).join(name)
}

/// The pinned SFU.
pub fn livekit_server() -> PathBuf {
    target().join("tools/livekit-server")
}
