//! Builds this workspace's programs.

use std::{env, process::Command};

use anyhow::Result;

use crate::{paths, progress};

/// A program, and how cargo is told to build it.
pub type Program = &'static [&'static str];

/// The reference server.
pub const SERVER: Program = &["--package=scaiwave-server"];
/// The media engine.
pub const ENGINE: Program = &["--package=call-media", "--features=call-media/engine"];
/// The headless client.
pub const AGENT: Program = &["--package=call-agent"];
/// The app; its webview must have been built before.
pub const APP: Program = &["--package=scaiwave-calls"];

/// The program that takes the README's pictures.
pub const END_TO_END: Program = &["--package=e2e"];

/// Cargo, without what the cargo that runs us told us about our own package.
pub fn cargo() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for (name, _) in env::vars_os() {
        if name.to_string_lossy().starts_with("CARGO_PKG_") || name.to_string_lossy().starts_with("CARGO_MANIFEST_") {
            command.env_remove(name);
        }
    }
    command.env_remove("LD_LIBRARY_PATH").current_dir(paths::root());
    command
}

/// Builds programs, all in one go.
pub fn programs(programs: &[Program]) -> Result<()> {
    let mut command = cargo();
    command.args(["build", "--bins"]).args(programs.concat());
    if paths::is_release() {
        command.arg("--release");
    }
    progress::run("cargo build", command, &paths::target_dir("setup")?.join("build.log"))
}

/// Builds the webview, which the app embeds.
pub fn webview() -> Result<()> {
    let mut npm = Command::new("npm");
    npm.args(["run", "build"]).current_dir(paths::root().join("ui"));
    progress::run("the webview", npm, &paths::target_dir("setup")?.join("webview.log"))
}
