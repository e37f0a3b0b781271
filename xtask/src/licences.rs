//! Licences of what we ship and build with: the list in `THIRD_PARTY.md`, and the check that each is one we may use.
//!
//! A hundred lines of our own instead of cargo-deny: cargo and npm already know every licence, building that tool takes minutes on each
//! fresh machine, and it knows nothing of npm or of the SDK's library.

use std::{collections::BTreeMap, fmt::Write, fs, process::Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::{build, paths, setup};

/// A package under one of these may be shipped. (GPL and AGPL are missing by intent.)
const ALLOWED: [&str; 18] = [
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC-BY-4.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "NCSA",
    "OpenSSL",
    "Python-2.0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// What no package manager lists.
const SHIPPED: &str = "\
| LiveKit SDK, `liblivekit_ffi` | from the wheel `livekit` 1.2.1 | Apache-2.0 |
| libwebrtc, inside it | | BSD-3-Clause |
| FFmpeg, inside it | | LGPL-2.1-or-later |
| OpenH264, inside it | | BSD-2-Clause |
";

/// name and version → licence
type Packages = BTreeMap<(String, String), String>;

/// Fails if a licence is not allowed or the list is not up to date; `write` brings it up to date first.
pub fn check(write: bool) -> Result<()> {
    let (crates, modules) = (crates()?, modules()?);
    let refused: Vec<String> = crates
        .iter()
        .chain(&modules)
        .filter(|(_, licence)| !is_allowed(licence))
        .map(|((name, version), licence)| format!("  {name} {version}: {licence}"))
        .collect();
    if !refused.is_empty() {
        bail!("licences that are not on the list in {}:\n{}", file!(), refused.join("\n"));
    }
    let (list, file) = (list(&crates, &modules), paths::root().join("THIRD_PARTY.md"));
    if write {
        fs::write(&file, &list)?;
    }
    if fs::read_to_string(&file).unwrap_or_default() != list {
        bail!("THIRD_PARTY.md is not up to date: run `cargo xtask licences`");
    }
    Ok(())
}

fn list(crates: &Packages, modules: &Packages) -> String {
    let mut text =
        "# Third-party notices\n\nMade by `cargo xtask licences` from the lock files; do not edit.\n".to_owned();
    let head = "| what | version | licence |\n|---|---|---|\n";
    let _ = write!(
        text,
        "\n## Shipped beside the app\n\nFull texts: the `LICENSE.md` beside the library.\n\n{head}{SHIPPED}"
    );
    for (title, packages) in [("Rust crates", crates), ("npm packages", modules)] {
        let _ = write!(text, "\n## {title}\n\n{head}");
        for ((name, version), licence) in packages {
            let _ = writeln!(text, "| {name} | {version} | {licence} |");
        }
    }
    text
}

fn crates() -> Result<Packages> {
    let mut cargo = build::cargo();
    // on one platform: what is listed must not depend on who asks
    cargo.args(["metadata", "--format-version=1", "--locked", "--filter-platform=x86_64-unknown-linux-gnu"]);
    let output = cargo.args(["--features=call-media/engine"]).stderr(Stdio::inherit()).output()?;
    if !output.status.success() {
        bail!("cargo metadata failed");
    }
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let used: Vec<&str> = array(&metadata["resolve"]["nodes"]).filter_map(|node| node["id"].as_str()).collect();
    let mut packages = Packages::new();
    for package in array(&metadata["packages"]) {
        // ours have no source
        if package["source"].is_null() || !package["id"].as_str().is_some_and(|id| used.contains(&id)) {
            continue;
        }
        let licence = package["license"].as_str().unwrap_or("none given");
        packages.insert((text(&package["name"])?, text(&package["version"])?), licence.replace('/', " OR "));
    }
    Ok(packages)
}

fn modules() -> Result<Packages> {
    let mut packages = Packages::new();
    for directory in setup::NPM_DIRECTORIES {
        let lock = fs::read(paths::root().join(directory).join("package-lock.json"))?;
        let lock: Value = serde_json::from_slice(&lock)?;
        for (path, package) in lock["packages"].as_object().context("a lock file without packages")? {
            if let Some((_, name)) = path.rsplit_once("node_modules/") {
                let licence = package["license"].as_str().unwrap_or("none given");
                packages.insert((name.to_owned(), text(&package["version"])?), licence.to_owned());
            }
        }
    }
    Ok(packages)
}

/// SPDX: one alternative of which every part is allowed. Exceptions only add rights.
fn is_allowed(expression: &str) -> bool {
    let plain = expression.replace(['(', ')'], " ");
    plain.split(" OR ").any(|alternative| {
        alternative.split(" AND ").all(|part| ALLOWED.contains(&part.split(" WITH ").next().unwrap_or("").trim()))
    })
}

fn array(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> Result<String> {
    Ok(value.as_str().context("a package without name or version")?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::is_allowed;

    #[test]
    fn one_allowed_way_is_enough() {
        for good in
            ["MIT", "GPL-3.0-only OR MIT", "Apache-2.0 WITH LLVM-exception", "(MIT OR Apache-2.0) AND Unicode-3.0"]
        {
            assert!(is_allowed(good), "{good}");
        }
        for bad in ["AGPL-3.0-only", "MIT AND GPL-2.0-only", "none given", ""] {
            assert!(!is_allowed(bad), "{bad}");
        }
    }
}
