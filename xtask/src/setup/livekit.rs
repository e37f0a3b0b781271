//! The SFU, built from its pinned Go module. Go checks the module's hash, and that of all it depends on, against its checksum
//! database; nothing here switches that off.

use std::{env, fs, process::Command};

use anyhow::{Context, Result, bail};

use super::output;
use crate::{paths, progress};

const MODULE: &str = "github.com/livekit/livekit-server";
const VERSION: &str = "1.13.5";
/// What the module hashes to, as the checksum database and the `go.sum` of others have it.
const MODULE_SUM: &str = "h1:HWfxfKvi5k1czMVqLV/htGmPgEBhrqHMxpfyMvfhyVo=";

/// Builds it unless the right one is there.
pub(super) fn install() -> Result<()> {
    let program = paths::livekit_server();
    if output(&program.to_string_lossy(), &["--version"]).is_some_and(|said| said.ends_with(VERSION)) {
        return Ok(());
    }
    if env::var_os("GONOSUMDB").is_some() || env::var("GOFLAGS").is_ok_and(|flags| flags.contains("insecure")) {
        progress::say(
            "note: this environment switches parts of Go's hash checks off; the module's own hash is still checked",
        );
    }
    let tools = paths::target_dir("tools")?;
    let mut go = Command::new("go");
    go.args(["install", &format!("{MODULE}/cmd/server@v{VERSION}")]).env("GOBIN", &tools).env_remove("GOFLAGS");
    progress::run(
        &format!("livekit-server {VERSION} from source (3 to 6 minutes)"),
        go,
        &tools.join("livekit-server.log"),
    )?;
    let built = tools.join("server");
    let built_from =
        output("go", &["version", "-m", &built.to_string_lossy()]).context("go cannot read what it built")?;
    if !built_from.lines().any(|line| line.contains(MODULE) && line.contains(MODULE_SUM)) {
        let _ = fs::remove_file(&built);
        bail!("{MODULE} {VERSION} is not the module that was pinned (expected {MODULE_SUM})");
    }
    fs::rename(built, program)?;
    Ok(())
}
