//! A desktop without a screen: X server, session bus, window manager, notifications, keyring, sound server and the accessibility bus,
//! apart from those of whoever is logged in.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use crate::{
    paths,
    process::{self, Output, Pipes, Process, wait_until},
};

/// How long each part may take to be there.
const START: Duration = Duration::from_secs(20);
/// The width and height of the screen.
pub const SCREEN: (u32, u32) = (1440, 900);

/// A running desktop. Dropped, it ends.
pub struct Desktop {
    /// In the order of starting.
    parts: Vec<Process>,
    environment: Vec<(&'static str, String)>,
    logs: PathBuf,
    // Sockets live here: paths under the target directory may be too long for them
    runtime: TempDir,
}

impl Desktop {
    /// Starts all parts, ready on return; their logs go to `logs`.
    pub fn start(logs: &Path) -> Result<Self> {
        Self::start_sized(logs, SCREEN)
    }

    /// The same with a screen of another width and height.
    pub fn start_sized(logs: &Path, screen: (u32, u32)) -> Result<Self> {
        fs::create_dir_all(logs)?;
        let runtime = tempfile::Builder::new().prefix("scaiwave-").tempdir()?;
        process::remove_when_interrupted(runtime.path());
        let mut desktop = Self { parts: Vec::new(), environment: Vec::new(), logs: logs.to_owned(), runtime };
        desktop.directories()?;
        desktop.start_x(screen)?;
        desktop.start_bus()?;
        desktop.start_window_manager()?;
        desktop.start_keyring()?;
        desktop.start_notifications()?;
        desktop.start_sound()?;
        Ok(desktop)
    }

    /// A program on this desktop.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        // would keep GTK off the accessibility bus, or send windows elsewhere
        for name in ["NO_AT_BRIDGE", "WAYLAND_DISPLAY", "GTK_A11Y"] {
            command.env_remove(name);
        }
        command
    }

