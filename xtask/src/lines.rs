//! Files of JSON lines, as the app's `--report` and the agent's `--events` write them, read while they grow.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::process::wait_until;

/// Such a file; it need not be there yet.
#[derive(Clone, Debug)]
pub struct Lines {
    file: PathBuf,
}

impl Lines {
    /// Reads this file.
    pub fn of(file: &Path) -> Self {
        Self { file: file.to_owned() }
    }

    /// All whole lines so far.
    pub fn all(&self) -> Vec<Value> {
        let text = fs::read_to_string(&self.file).unwrap_or_default();
        // the last one may be half written
        text.split_inclusive('\n')
            .filter(|line| line.ends_with('\n'))
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect()
    }

    /// How many there are: where [`Lines::wait`] is to start looking.
    pub fn mark(&self) -> usize {
        self.all().len()
    }

    /// The first line from `mark` on that fits; waits for it.
    pub fn wait(&self, what: &str, mark: usize, at_most: Duration, fits: impl Fn(&Value) -> bool) -> Result<Value> {
        let mut found = None;
        let waited = wait_until(what, at_most, || {
            found = self.all().into_iter().skip(mark).find(&fits);
            Ok(found.is_some())
        });
        waited.with_context(|| {
            format!("in {}:\n{}", self.file.display(), fs::read_to_string(&self.file).unwrap_or_default())
        })?;
        found.context("found and lost")
    }

    /// The first milestone of this name from `mark` on; waits for it.
    pub fn milestone(&self, name: &str, mark: usize, at_most: Duration) -> Result<Value> {
        self.wait(&format!("the milestone {name}"), mark, at_most, |line| line["milestone"] == name)
    }
}
