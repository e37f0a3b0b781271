//! Who is there, and which rooms, by the server's own `admin` commands.

use std::{
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::{Member, Room, State, User, secret};
use crate::paths;

const USERS: [(&str, &str); 4] =
    [("alice", "Alice Adams"), ("bob", "Bob Brown"), ("carol", "Carol Clark"), ("dave", "Dave Dunn")];
const ROOMS: [(&str, &[(&str, u8)]); 2] = [
    ("Team", &[("alice", 100), ("bob", 50), ("carol", 0), ("dave", 0)]),
    ("Design", &[("bob", 100), ("alice", 0), ("carol", 0)]),
];
const DIRECT: [(&str, &str); 2] = [("alice", "bob"), ("alice", "carol")];

/// The direct room of two people, as the state file names it.
pub fn direct_name(one: &str, other: &str) -> String {
    format!("{one}, {other}")
}

/// Makes everybody and every room, and writes them into `state`.
pub(super) fn seed(state: &mut State, data_dir: &Path) -> Result<()> {
    std::fs::create_dir_all(data_dir)?;
    for (username, display_name) in USERS {
        let password = secret();
        let arguments = ["add-user", username, "--display-name", display_name, "--password-stdin"];
        let participant_id = text(&admin(data_dir, &arguments, &password)?, "participant_id")?;
        state.users.push(User {
            username: username.into(),
            password,
            participant_id,
            display_name: display_name.into(),
        });
    }
    for (name, members) in ROOMS {
        let members_given: Vec<String> = members.iter().map(|(who, level)| format!("--member={who}:{level}")).collect();
        let mut arguments = vec!["add-room", "--name", name];
        arguments.extend(members_given.iter().map(String::as_str));
        let room_id = text(&admin(data_dir, &arguments, "")?, "room_id")?;
        state.rooms.push(room(state, room_id, name.into(), members)?);
    }
    for (one, other) in DIRECT {
        let room_id = text(&admin(data_dir, &["add-direct", one, other], "")?, "room_id")?;
        state.rooms.push(room(state, room_id, direct_name(one, other), &[(one, 50), (other, 50)])?);
    }
    Ok(())
}

fn room(state: &State, room_id: String, name: String, members: &[(&str, u8)]) -> Result<Room> {
    let member = |&(who, power_level): &(&str, u8)| {
        Ok(Member { participant_id: state.user(who)?.participant_id.clone(), power_level })
    };
    Ok(Room { room_id, name, members: members.iter().map(member).collect::<Result<_>>()? })
}

pub(super) fn admin(data_dir: &Path, arguments: &[&str], input: &str) -> Result<Value> {
    let mut command = Command::new(paths::program("scaiwave-server"));
    command.args(["admin", "--json", "--data-dir"]).arg(data_dir).args(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().context("cannot start scaiwave-server: is it built?")?;
    // dropped at once, so that the server sees the end of it; a server that reads nothing is no fault
    let _ = child.stdin.take().context("no standard input")?.write_all(input.as_bytes());
    let output = child.wait_with_output()?;
    if !output.status.success() {
        bail!("scaiwave-server admin {}: {}", arguments[0], String::from_utf8_lossy(&output.stderr).trim());
    }
    serde_json::from_slice(&output.stdout)
        .with_context(|| format!("scaiwave-server admin {} printed no JSON", arguments[0]))
}

fn text(answer: &Value, field: &str) -> Result<String> {
    Ok(answer[field].as_str().with_context(|| format!("no {field} in {answer}"))?.to_owned())
}
