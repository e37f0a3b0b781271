//! What goes to standard output: a JSON line an event, and the report.

use std::{fmt::Display, io::Write};

use call_model::UnixMillis;
use call_session::Milestone;
use serde::Serialize;
use serde_json::{Value, json};

use crate::cli::ReportFormat;

/// Prints what was asked for.
#[derive(Clone, Copy)]
pub(crate) struct Printer {
    events: bool,
    format: ReportFormat,
}

impl Printer {
    pub(crate) fn new(events: bool, format: ReportFormat) -> Self {
        Self { events, format }
    }

    /// A moment of the session.
    pub(crate) fn milestone(self, milestone: &Milestone) {
        if self.events {
            line(milestone);
        }
    }

    /// A moment of the agent's own, in the same form: `{"at_ms": …, "milestone": name, …}`.
    pub(crate) fn own(self, name: &str, mut details: Value) {
        if self.events {
            details["at_ms"] = json!(now());
            details["milestone"] = json!(name);
            line(&details);
        }
    }

    pub(crate) fn report(self, report: &(impl Serialize + Display)) {
        match self.format {
            ReportFormat::Json => line(report),
            ReportFormat::Text => write(&report.to_string()),
        }
    }
}

/// By this machine's clock.
pub(crate) fn now() -> UnixMillis {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    UnixMillis(since.as_millis() as i64)
}

fn line(value: &impl Serialize) {
    // all of these have string keys and plain values
    write(&serde_json::to_string(value).unwrap_or_default());
}

/// A reader that has gone away is no reason to leave a call badly.
fn write(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}
