//! Everybody the benchmark needs, and their rooms, by the server's own `admin` commands.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use argon2::{
    Argon2, PasswordHasher,
    password_hash::{SaltString, rand_core::OsRng},
};
use serde_json::{Value, json};
use xtask::stack::Stack;

use super::Plan;

/// Of everybody: it lives as long as the stack.
const PASSWORD: &str = "swarm";

/// Who is there and which rooms they have.
pub(super) struct People {
    /// For `call-agent swarm --users`.
    pub(super) file: PathBuf,
    /// The room of the first two.
    pub(super) pair: String,
    of_all: BTreeMap<u16, String>,
    of_joiners: BTreeMap<u16, String>,
}

impl People {
    pub(super) fn seed(stack: &Stack, plan: &Plan, directory: &Path) -> Result<Self> {
        let most = plan.clients.iter().copied().max().context("no number of clients")?;
        // argon2 takes its time: one hash does for all
        let hash = Argon2::default()
            .hash_password(PASSWORD.as_bytes(), &SaltString::generate(&mut OsRng))
            .map_err(|error| anyhow::anyhow!("cannot hash: {error}"))?
            .to_string();
        let lines = |line: &dyn Fn(String) -> Value| -> String {
            (0..most).map(|who| format!("{}\n", line(name(who)))).collect()
        };
        let import = lines(&|name| json!({ "name": name, "display_name": name, "password_hash": hash }));
        stack.admin(&["import-users", "--stdin"], &import)?;
        let file = directory.join("users.jsonl");
        fs::write(&file, lines(&|name| json!({ "username": name, "password": PASSWORD })))?;

        let pair = id(&stack.admin(&["add-direct", &name(0), &name(1)], "")?)?;
        let (mut of_all, mut of_joiners) = (BTreeMap::new(), BTreeMap::new());
        for clients in [plan.warm_up()].into_iter().chain(plan.clients.iter().copied()) {
            let joiners = plan.joiners.min(clients - 1);
            of_all.insert(clients, room(stack, clients)?);
            // the starter and those who join
            of_joiners.insert(joiners, room(stack, joiners + 1)?);
        }
        Ok(Self { file, pair, of_all, of_joiners })
    }

    /// The room of the first so many.
    pub(super) fn room_of_all(&self, clients: u16) -> Result<&str> {
        self.of_all.get(&clients).map(String::as_str).context("no such room was made")
    }

    /// The room of the first one and so many others.
    pub(super) fn room_of_joiners(&self, joiners: u16) -> Result<&str> {
        self.of_joiners.get(&joiners).map(String::as_str).context("no such room was made")
    }
}

fn name(who: u16) -> String {
    format!("user-{who:05}")
}

fn room(stack: &Stack, members: u16) -> Result<String> {
    let members: Vec<String> = (0..members).map(|who| format!("--member={}", name(who))).collect();
    let title = format!("Room of {}", members.len());
    let mut arguments = vec!["add-room", "--name", &title];
    arguments.extend(members.iter().map(String::as_str));
    id(&stack.admin(&arguments, "")?)
}

fn id(answer: &Value) -> Result<String> {
    Ok(answer["room_id"].as_str().with_context(|| format!("no room_id in {answer}"))?.to_owned())
}
