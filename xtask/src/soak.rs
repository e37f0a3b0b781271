//! `soak`: what takes longer than anybody waits for a test.

use std::time::Duration;

use anyhow::{Context, Result};

use crate::{api, build, progress::headline, setup};

/// A soak: its name, and what it does for so long.
type Soak = (&'static str, fn(Duration) -> Result<()>);

const SOAKS: [Soak; 1] = [("api", |lasts| api::run(lasts, None))];

/// Runs one of them.
pub fn run(name: &str, lasts: Duration) -> Result<()> {
    let (_, soak) = SOAKS
        .into_iter()
        .find(|(known, _)| *known == name)
        .with_context(|| format!("no such soak; there are: {}", SOAKS.map(|(name, _)| name).join(", ")))?;
    setup::all()?;
    headline(name);
    build::programs(&[build::SERVER])?;
    soak(lasts)
}
