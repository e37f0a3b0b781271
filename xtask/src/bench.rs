//! `bench`: everything built optimised, then the benchmark's own program (`benches/`).

use anyhow::{Result, ensure};

use crate::{build, paths, progress::headline, setup};

/// The benchmark.
pub(crate) const BENCH: build::Program = &["--package=call-bench"];

/// Hands `arguments` (`call --runs 5 …`, `server …`) on.
pub fn run(arguments: &[String]) -> Result<()> {
    setup::all()?;
    headline("Building, optimised");
    paths::use_release();
    let mut programs = vec![build::SERVER, build::AGENT, BENCH];
    // the server's clients have neither a window nor an engine
    if arguments.first().is_none_or(|what| what != "server") {
        build::webview()?;
        programs.extend([build::ENGINE, build::APP]);
    }
    build::programs(&programs)?;
    let status = std::process::Command::new(paths::program("call-bench")).args(arguments).status()?;
    ensure!(status.success(), "the benchmark failed; its logs are in {}", paths::target().join("bench").display());
    Ok(())
}
