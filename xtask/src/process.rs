//! Child processes that never outlive us: each leads a process group of its own, ends with us even if we are killed, and is
//! ended, group and all, when its handle is dropped or we are interrupted.

use std::{
    fs::{self, File},
    io,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio},
    sync::{LazyLock, Mutex, MutexGuard, mpsc},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use nix::{
    errno::Errno,
    sys::signal::{Signal, killpg},
    unistd::Pid,
};

/// How long a process may take to end when asked.
const GRACE: Duration = Duration::from_secs(3);
/// How often a running process is looked at.
const LOOK: Duration = Duration::from_millis(20);
/// Lines of a log shown when its process failed.
const TAIL: usize = 25;

/// What is to be gone when we are.
#[derive(Default)]
struct Ours {
    groups: Vec<Pid>,
    files: Vec<PathBuf>,
}

static OURS: LazyLock<Mutex<Ours>> = LazyLock::new(Mutex::default);

fn ours() -> MutexGuard<'static, Ours> {
    OURS.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// On SIGINT, SIGTERM and SIGHUP: ends every process started here, removes the files that speak of them, and exits.
pub fn end_all_when_interrupted() -> Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    thread::Builder::new().name("signals".into()).spawn(move || {
        if let Some(signal) = signals.forever().next() {
            eprintln!("\nending what was started …");
            end_all();
            std::process::exit(128 + signal);
        }
    })?;
    Ok(())
}

fn end_all() {
    // kept locked: nothing new starts, nobody else reports
    let ours = ours();
    for group in &ours.groups {
        let _ = killpg(*group, Signal::SIGTERM);
    }
    let deadline = Instant::now() + GRACE;
    while Instant::now() < deadline && ours.groups.iter().any(|group| group_runs(*group)) {
        thread::sleep(LOOK);
    }
    for group in &ours.groups {
        let _ = killpg(*group, Signal::SIGKILL);
    }
    for file in &ours.files {
        let _ = if file.is_dir() { fs::remove_dir_all(file) } else { fs::remove_file(file) };
    }
}

fn group_runs(group: Pid) -> bool {
    // a leader that has ended and waits to be reaped still counts: reaping is its handle's business
    killpg(group, None) != Err(Errno::ESRCH)
}

/// A file or directory that is removed when we are interrupted.
pub fn remove_when_interrupted(file: &Path) {
    ours().files.push(file.to_owned());
}

/// A running program with its log.
pub struct Process {
    name: String,
    log: PathBuf,
    child: Child,
    ended: Option<ExitStatus>,
}

impl Process {
    /// Starts a program. What it writes goes to `log`, except a standard output that is wanted elsewhere.
    pub fn start(name: &str, mut command: Command, log: &Path, pipes: Pipes) -> Result<Self> {
        let file = File::options()
            .create(true)
            .append(true)
            .open(log)
            .with_context(|| format!("cannot write {}", log.display()))?;
        command.stdin(if pipes.stdin { Stdio::piped() } else { Stdio::null() });
        command.stdout(match pipes.stdout {
            Output::Log => file.try_clone()?.into(),
            Output::Pipe => Stdio::piped(),
            Output::File(path) => File::create(path)?.into(),
        });
        command.stderr(file);
        command.process_group(0);
        let program = command.get_program().to_owned();
        let child = spawn(command).with_context(|| format!("cannot start {name} ({})", program.display()))?;
        ours().groups.push(Pid::from_raw(child.id().cast_signed()));
        Ok(Self { name: name.to_owned(), log: log.to_owned(), child, ended: None })
    }

    /// What it was started as.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its process id, also that of its group.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Its log.
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// Its standard input, if piped and not yet taken.
    pub fn stdin(&mut self) -> Option<ChildStdin> {
        self.child.stdin.take()
    }

    /// Its standard output, if piped and not yet taken.
    pub fn stdout(&mut self) -> Option<ChildStdout> {
        self.child.stdout.take()
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        if self.ended.is_none() {
            self.ended = self.child.try_wait().ok().flatten();
        }
        self.ended
    }

    /// An error with the end of its log, if it has ended.
    pub fn check(&mut self) -> Result<()> {
        match self.ended() {
            None => Ok(()),
            Some(status) => bail!("{} ended ({status}):\n{}", self.name, tail(&self.log)),
        }
    }

    /// Waits for its end.
    pub fn wait(&mut self, at_most: Duration) -> Result<ExitStatus> {
        let deadline = Instant::now() + at_most;
        loop {
            if let Some(status) = self.ended() {
                return Ok(status);
            }
            if Instant::now() > deadline {
                bail!("{} still runs after {} s:\n{}", self.name, at_most.as_secs(), tail(&self.log));
            }
            thread::sleep(LOOK);
        }
    }

