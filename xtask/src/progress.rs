//! Says what is being done and for how long.

use std::{
    io::{IsTerminal, Write, stderr},
    path::Path,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, bail};

use crate::process::{Pipes, Process, tail};

/// A terminal's line is renewed this often; elsewhere a line is added each [`QUIET`].
const RENEW: Duration = Duration::from_millis(50);
const QUIET: Duration = Duration::from_secs(20);

/// A headline between steps.
pub fn headline(text: &str) {
    eprintln!("\n── {text}");
}

/// Something there is to know.
pub fn say(text: &str) {
    eprintln!("  {text}");
}

/// Runs a program to its end, its output in `log`, saying how long it has been at it.
pub fn run(what: &str, command: Command, log: &Path) -> Result<()> {
    let started = Instant::now();
    let _ = std::fs::remove_file(log);
    let mut process = Process::start(what, command, log, Pipes::default())?;
    let terminal = stderr().is_terminal();
    let mut said = Instant::now();
    if !terminal {
        say(&format!("{what} …"));
    }
    let status = loop {
        if let Some(status) = process.ended() {
            break status;
        }
        if terminal {
            eprint!("\r  {what} … {} ", elapsed(started));
            let _ = stderr().flush();
        } else if said.elapsed() > QUIET {
            said = Instant::now();
            say(&format!("{what} … {}", elapsed(started)));
        }
        thread::sleep(RENEW);
    };
    if terminal {
        eprint!("\r");
    }
    if !status.success() {
        bail!("{what} failed after {} ({status}):\n{}", elapsed(started), tail(log));
    }
    say(&format!("{what}: {}          ", elapsed(started)));
    Ok(())
}

/// `7.2 s`, `3 min 5 s`.
pub fn elapsed(since: Instant) -> String {
    let seconds = since.elapsed().as_secs_f32();
    if seconds < 60.0 {
        format!("{seconds:.1} s")
    } else {
        let seconds = since.elapsed().as_secs();
        format!("{} min {} s", seconds / 60, seconds % 60)
    }
}
