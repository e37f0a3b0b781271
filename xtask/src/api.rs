//! schemathesis against the real stack: every operation of the server's own description, and the ways between them, signed in. No 5xx, no
//! answer that is not described.

use std::{process::Command, time::Duration};

use anyhow::{Context, Result};

use crate::{
    paths, progress, setup,
    stack::{Options, Stack},
};

/// For so long; with a seed that is given, the same requests each time.
pub fn run(lasts: Duration, seed: Option<u32>) -> Result<()> {
    let directory = paths::target_dir("test/api")?;
    let mut stack = Stack::start(Options::new(directory.clone()))?;
    let state = directory.join("stack.json");
    stack.state.write(&state)?;
    let tests = paths::root().join("tests/schemathesis");
    let mut command = Command::new(setup::schemathesis());
    command.arg("--config-file").arg(tests.join("schemathesis.toml")).arg("run");
    command.arg(format!("{}/v1/openapi.json", stack.state.server_url));
    command.arg(format!("--max-time={}", lasts.as_secs())).args(["--no-color", "--report=junit"]);
    command.arg("--report-junit-path").arg(directory.join("report.xml"));
    command.args(seed.map(|seed| format!("--seed={seed}")));
    command.env("SCHEMATHESIS_HOOKS", "hooks").env("PYTHONPATH", &tests).env("SCAIWAVE_STACK", &state);
    command.env("PYTHONDONTWRITEBYTECODE", "1").current_dir(&directory);
    let log = directory.join("schemathesis.log");
    progress::run("schemathesis", command, &log).with_context(|| format!("all of it: {}", log.display()))?;
    stack.check()
}