    /// Ends it at once, as a crash would: the process alone, not its group.
    pub fn kill(&mut self) -> Result<()> {
        self.child.kill()?;
        self.ended = Some(self.child.wait()?);
        Ok(())
    }

    /// Ends it and its group: asks, waits, then forces.
    pub fn stop(&mut self) {
        let group = Pid::from_raw(self.child.id().cast_signed());
        if self.ended().is_none() {
            let _ = killpg(group, Signal::SIGTERM);
            if self.wait(GRACE).is_err() {
                let _ = killpg(group, Signal::SIGKILL);
                self.ended = self.child.wait().ok();
            }
        }
        // whoever of its group is left
        let _ = killpg(group, Signal::SIGKILL);
        ours().groups.retain(|other| *other != group);
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Which ends of a program the caller keeps.
#[derive(Clone, Debug, Default)]
pub struct Pipes {
    /// [`Process::stdin`].
    pub stdin: bool,
    /// Where its standard output goes.
    pub stdout: Output,
}

/// Where a program's standard output goes.
#[derive(Clone, Debug, Default)]
pub enum Output {
    /// To its log, with the errors.
    #[default]
    Log,
    /// To the caller, by [`Process::stdout`].
    Pipe,
    /// To a file of its own.
    File(PathBuf),
}

type Spawned = (Command, mpsc::Sender<io::Result<Child>>);

/// Starts a program on a thread that lasts as long as we do: Linux sends the parent's death signal when the *thread* that forked ends,
/// and callers may be on a short-lived one.
fn spawn(mut command: Command) -> io::Result<Child> {
    static SPAWNER: LazyLock<Mutex<mpsc::Sender<Spawned>>> = LazyLock::new(|| {
        let (sender, commands) = mpsc::channel::<Spawned>();
        thread::spawn(move || {
            for (mut command, reply) in commands {
                let _ = reply.send(command.spawn());
            }
        });
        Mutex::new(sender)
    });
    #[cfg(target_os = "linux")]
    // SAFETY: between fork and exec only prctl is called, which is async-signal-safe.
    unsafe {
        command.pre_exec(|| nix::sys::prctl::set_pdeathsig(Signal::SIGKILL).map_err(io::Error::from));
    }
    let (reply, child) = mpsc::channel();
    let spawner = SPAWNER.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
    spawner.send((command, reply)).map_err(io::Error::other)?;
    child.recv().map_err(io::Error::other)?
}

/// The end of a log.
pub fn tail(log: &Path) -> String {
    let text = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    let shown = &lines[lines.len().saturating_sub(TAIL)..];
    format!("{}\n(the whole log: {})", shown.join("\n"), log.display())
}

/// Waits until `ready` says yes; `what` names it in the error.
pub fn wait_until(what: &str, at_most: Duration, mut ready: impl FnMut() -> Result<bool>) -> Result<()> {
    let deadline = Instant::now() + at_most;
    while !ready()? {
        if Instant::now() > deadline {
            bail!("{what}: not within {} s", at_most.as_secs());
        }
        thread::sleep(LOOK);
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_stopped_process_takes_its_group_along() {
        let directory = tempfile::tempdir().unwrap();
        let log = directory.path().join("log");
        let mut command = Command::new("sh");
        // a grandchild that ignores the polite signal
        command.args(["-c", "trap '' TERM; sleep 600 & echo $!; wait"]);
        let mut process = Process::start("stubborn", command, &log, Pipes::default()).unwrap();
        let grandchild = || fs::read_to_string(&log).unwrap().trim().parse::<i32>();
        wait_until("the grandchild", Duration::from_secs(5), || Ok(grandchild().is_ok())).unwrap();
        let grandchild = Pid::from_raw(grandchild().unwrap());
        process.stop();
        wait_until("its end", Duration::from_secs(5), || {
            let state = fs::read_to_string(format!("/proc/{grandchild}/stat")).unwrap_or_default();
            Ok(state.is_empty() || state.contains(") Z "))
        })
        .unwrap();
    }

    #[test]
    fn a_failure_shows_the_log() {
        let directory = tempfile::tempdir().unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", "echo the disk is full >&2; exit 3"]);
        let mut process = Process::start("writer", command, &directory.path().join("log"), Pipes::default()).unwrap();
        process.wait(Duration::from_secs(5)).unwrap();
        let error = process.check().unwrap_err().to_string();
        assert!(error.contains("writer ended") && error.contains("the disk is full"), "{error}");
    }
}
