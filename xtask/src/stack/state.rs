//! What `target/stack.json` says.

use std::{
    fs,
    io::Write,
    os::unix::fs::PermissionsExt,
    path::{Path, absolute},
};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::process;

/// Where everything is and who is there.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct State {
    /// The reference server.
    pub server_url: String,
    /// The SFU.
    pub livekit_url: String,
    /// The SFU's API key.
    pub livekit_api_key: String,
    /// The SFU's API secret.
    pub livekit_api_secret: String,
    /// People, passwords and all: made for this stack.
    pub users: Vec<User>,
    /// Rooms.
    pub rooms: Vec<Room>,
    /// What runs.
    pub processes: Vec<ProcessState>,
}

/// Somebody who may sign in.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct User {
    /// The name to sign in with.
    pub username: String,
    /// The password.
    pub password: String,
    /// The id.
    pub participant_id: String,
    /// As others see it.
    pub display_name: String,
}

/// A room.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Room {
    /// The id.
    pub room_id: String,
    /// Its name; of a direct room, who is in it.
    pub name: String,
    /// Everybody in it.
    pub members: Vec<Member>,
}

/// Somebody in a room.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Member {
    /// Who.
    pub participant_id: String,
    /// 0, 50, 100.
    pub power_level: u8,
}

/// A program of the stack.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ProcessState {
    /// Which.
    pub name: String,
    /// Its process id.
    pub pid: u32,
}

impl State {
    /// Somebody by name.
    pub fn user(&self, username: &str) -> Result<&User> {
        self.users.iter().find(|user| user.username == username).with_context(|| format!("no user {username}"))
    }

    /// A room by name.
    pub fn room(&self, name: &str) -> Result<&Room> {
        self.rooms.iter().find(|room| room.name == name).with_context(|| format!("no room {name}"))
    }

    /// Writes it for others to read: all of it or nothing, for the owner's eyes, and gone when we are interrupted.
    pub(crate) fn write(&self, file: &Path) -> Result<()> {
        let file = absolute(file)?;
        let directory = file.parent().context("the state file needs a directory")?;
        fs::create_dir_all(directory)?;
        let mut whole = tempfile::NamedTempFile::new_in(directory)?;
        serde_json::to_writer_pretty(&mut whole, self)?;
        whole.write_all(b"\n")?;
        whole.as_file().set_permissions(fs::Permissions::from_mode(0o600))?;
        whole.persist(&file).with_context(|| format!("cannot write {}", file.display()))?;
        process::remove_when_interrupted(&file);
        Ok(())
    }
}
