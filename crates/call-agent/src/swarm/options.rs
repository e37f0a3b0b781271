//! The command line of a swarm, and the people it names.

use std::{fs, path::PathBuf, time::Duration};

use anyhow::{Context, Result, ensure};
use clap::Args;
use serde::Deserialize;

use crate::cli::{ReportFormat, duration};

/// Many people in one process, for load. They speak to the server alone: rings, joins and events are real, but nobody goes to the SFU,
/// since a media engine for each would not fit one process. For sound and pictures start agents of one person.
#[derive(Clone, Debug, Args)]
pub(crate) struct SwarmOptions {
    /// Address of the ScaiWave server.
    #[arg(long, value_name = "URL", required_unless_present = "state_file", requires = "users")]
    server: Option<String>,
    /// Whom to sign in: a file of JSON lines {"username", "password"}. In its order the first are starters, then come joiners, then
    /// listeners.
    #[arg(long, value_name = "FILE", required_unless_present = "state_file", requires = "server")]
    users: Option<PathBuf>,
    /// Server and people of a stack: the file that `cargo xtask stack` writes.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["server", "users"])]
    state_file: Option<PathBuf>,
    /// So many start calls, each in a room of its own as far as there are enough, one call after the other.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) starters: usize,
    /// So many join every call that rings them.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) joiners: usize,
    /// So many are connected and note who rings.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) listeners: usize,
    /// All starters call this room (id or name) instead of their own ones.
    #[arg(long, value_name = "ROOM")]
    pub(crate) room: Option<String>,
    /// How long it goes on once everybody is online.
    #[arg(long = "for", value_name = "TIME", default_value = "30s", value_parser = duration)]
    pub(crate) lasts: Duration,
    /// At most so many calls of each starter; done, it is over before its time.
    #[arg(long, value_name = "N")]
    pub(crate) calls: Option<usize>,
    /// A call goes on until everybody of the swarm who is in the room was rung and all joiners have joined, but no longer than this.
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = duration)]
    pub(crate) ring: Duration,
    /// A starter's pause between two calls.
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = duration)]
    pub(crate) pause: Duration,
    /// Everybody is online and nothing happens yet for this long.
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = duration)]
    pub(crate) settle: Duration,
    /// So many sign-ins or joins are under way at once.
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(crate) at_once: u16,
    /// Print what was measured at the end as one JSON object on one line of standard output.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) report: ReportFormat,
    /// Print a JSON line on standard output when all are online.
    #[arg(long)]
    pub(crate) events: bool,
}

/// Somebody to sign in. Not `Debug`: it holds a password.
#[derive(Clone, Deserialize)]
pub(crate) struct Account {
    pub(crate) username: String,
    pub(crate) password: String,
}

/// The part of `target/stack.json` that is needed here.
#[derive(Deserialize)]
struct StateFile {
    server_url: String,
    users: Vec<Account>,
}

impl SwarmOptions {
    /// How many people are needed.
    pub(crate) fn people(&self) -> usize {
        self.starters + self.joiners + self.listeners
    }

    /// The server and as many people as are needed.
    pub(crate) fn read(&self) -> Result<(String, Vec<Account>)> {
        let (server, mut accounts) = match (&self.state_file, &self.server, &self.users) {
            (Some(file), _, _) => {
                let state: StateFile = serde_json::from_str(&text_of(file)?)
                    .with_context(|| format!("{} is no state file of a stack", file.display()))?;
                (state.server_url, state.users)
            }
            (None, Some(server), Some(file)) => (server.clone(), accounts(file)?),
            (None, _, _) => unreachable!("the command line asks for them"),
        };
        let wanted = self.people();
        ensure!(wanted > 0, "nobody to be: give --listeners, --starters or --joiners");
        ensure!(accounts.len() >= wanted, "{wanted} people are wanted and only {} are named", accounts.len());
        accounts.truncate(wanted);
        Ok((server, accounts))
    }
}

fn text_of(file: &PathBuf) -> Result<String> {
    fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))
}

fn accounts(file: &PathBuf) -> Result<Vec<Account>> {
    let text = text_of(file)?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(at, line)| {
            // no cause: it might quote a password
            serde_json::from_str(line).ok().with_context(|| {
                format!("{}, line {}: expected {{\"username\": …, \"password\": …}}", file.display(), at + 1)
            })
        })
        .collect()
}
