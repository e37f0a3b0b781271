//! The JavaScript packages, exactly as the lock files name them (npm checks their hashes).

use std::{fs, process::Command};

use anyhow::Result;

use super::sha256;
use crate::{paths, progress};

/// Directories with a lock file of their own.
pub const DIRECTORIES: [&str; 2] = ["ui", "tests/browser"];

/// `npm ci` wherever the lock file is not the one that was installed last.
pub(super) fn install() -> Result<()> {
    for name in DIRECTORIES {
        let directory = paths::root().join(name);
        let lock = sha256(&directory.join("package-lock.json"))?;
        // inside, so that it goes when somebody removes the packages
        let stamp = directory.join("node_modules/.installed-from");
        if fs::read_to_string(&stamp).is_ok_and(|installed| installed == lock) {
            continue;
        }
        let mut npm = Command::new("npm");
        npm.args(["ci", "--no-audit", "--no-fund"]).current_dir(&directory);
        let log = paths::target_dir("setup")?.join(format!("npm-{}.log", name.replace('/', "-")));
        progress::run(&format!("npm packages of {name}/"), npm, &log)?;
        fs::write(stamp, lock)?;
    }
    Ok(())
}
