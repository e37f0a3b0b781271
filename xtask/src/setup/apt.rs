//! Debian's packages: the one list of them, each with its reason.

use std::process::Command;

use anyhow::{Result, bail};

use super::output;
use crate::{paths, progress};

/// What a package is needed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum For {
    /// Compiling.
    Build,
    /// The app on somebody's desktop.
    Run,
    /// The demo without a display, the tests and the screenshots.
    Test,
}

/// A Debian package.
#[derive(Clone, Copy, Debug)]
pub struct Package {
    /// Its name in Debian and Ubuntu.
    pub name: &'static str,
    /// Needed for.
    pub needed: For,
    /// Why.
    pub why: &'static str,
}

const fn package(needed: For, name: &'static str, why: &'static str) -> Package {
    Package { name, needed, why }
}

const PACKAGES: [Package; 24] = [
    package(For::Build, "build-essential", "C compiler and linker: SQLite, ring"),
    package(For::Build, "pkg-config", "finds the libraries below"),
    package(For::Build, "libwebkit2gtk-4.1-dev", "the webview; brings GTK 3"),
    package(For::Build, "libasound2-dev", "ALSA, for cpal"),
    package(For::Build, "libdbus-1-dev", "D-Bus, for the tray"),
    package(For::Build, "libclang-dev", "reads the kernel's camera headers (bindgen)"),
    package(For::Run, "ca-certificates", "trust in servers"),
    package(For::Run, "at-spi2-core", "the bus that screen readers listen on"),
    package(For::Test, "xvfb", "an X server without a screen"),
    package(For::Test, "openbox", "a window manager: stacking and focus"),
    package(For::Test, "dbus", "a session bus of its own"),
    package(For::Test, "dunst", "a notification server with actions"),
    package(For::Test, "gnome-keyring", "a keyring (Secret Service)"),
    package(For::Test, "pulseaudio", "a sound server with speakers that go nowhere"),
    package(For::Test, "pulseaudio-utils", "pactl: makes those speakers"),
    package(For::Test, "python3-venv", "a place of its own for schemathesis"),
    package(For::Test, "python3-gi", "presses buttons as a screen reader would"),
    package(For::Test, "gir1.2-atspi-2.0", "the accessibility bus for python3-gi"),
    package(For::Test, "xdotool", "finds windows, presses keys"),
    package(For::Test, "x11-utils", "xprop: window states"),
    package(For::Test, "imagemagick", "screenshots"),
    package(For::Test, "webkit2gtk-driver", "WebDriver for the app's webview"),
    package(For::Test, "chromium", "a browser in the same call"),
    package(For::Test, "fonts-dejavu-core", "text in that browser and on screenshots"),
];

/// The whole list.
pub fn packages() -> &'static [Package] {
    &PACKAGES
}

/// Installs what is missing; instant when nothing is.
pub(super) fn install() -> Result<()> {
    if output("dpkg-query", &["--version"]).is_none() {
        progress::say("this is no Debian or Ubuntu: have the like of these packages installed");
        for package in &PACKAGES {
            progress::say(&format!("  {:24} {}", package.name, package.why));
        }
        return Ok(());
    }
    let missing = missing();
    if missing.is_empty() {
        return Ok(());
    }
    progress::say("Debian packages to install:");
    for package in &missing {
        progress::say(&format!("  {:24} {}", package.name, package.why));
    }
    let names: Vec<&str> = missing.iter().map(|package| package.name).collect();
    let by_hand = format!("sudo apt-get install {}", names.join(" "));
    apt_get(&["update"], &by_hand)?;
    apt_get(&[&["install", "--yes", "--no-install-recommends"], names.as_slice()].concat(), &by_hand)
}

/// dpkg-query fails as a whole when one name is unknown, but still lists the others.
fn missing() -> Vec<Package> {
    let mut query = Command::new("dpkg-query");
    query
        .args(["--show", "--showformat", "${Package} ${db:Status-Status}\n"])
        .args(PACKAGES.map(|package| package.name));
    let installed =
        query.output().map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    let is_missing = |package: &&Package| !installed.lines().any(|line| line == format!("{} installed", package.name));
    PACKAGES.iter().filter(is_missing).copied().collect()
}

fn apt_get(arguments: &[&str], by_hand: &str) -> Result<()> {
    let root = nix::unistd::geteuid().is_root();
    if !root && output("sudo", &["--version"]).is_none() {
        bail!("neither root nor sudo here; have somebody run:\n  {by_hand}");
    }
    let what = format!("apt-get {}", arguments[0]);
    if root {
        let mut command = Command::new("apt-get");
        command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
        return progress::run(&what, command, &paths::target_dir("setup")?.join(format!("apt-{}.log", arguments[0])));
    }
    // sudo may ask for a password: it needs the terminal, so it stays in our process group
    progress::say(&format!("{what} (sudo may ask for your password)"));
    let mut command = Command::new("sudo");
    command.args(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]).args(arguments);
    if !command.status()?.success() {
        bail!("{what} failed; try by hand:\n  {by_hand}");
    }
    Ok(())
}
