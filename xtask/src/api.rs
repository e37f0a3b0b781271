//! schemathesis against the real stack: every operation of the server's own description, and the ways between them, signed in. No 5xx, no
//! answer that is not described.

use std::{fs, process::Command, time::Duration};

use anyhow::{Context, Result};

use crate::{
    paths, progress, setup,
    stack::{Options, Stack},
};

const RATES: [&str; 3] =
    ["SCAIWAVE_RATE_PER_CALLER", "SCAIWAVE_RATE_PER_ADDRESS", "SCAIWAVE_SIGN_IN_FAILURES_PER_MINUTE"];

/// For so long; a seed makes the same requests again.
pub fn run(lasts: Duration, seed: u32) -> Result<()> {
    let _ = fs::remove_dir_all(paths::target().join("test/api"));
    let directory = paths::target_dir("test/api")?;
    // one person asks for more than any person would
    let settings = RATES.map(|rate| (rate, "1000000".to_owned())).to_vec();
    let mut stack = Stack::start(Options { settings, ..Options::new(directory.clone()) })?;
    let state = directory.join("stack.json");
    stack.state.write(&state)?;
    let tests = paths::root().join("tests/schemathesis");
    let mut command = Command::new(setup::schemathesis());
    command.arg("--config-file").arg(tests.join("schemathesis.toml")).arg("run");
    command.arg(format!("{}/v1/openapi.json", stack.state.server_url));
    command.arg(format!("--max-time={}", lasts.as_secs())).arg(format!("--seed={seed}")).arg("--no-color");
    command.env("SCHEMATHESIS_HOOKS", "hooks").env("PYTHONPATH", &tests).env("SCAIWAVE_STACK", &state);
    command.env("PYTHONDONTWRITEBYTECODE", "1").current_dir(&directory);
    let log = directory.join("schemathesis.log");
    progress::run("schemathesis", command, &log).with_context(|| format!("all of it: {}", log.display()))?;
    stack.check()
}
