//! `test`: everything that CI runs, in the order of what fails fastest.

use std::{
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

use crate::{
    api,
    bench::BENCH,
    build, licences, paths,
    progress::{self, elapsed, headline, say},
    setup,
};

/// A stage: its name for `--only`, and what it does.
type Stage = (&'static str, fn() -> Result<()>);

const STAGES: [Stage; 10] = [
    ("format", || cargo("cargo fmt", &["fmt", "--all", "--check"])),
    ("licences", || licences::check(false)),
    ("ui", ui),
    ("types", types),
    ("clippy", || {
        cargo("cargo clippy", &["clippy", "--locked", "--workspace", "--all-targets", ENGINE, "--", "-D", "warnings"])
    }),
    // the end-to-end tests come last, on a desktop
    ("unit", || cargo("cargo test", &["test", "--locked", "--workspace", "--exclude=e2e", ENGINE])),
    ("bench", bench),
    ("static-sdk", static_sdk),
    ("api", || {
        build::programs(&[build::SERVER])?;
        api::run(Duration::from_secs(75), 1)
    }),
    ("e2e", end_to_end),
];
const ENGINE: &str = "--features=call-media/engine";

/// Runs all stages, or one; stops at the first that fails.
pub fn run(only: Option<&str>) -> Result<()> {
    let stages: Vec<Stage> = STAGES.into_iter().filter(|(name, _)| only.is_none_or(|only| only == *name)).collect();
    if stages.is_empty() {
        bail!("no such stage; there are: {}", STAGES.map(|(name, _)| name).join(", "));
    }
    setup::all()?;
    // the app embeds it, so nothing compiles without
    build::webview()?;
    let started = Instant::now();
    for (passed, (name, stage)) in stages.iter().enumerate() {
        headline(name);
        let began = Instant::now();
        if let Err(error) = stage() {
            eprintln!("\n{error:#}\n");
            println!("{passed} passed, 1 failed, {} skipped", stages.len() - passed - 1);
            bail!("the stage {name} failed; again alone: cargo xtask test --only {name}");
        }
        say(&format!("{name} passed in {}", elapsed(began)));
    }
    say(&format!("all in {}", elapsed(started)));
    println!("{} passed, 0 failed", stages.len());
    Ok(())
}

fn cargo(what: &str, arguments: &[&str]) -> Result<()> {
    let mut command = build::cargo();
    command.args(arguments);
    logged(what, command)
}

fn logged(what: &str, command: Command) -> Result<()> {
    let log = paths::target_dir("test")?.join(format!("{}.log", what.replace([' ', '/'], "-")));
    progress::run(what, command, &log)
}

fn ui() -> Result<()> {
    for script in ["check", "test", "build:twin"] {
        let mut npm = Command::new("npm");
        npm.args(["run", script]).current_dir(paths::root().join("ui"));
        logged(&format!("npm run {script}"), npm)?;
    }
    // the built page in Chromium, fed with snapshots
    let mut node = Command::new("node");
    node.args(["--test", "tests/browser/ui.test.mjs"]).current_dir(paths::root());
    logged("the page in Chromium", node)
}

/// The webview's types are those that the Rust ones give.
fn types() -> Result<()> {
    cargo("export of types", &["test", "--locked", "--package=call-session", "--lib", "export_bindings"])?;
    let mut git = Command::new("git");
    git.args(["status", "--porcelain", "ui/src/generated"]).current_dir(paths::root());
    let changed = git.output().context("git is needed")?.stdout;
    if !changed.is_empty() {
        bail!("the generated types differ from those committed:\n{}", String::from_utf8_lossy(&changed));
    }
    Ok(())
}

/// The engine's source fits the real `livekit` crate too. Its own target directory: that crate is not to be linked.
fn static_sdk() -> Result<()> {
    let mut command = build::cargo();
    command.args(["check", "--locked", "--package=call-media", "--features=static-sdk"]);
    command.env("DOCS_RS", "1").env("CARGO_TARGET_DIR", paths::target().join("static"));
    logged("cargo check with the static SDK", command)
}

/// The server's benchmark in small: that it works and no ring is lost, not how fast.
fn bench() -> Result<()> {
    build::programs(&[build::SERVER, build::AGENT, BENCH])?;
    let mut command = Command::new(paths::program("call-bench"));
    command.args([
        "server",
        "--unoptimised",
        "--clients=50",
        "--calls=10",
        "--large-calls=3",
        "--joiners=20",
        "--settle=1",
    ]);
    logged("bench server", command)
}

fn end_to_end() -> Result<()> {
    build::programs(&[build::SERVER, build::ENGINE, build::AGENT, build::APP])?;
    cargo("end-to-end tests", &["test", "--locked", "--package=e2e", "--", "--test-threads=1"])
}
