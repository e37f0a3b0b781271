//! `bench`: everything built optimised, then the benchmark's own program (`benches/`).

use anyhow::{Result, ensure};

use crate::{build, paths, progress::headline, setup};

/// The benchmark.
const BENCH: build::Program = &["--package=call-bench"];

/// Hands `arguments` (`call --runs 5 …`) on.
pub fn run(arguments: &[String]) -> Result<()> {
    setup::all()?;
    headline("Building, optimised");
    paths::use_release();
    build::webview()?;
    build::programs(&[build::SERVER, build::ENGINE, build::AGENT, build::APP, BENCH])?;
    let status = std::process::Command::new(paths::program("call-bench")).args(arguments).status()?;
    ensure!(status.success(), "the benchmark failed; its logs are in {}", paths::target().join("bench").display());
    Ok(())
}
