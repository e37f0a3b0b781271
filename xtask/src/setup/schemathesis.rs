//! schemathesis and all it needs, in a virtual environment of its own, exactly as its lock file names them (pip checks their hashes).

use std::{fs, path::PathBuf, process::Command};

use anyhow::Result;

use super::sha256;
use crate::{paths, progress};

fn directory() -> PathBuf {
    paths::target().join("schemathesis")
}

/// The program.
pub fn program() -> PathBuf {
    directory().join("bin/schemathesis")
}

/// Made anew wherever the lock file is not the one that was installed last.
pub(super) fn install() -> Result<()> {
    let requirements = paths::root().join("tests/schemathesis/requirements.txt");
    let lock = sha256(&requirements)?;
    let stamp = directory().join("installed-from");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    let logs = paths::target_dir("setup")?;
    let mut venv = Command::new("python3");
    venv.args(["-m", "venv", "--clear"]).arg(directory());
    progress::run("a virtual environment for schemathesis", venv, &logs.join("venv.log"))?;
    let mut pip = Command::new(directory().join("bin/python"));
    pip.args(["-m", "pip", "install", "--require-hashes", "--only-binary=:all:", "--requirement"]).arg(requirements);
    progress::run("schemathesis", pip, &logs.join("schemathesis.log"))?;
    fs::write(stamp, lock)?;
    Ok(())
}
