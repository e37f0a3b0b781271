//! The toolchains that we do not install ourselves: named with the line that does.

use anyhow::{Result, bail};

use super::output;

/// A toolchain, the oldest version that will do, and how a person gets it.
struct Tool {
    name: &'static str,
    version: fn() -> Option<String>,
    oldest: (u32, u32),
    /// On Debian and Ubuntu.
    install: &'static str,
}

const TOOLS: [Tool; 5] = [
    Tool {
        name: "Go",
        // older ones fetch the one that the SFU asks for by themselves, from 1.21 on
        version: || output("go", &["env", "GOVERSION"]),
        oldest: (1, 21),
        install: "sudo apt-get install golang   (on Debian 12: golang from bookworm-backports, or https://go.dev/dl)",
    },
    Tool {
        name: "Node.js",
        version: || output("node", &["--version"]),
        oldest: (20, 19),
        install: "sudo apt-get install nodejs npm   (on Debian 12 and Ubuntu 24.04, whose Node is older: https://nodejs.org)",
    },
    Tool {
        name: "npm",
        version: || output("npm", &["--version"]),
        oldest: (9, 0),
        install: "sudo apt-get install npm",
    },
    Tool {
        name: "Python",
        // what schemathesis asks for
        version: || output("python3", &["--version"]),
        oldest: (3, 11),
        install: "sudo apt-get install python3   (Debian 12, Ubuntu 24.04 or newer)",
    },
    Tool {
        name: "pip",
        // "pip 23.0.1 from …"
        version: || output("python3", &["-m", "pip", "--version"]),
        oldest: (20, 3),
        install: "sudo apt-get install python3-pip",
    },
];

/// Names everything that is missing at once.
pub(super) fn check() -> Result<()> {
    let mut missing = String::new();
    for tool in &TOOLS {
        let (major, minor) = tool.oldest;
        let found = (tool.version)();
        let fits = found.as_deref().and_then(version).is_some_and(|version| version >= tool.oldest);
        if !fits {
            let found = found.map_or("not found".to_owned(), |found| format!("found {found}"));
            missing += &format!("\n  {} {major}.{minor} or newer ({found}):\n    {}", tool.name, tool.install);
        }
    }
    if !missing.is_empty() {
        bail!("these are needed first:{missing}");
    }
    Ok(())
}

/// The first `major.minor` in a text.
fn version(text: &str) -> Option<(u32, u32)> {
    let start = text.find(|c: char| c.is_ascii_digit())?;
    let mut numbers = text[start..].split(|c: char| !c.is_ascii_digit());
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::version;

    #[test]
    fn versions_are_read_as_each_tool_writes_them() {
        assert_eq!(version("go1.26.8"), Some((1, 26)));
        assert_eq!(version("v20.20.2"), Some((20, 20)));
        assert_eq!(version("pip 23.0.1 from /usr/lib/python3 (python 3.11)"), Some((23, 0)));
        assert_eq!(version("unknown"), None);
    }
}