    /// A setting of this desktop's environment, such as `DBUS_SESSION_BUS_ADDRESS`.
    pub fn setting(&self, name: &str) -> Option<&str> {
        self.environment.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    /// The process id of a part, such as `Xvfb`.
    pub fn pid(&self, part: &str) -> Option<u32> {
        self.parts.iter().find(|process| process.name() == part).map(Process::pid)
    }

    /// Starts a program on this desktop, its log among the others.
    pub fn run(&self, name: &str, command: Command, pipes: Pipes) -> Result<Process> {
        Process::start(name, command, &self.logs.join(format!("{name}.log")), pipes)
    }

    /// What a program prints.
    pub fn output(&self, program: &str, arguments: &[&str]) -> Result<String> {
        let mut command = self.command(program);
        let output =
            command.args(arguments).stdin(Stdio::null()).output().with_context(|| format!("cannot start {program}"))?;
        if !output.status.success() {
            bail!("{program} {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr).trim());
        }
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    /// The visible windows with this title, exactly.
    pub fn windows(&self, title: &str) -> Vec<String> {
        let pattern = format!("^{}$", title.replace('(', "\\(").replace(')', "\\)"));
        // finding none is a failure to xdotool
        let found = self.output("xdotool", &["search", "--onlyvisible", "--name", &pattern]).unwrap_or_default();
        found.lines().map(str::to_owned).collect()
    }

    /// Takes a picture of the whole screen, or of one window.
    pub fn screenshot(&self, window: Option<&str>, file: &Path) -> Result<()> {
        let file = file.to_str().context("the path of a screenshot must be UTF-8")?;
        self.output("import", &["-window", window.unwrap_or("root"), file]).map(|_| ())
    }

    /// Presses a button as a screen reader would, in a window of ours whose title contains `window`; waits for it to be there.
    pub fn press(&self, window: &str, button: &str, at_most: Duration) -> Result<()> {
        let script = paths::root().join("tests/support/press.py");
        let script = script.to_str().context("the path of the repository must be UTF-8")?;
        // the system's own Python: only that one has Debian's python3-gi
        self.output("/usr/bin/python3", &[script, window, button, &at_most.as_secs().to_string()]).map(|_| ())
    }

    /// Adds to the environment of programs that are started from now on.
    pub fn set(&mut self, name: &'static str, value: impl Into<String>) {
        self.environment.push((name, value.into()));
    }

    fn directories(&mut self) -> Result<()> {
        let names = ["XDG_RUNTIME_DIR", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"];
        for name in names {
            let directory = self.runtime.path().join(name.trim_start_matches("XDG_").to_lowercase());
            fs::create_dir(&directory)?;
            self.set(name, directory.to_string_lossy());
        }
        self.set("GSETTINGS_BACKEND", "memory");
        self.set("XDG_CURRENT_DESKTOP", "openbox");
        self.set("LANG", "C.UTF-8");
        Ok(())
    }

    fn start_x(&mut self, (width, height): (u32, u32)) -> Result<()> {
        let mut command = Command::new("Xvfb");
        command.args(["-displayfd", "1", "-nolisten", "tcp", "-noreset"]);
        command.args(["-screen", "0", &format!("{width}x{height}x24")]);
        let number = self.start_and_read_line("Xvfb", command)?;
        self.set("DISPLAY", format!(":{number}"));
        Ok(())
    }

    fn start_bus(&mut self) -> Result<()> {
        let mut command = self.command("dbus-daemon");
        command.args(["--session", "--nofork", "--nopidfile", "--print-address=1"]);
        let address = self.start_and_read_line("dbus-daemon", command)?;
        self.set("DBUS_SESSION_BUS_ADDRESS", address);
        Ok(())
    }

    fn start_window_manager(&mut self) -> Result<()> {
        let process = self.run("openbox", self.command("openbox"), Pipes::default())?;
        self.parts.push(process);
        wait_until("openbox manages windows", START, || {
            let said = self.output("xprop", &["-root", "_NET_SUPPORTING_WM_CHECK"]).unwrap_or_default();
            Ok(said.contains("window id"))
        })
    }

    fn start_keyring(&mut self) -> Result<()> {
        let mut command = self.command("gnome-keyring-daemon");
        command.args(["--unlock", "--components=secrets", "--foreground"]);
        let mut process = self.run("gnome-keyring-daemon", command, Pipes { stdin: true, stdout: Output::Log })?;
        // its password; the end of input unlocks
        process.stdin().context("the keyring has no input")?.write_all(b"demo")?;
        self.parts.push(process);
        self.wait_for_owner("org.freedesktop.secrets")
    }

    fn start_notifications(&mut self) -> Result<()> {
        // not where the ring window is
        let configuration = self.runtime.path().join("dunstrc");
        fs::write(&configuration, "[global]\norigin = bottom-right\n")?;
        let mut command = self.command("dunst");
        command.arg("-config").arg(configuration);
        let process = self.run("dunst", command, Pipes::default())?;
        self.parts.push(process);
        self.wait_for_owner("org.freedesktop.Notifications")
    }

    /// Two sinks that go nowhere; what is played into the second is what the microphone hears.
    fn start_sound(&mut self) -> Result<()> {
        let socket = self.runtime.path().join("xdg_pulse");
        let mut command = self.command("pulseaudio");
        command.args(["-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "--disable-shm=yes"]);
        for module in [
            &format!("module-native-protocol-unix auth-anonymous=1 socket={}", socket.display()),
            "module-null-sink sink_name=speaker",
            "module-null-sink sink_name=voice",
            "module-remap-source source_name=microphone master=voice.monitor",
        ] {
            command.arg(format!("--load={module}"));
        }
        let process = self.run("pulseaudio", command, Pipes::default())?;
        self.parts.push(process);
        self.set("PULSE_SERVER", format!("unix:{}", socket.display()));
        // anybody may connect, but the server kicks whoever brings no cookie at all; no library makes one here
        let cookie = self.runtime.path().join("cookie");
        fs::write(&cookie, [0; 256])?;
        self.set("PULSE_COOKIE", cookie.to_string_lossy());
        wait_until("pulseaudio answers", START, || Ok(self.output("pactl", &["set-default-sink", "speaker"]).is_ok()))?;
        self.output("pactl", &["set-default-source", "microphone"]).map(|_| ())
    }

    /// For programs that say on their first line where they are.
    fn start_and_read_line(&mut self, name: &str, command: Command) -> Result<String> {
        let mut process = self.run(name, command, Pipes { stdout: Output::Pipe, stdin: false })?;
        let output = process.stdout().context("no output")?;
        let (sender, line) = mpsc::channel();
        thread::spawn(move || {
            let mut output = BufReader::new(output);
            let mut first = String::new();
            if output.read_line(&mut first).is_ok_and(|length| length > 0) {
                let _ = sender.send(first.trim().to_owned());
            }
            // the pipe stays open as long as the program does
            let _ = output.read_to_end(&mut Vec::new());
        });
        let line = line.recv_timeout(START);
        process.check()?;
        self.parts.push(process);
        line.with_context(|| format!("{name} did not say where it is"))
    }

    fn wait_for_owner(&self, name: &str) -> Result<()> {
        let owned = || {
            let to = ["--session", "--print-reply=literal", "--dest=org.freedesktop.DBus", "/org/freedesktop/DBus"];
            let call = ["org.freedesktop.DBus.NameHasOwner", &format!("string:{name}")];
            Ok(self.output("dbus-send", &[to.as_slice(), &call].concat())?.contains("true"))
        };
        wait_until(&format!("{name} is there"), START, owned)
    }
}

impl Drop for Desktop {
    fn drop(&mut self) {
        // the X server and the bus came first and go last
        while let Some(part) = self.parts.pop() {
            drop(part);
        }
    }
}
