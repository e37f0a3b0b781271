//! The `--report` file: one JSON object a line for each moment of a call, for tests and benchmarks.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    path::Path,
    sync::mpsc,
    thread,
    time::{SystemTime, UNIX_EPOCH},
};

use serde::Serialize;
use serde_json::json;

/// Lines that wait for a slow disk; more are dropped.
const QUEUE: usize = 1024;

/// Takes lines from any thread without waiting. Without a file it takes and forgets them.
#[derive(Clone, Default)]
pub(crate) struct Report {
    lines: Option<mpsc::SyncSender<String>>,
}

impl Report {
    /// Appends to a file from now on.
    pub(crate) fn to_file(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        let (lines, waiting) = mpsc::sync_channel(QUEUE);
        thread::Builder::new().name("report".into()).spawn(move || write_all(file, &waiting))?;
        Ok(Self { lines: Some(lines) })
    }

    /// Something that has its own `at_ms` and `milestone`.
    pub(crate) fn line(&self, line: &impl Serialize) {
        if let (Some(lines), Ok(line)) = (&self.lines, serde_json::to_string(line)) {
            // full: the disk stands still, and the call matters more
            let _ = lines.try_send(line);
        }
    }

    /// A moment of the shell's own, now. `details` is a JSON object.
    pub(crate) fn milestone(&self, name: &str, mut details: serde_json::Value) {
        if self.lines.is_none() {
            return;
        }
        details["at_ms"] = json!(unix_us() / 1000);
        details["milestone"] = json!(name);
        self.line(&details);
    }
}

fn write_all(mut file: File, lines: &mpsc::Receiver<String>) {
    for mut line in lines {
        line.push('\n');
        if let Err(error) = file.write_all(line.as_bytes()) {
            tracing::warn!(%error, "the report cannot be written");
            return;
        }
    }
}

/// Now, in microseconds since the Unix epoch.
pub(crate) fn unix_us() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_says_what_and_when() {
        let (lines, waiting) = mpsc::sync_channel(1);
        Report { lines: Some(lines) }.milestone("ring_painted", json!({"call_id": "call-1"}));
        let line: serde_json::Value = serde_json::from_str(&waiting.recv().expect("a line")).expect("JSON");
        assert_eq!((&line["milestone"], &line["call_id"]), (&json!("ring_painted"), &json!("call-1")));
        assert!(line["at_ms"].as_i64().is_some_and(|at| at > 1_700_000_000_000));
    }
}
