//! Where things are.

use std::{
    env, fs,
    path::{Path, PathBuf},
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

/// A program of this workspace, built with the development profile.
pub fn program(name: &str) -> PathBuf {
    target().join("debug").join(name)
}

/// The pinned SFU.
pub fn livekit_server() -> PathBuf {
    target().join("tools/livekit-server")
}
