//! The LiveKit SDK's shared library, out of a pinned Python wheel: pip checks the wheel's hash, we check the library's own.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

use super::sha256;
use crate::{paths, progress};

/// pip checks against these: one for each platform.
const REQUIREMENT: &str = "livekit==1.2.1 \
    --hash=sha256:c9a0269cc23a889e20f716405a59fbae375a0248ea3d2d043da103cfb0b71711 \
    --hash=sha256:8a3dd36574d5df73dba5baa8fbed97401e25b51ab38822fe2c4769fef994f09d\n";
const LIBRARY: &str = "liblivekit_ffi.so";
/// Of the library inside the wheel.
const LIBRARY_SHA256: &str = if cfg!(target_arch = "x86_64") {
    "b0e3b91dcf42b486045b6acca4863b132e3c4d114d5701b5759c7661c04ea1eb"
} else {
    "1851e0a2b740be6041e5a8bf66f419f78f0a424348b4d44d52bf2ece231ab740"
};

/// Where the library lies, with its licences beside it.
pub fn library() -> PathBuf {
    paths::target().join("livekit-sdk").join(LIBRARY)
}

/// Fetches it unless the right one is there, and puts it beside the programs that load it.
pub(super) fn install() -> Result<()> {
    if !cfg!(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))) {
        bail!("the LiveKit SDK is pinned for Linux on x86_64 and aarch64 only, so far");
    }
    if !is_right(&library()) {
        fetch()?;
    }
    for profile in ["debug", "release"] {
        let beside = paths::target_dir(profile)?.join(LIBRARY);
        if !is_right(&beside) {
            let _ = fs::remove_file(&beside);
            if fs::hard_link(library(), &beside).is_err() {
                fs::copy(library(), &beside)?;
            }
        }
    }
    Ok(())
}

fn is_right(library: &Path) -> bool {
    sha256(library).is_ok_and(|sum| sum == LIBRARY_SHA256)
}

fn fetch() -> Result<()> {
    let directory = paths::target_dir("livekit-sdk")?;
    let scratch = tempfile::tempdir_in(&directory)?;
    let requirements = scratch.path().join("requirements.txt");
    fs::write(&requirements, REQUIREMENT)?;
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "download", "--require-hashes", "--no-deps", "--only-binary=:all:", "--no-cache-dir"]);
    pip.arg("--requirement").arg(&requirements).arg("--dest").arg(scratch.path());
    progress::run("the LiveKit SDK (10 MB)", pip, &directory.join("pip.log"))?;

    let is_wheel = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "whl");
    let mut files = fs::read_dir(scratch.path())?.filter_map(|entry| Some(entry.ok()?.path()));
    let wheel = files.find(is_wheel).context("pip brought no wheel for this platform")?;
    let mut unzip = Command::new("python3");
    unzip.args(["-m", "zipfile", "--extract"]).arg(wheel).arg(scratch.path());
    progress::run("unpacking it", unzip, &directory.join("unzip.log"))?;

    let inside = scratch.path().join("livekit/rtc/resources");
    if !is_right(&inside.join(LIBRARY)) {
        bail!("the library in the wheel is not the one that was pinned (SHA-256 {LIBRARY_SHA256})");
    }
    fs::rename(inside.join("LICENSE.md"), directory.join("LICENSE.md"))?;
    fs::rename(inside.join(LIBRARY), library())?;
    Ok(())
}
