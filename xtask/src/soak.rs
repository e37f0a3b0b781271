//! `soak`: what takes too long for each change, over and over, each run by a seed that plays it again.

use std::{process::Command, time::Duration};

use anyhow::{Context, Result, ensure};
use clap::Args;

use crate::{api, build, progress::headline, setup};

/// How long, and from which seed on.
#[derive(Args, Clone, Copy, Debug)]
pub struct Options {
    /// How many runs.
    #[arg(long, default_value_t = 200)]
    runs: u32,
    /// The first run's seed, the next ones' follow; by default a random one.
    #[arg(long)]
    seed: Option<u32>,
}

/// A soak: its name, and what it does.
type Soak = (&'static str, fn(Options) -> Result<()>);

const SOAKS: [Soak; 2] = [
    // the server is killed in the midst of a scripted call
    ("server", |options| {
        test(&["--package=scaiwave-server", "--test=blackbox", "--", "soak::", "--nocapture"], options)
    }),
    // whatever the API's description allows and forbids, a minute each run
    ("api", |options| {
        build::programs(&[build::SERVER])?;
        let first = options.seed.unwrap_or_else(rand::random);
        (0..options.runs).try_for_each(|run| {
            let seed = first.wrapping_add(run);
            headline(&format!("seed {seed}"));
            api::run(Duration::from_secs(60), seed)
        })
    }),
];

/// Runs one soak.
pub fn run(name: &str, options: Options) -> Result<()> {
    let names = || SOAKS.map(|(name, _)| name).join(", ");
    let soak = SOAKS.iter().find(|(known, _)| *known == name).map(|(_, soak)| soak);
    let soak = soak.with_context(|| format!("no such soak; there are: {}", names()))?;
    setup::all()?;
    headline(&format!("soak {name}, {} runs", options.runs));
    soak(options)
}

/// A test that is told by `SOAK_RUNS` and `SOAK_SEED` how long to go on; without them it is short and part of `cargo xtask test`.
fn test(arguments: &[&str], options: Options) -> Result<()> {
    let mut command: Command = build::cargo();
    command.args(["test", "--locked"]).args(arguments).env("SOAK_RUNS", options.runs.to_string());
    command.envs(options.seed.map(|seed| ("SOAK_SEED", seed.to_string())));
    let status = command.status().context("cargo does not start")?;
    ensure!(status.success(), "the soak failed; the seeds above play its runs again");
    Ok(())
}
