//! Lines in, lines out.

use std::{
    io::{self, BufRead, Read, Write},
    process, thread,
    time::Duration,
};

use serde::Deserialize;
use tokio::sync::mpsc;
use tracing::{error, warn};

use crate::protocol::{Command, EngineError, EngineErrorCode, Event, MAX_LINE_BYTES, Output, Reply, Request};

/// Requests that wait while one is handled; then the host has to wait.
const REQUESTS: usize = 64;
const OUTPUTS: usize = 256;
/// After the host is gone the engine gets so long to leave the call by itself.
const LAST_RESORT: Duration = Duration::from_secs(5);

/// A line of the host's.
#[derive(Debug)]
pub(crate) enum Incoming {
    Request(u64, Command),
    /// No request; `id` if that much could be read.
    Malformed {
        id: Option<u64>,
        message: String,
    },
}

/// Reads stdin on a thread of its own. The receiver closes when the host closed the pipe; should the main loop not end then, the
/// process is ended.
pub(crate) fn read() -> io::Result<mpsc::Receiver<Incoming>> {
    let (sender, receiver) = mpsc::channel(REQUESTS);
    thread::Builder::new().name("stdin".into()).spawn(move || {
        read_lines(&mut io::stdin().lock(), |incoming| sender.blocking_send(incoming).is_ok());
        drop(sender);
        thread::sleep(LAST_RESORT);
        error!("the host is gone and the call could not be left: ended");
        process::exit(1);
    })?;
    Ok(receiver)
}

/// Until the end, or until nobody takes more.
fn read_lines(input: &mut impl BufRead, mut take: impl FnMut(Incoming) -> bool) {
    let mut line = Vec::new();
    loop {
        line.clear();
        match input.by_ref().take(MAX_LINE_BYTES as u64 + 1).read_until(b'\n', &mut line) {
            Ok(0) => return,
            Err(error) => return warn!(%error, "stdin"),
            Ok(_) => (),
        }
        let incoming = if line.len() > MAX_LINE_BYTES && line.last() != Some(&b'\n') {
            if skip_line(input).is_err() {
                return;
            }
            Incoming::Malformed { id: None, message: format!("a line is longer than {MAX_LINE_BYTES} bytes") }
        } else if line.trim_ascii().is_empty() {
            continue;
        } else {
            parse(&line)
        };
        if !take(incoming) {
            return;
        }
    }
}

fn skip_line(input: &mut impl BufRead) -> io::Result<()> {
    loop {
        let buffer = input.fill_buf()?;
        let (length, done) = match buffer.iter().position(|&byte| byte == b'\n') {
            Some(end) => (end + 1, true),
            None => (buffer.len(), buffer.is_empty()),
        };
        input.consume(length);
        if done {
            return Ok(());
        }
    }
}

fn parse(line: &[u8]) -> Incoming {
    #[derive(Deserialize)]
    struct OnlyId {
        id: u64,
    }
    match serde_json::from_slice::<Request>(line) {
        Ok(Request { id, command }) => Incoming::Request(id, command),
        Err(error) => {
            let id = serde_json::from_slice::<OnlyId>(line).ok().map(|only| only.id);
            // where in the line, not what stood there: it may have been a token
            let message = format!("not a request, at column {}", error.column());
            Incoming::Malformed { id, message }
        }
    }
}

/// Writes stdout on a thread of its own.
#[derive(Clone)]
pub(crate) struct Writer(mpsc::Sender<Output>);

/// Ends when all writers are dropped and everything is written.
pub(crate) struct Written(thread::JoinHandle<()>);

impl Written {
    pub(crate) fn wait(self) {
        let _ = self.0.join();
    }
}

impl Writer {
    pub(crate) fn start() -> io::Result<(Self, Written)> {
        let (sender, receiver) = mpsc::channel(OUTPUTS);
        let thread = thread::Builder::new().name("stdout".into()).spawn(move || write_lines(receiver))?;
        Ok((Self(sender), Written(thread)))
    }

    /// Waits while the host does not read.
    pub(crate) async fn reply(&self, id: u64, result: Result<Reply, EngineError>) {
        let _ = self.0.send(Output::Reply { id, result }).await;
    }

    /// Waits while the host does not read.
    pub(crate) async fn event(&self, event: Event) {
        let _ = self.0.send(Output::Event { event }).await;
    }

    /// For a state that is looked at again in a moment: false if the host does not read.
    pub(crate) fn try_event(&self, event: Event) -> bool {
        self.0.try_send(Output::Event { event }).is_ok()
    }
}

fn write_lines(mut outputs: mpsc::Receiver<Output>) {
    let mut stdout = io::stdout().lock();
    while let Some(output) = outputs.blocking_recv() {
        let Ok(mut line) = serde_json::to_vec(&output) else { continue };
        line.push(b'\n');
        if stdout.write_all(&line).and_then(|()| stdout.flush()).is_err() {
            // the host is gone, which stdin tells as well
            return;
        }
    }
}

/// Shorthand.
pub(crate) fn fault(code: EngineErrorCode, message: impl Into<String>) -> EngineError {
    EngineError { code, message: message.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(input: &[u8]) -> Vec<Incoming> {
        let mut all = Vec::new();
        read_lines(&mut io::BufReader::with_capacity(64, input), |incoming| {
            all.push(incoming);
            true
        });
        all
    }

    #[test]
    fn requests_are_read_and_empty_lines_are_not() {
        let all =
            read_all(b"{\"id\":1,\"command\":\"leave\"}\n\n  \n{\"id\":2,\"command\":\"set_camera\",\"on\":true}");
        assert!(matches!(
            all.as_slice(),
            [Incoming::Request(1, Command::Leave), Incoming::Request(2, Command::SetCamera { on: true })]
        ));
    }

    #[test]
    fn what_is_no_request_is_named_with_its_id_and_without_its_content() {
        let all = read_all(b"nonsense\n{\"id\":7,\"command\":\"fly\",\"token\":\"s3cret\"}\n\xff\xfe\n{\"id\":8,\"command\":\"leave\"}\n");
        let [
            Incoming::Malformed { id: None, .. },
            Incoming::Malformed { id: Some(7), message },
            Incoming::Malformed { id: None, .. },
            Incoming::Request(8, Command::Leave),
        ] = all.as_slice()
        else {
            panic!("{all:?}");
        };
        assert!(!message.contains("s3cret"));
    }

    #[test]
    fn a_line_that_is_too_long_is_skipped_and_the_next_one_read() {
        let mut input = vec![b'x'; MAX_LINE_BYTES + 10_000];
        input.extend_from_slice(b"\n{\"id\":1,\"command\":\"leave\"}\n");
        let all = read_all(&input);
        assert!(matches!(all.as_slice(), [Incoming::Malformed { id: None, .. }, Incoming::Request(1, Command::Leave)]));
        let endless = vec![b'x'; MAX_LINE_BYTES * 2];
        assert_eq!(read_all(&endless).len(), 1);
    }
}
