//! The admin commands; they work beside a running server, on the same database.

mod import;
mod report;
mod rooms;
mod users;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::{Value, json};

pub use self::{
    rooms::{add_direct, add_room},
    users::add_user,
};
use crate::{
    keys::{Overlap, rotate},
    store::{self, Store},
};

/// `scaiwave-server admin …`
#[derive(Args, Debug)]
pub struct AdminArgs {
    /// Where database and signing key live.
    #[arg(long, env = "SCAIWAVE_DATA_DIR")]
    data_dir: PathBuf,
    /// Answer in JSON, for programs.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Adds a person, or sets name and password of one who is there.
    AddUser {
        /// The left half of `@name:server`.
        name: String,
        /// As others see the person.
        #[arg(long)]
        display_name: String,
        /// Read the password from standard input.
        #[arg(long, required = true)]
        password_stdin: bool,
    },
    /// Adds many people at once, or sets name and password of those who are there: all of them or, if a line is wrong, none.
    ImportUsers {
        /// Read JSON from standard input, a person a line: {"name", "display_name", "password_hash"}. The hash is argon2id in PHC
        /// form, as another server exports it; without one the person has no password.
        #[arg(long, required = true)]
        stdin: bool,
    },
    /// Lists everybody.
    ListUsers,
    /// Sets a password and signs the person out everywhere.
    SetPassword {
        /// Whose.
        name: String,
        /// Read the password from standard input.
        #[arg(long, required = true)]
        password_stdin: bool,
    },
    /// Signs a person out everywhere and lets them in no more.
    DisableUser {
        /// Who.
        name: String,
    },
    /// Lets a disabled person sign in again.
    EnableUser {
        /// Who.
        name: String,
    },
    /// Signs a person out everywhere: all tokens are refused at once.
    SignOutUser {
        /// Who.
        name: String,
    },
    /// Adds a group room; its first member made it.
    AddRoom {
        /// The room's name.
        #[arg(long)]
        name: String,
        /// `name:power`, for example `alice:100`; power 0 may be left out.
        #[arg(long = "member", required = true)]
        members: Vec<String>,
    },
    /// Adds the direct room of two people, or names the one they have.
    AddDirect {
        /// One.
        a: String,
        /// The other.
        b: String,
    },
    /// Lists all rooms.
    ListRooms,
    /// Lists who is in a room.
    ListMembers {
        /// The room's id.
        room: String,
    },
    /// Puts somebody into a room.
    AddMember {
        /// The room's id.
        room: String,
        /// Who, as `name` or `name:power`.
        member: String,
    },
    /// Takes somebody out of a room.
    RemoveMember {
        /// The room's id.
        room: String,
        /// Who.
        name: String,
    },
    /// Gives a member another power level: 0 is a member, 50 moderates, 100 owns.
    SetPower {
        /// The room's id.
        room: String,
        /// Who.
        name: String,
        /// 0 to 100.
        #[arg(value_parser = clap::value_parser!(u8).range(0..=100))]
        power: u8,
    },
    /// Signs new tokens with a new key; tokens made before stay good until they expire.
    RotateKey {
        /// Refuse all tokens made before at once: the old key has become known.
        #[arg(long)]
        now: bool,
    },
}

/// Why an admin command did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// The command itself is wrong.
    #[error("{0}")]
    Usage(String),
    /// There is no such person, room or member.
    #[error("{0}")]
    NotFound(String),
}

impl AdminError {
    /// What the program exits with.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            Self::NotFound(_) => 3,
        }
    }
}

/// Runs one command; the answer is for standard output.
pub async fn run(args: AdminArgs) -> anyhow::Result<String> {
    let store = store::open(&args.data_dir).await?;
    let answer = act(&store, &args.data_dir, args.command).await;
    store.close().await;
    let answer = answer?;
    Ok(if args.json { format!("{answer}\n") } else { report::text(&answer) })
}

async fn act(store: &Store, data_dir: &Path, command: Command) -> anyhow::Result<Value> {
    match command {
        Command::AddUser { name, display_name, password_stdin: _ } => {
            add_user(store, &name, &display_name, &users::read_password()?).await
        }
        Command::ImportUsers { stdin: _ } => import::users(store, std::io::stdin().lock()).await,
        Command::ListUsers => users::list(store).await,
        Command::SetPassword { name, password_stdin: _ } => {
            users::set_password(store, &name, &users::read_password()?).await
        }
        Command::DisableUser { name } => users::cut_sessions(store, &name, true).await,
        Command::EnableUser { name } => users::enable(store, &name).await,
        Command::SignOutUser { name } => users::cut_sessions(store, &name, false).await,
        Command::AddRoom { name, members } => add_room(store, &name, &members).await,
        Command::AddDirect { a, b } => add_direct(store, &a, &b).await,
        Command::ListRooms => rooms::list(store).await,
        Command::ListMembers { room } => rooms::members(store, &room.into()).await,
        Command::AddMember { room, member } => rooms::add_member(store, &room.into(), &member).await,
        Command::RemoveMember { room, name } => rooms::remove_member(store, &room.into(), &name).await,
        Command::SetPower { room, name, power } => rooms::set_power(store, &room.into(), &name, power).await,
        Command::RotateKey { now } => rotate_key(data_dir, now),
    }
}

fn rotate_key(data_dir: &Path, now: bool) -> anyhow::Result<Value> {
    rotate(data_dir, if now { Overlap::Drop } else { Overlap::Keep })?;
    Ok(json!({ "rotated": true, "earlier_tokens": if now { "refused" } else { "good until they expire" } }))
}
