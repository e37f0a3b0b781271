//! The admin commands; they work beside a running server, on the same database.

mod import;

use std::{io::Read, path::PathBuf};

use anyhow::{Context, bail};
use call_model::{ParticipantId, PowerLevel};
use clap::{Args, Subcommand};
use scaiwave_wire::RoomType;
use serde_json::{Value, json};

use crate::{
    auth::hash_password,
    store::{NewPerson, Store},
};

/// `scaiwave-server admin …`
#[derive(Args, Debug)]
pub struct AdminArgs {
    /// Where database and signing key live.
    #[arg(long, env = "SCAIWAVE_DATA_DIR")]
    data_dir: PathBuf,
    #[command(subcommand)]
    command: Add,
}

#[derive(Subcommand, Debug)]
enum Add {
    /// Adds a person, or sets name and password of one who is there.
    #[command(name = "add-user")]
    User {
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
    #[command(name = "import-users")]
    Users {
        /// Read JSON from standard input, a person a line: {"name", "display_name", "password_hash"}. The hash is argon2id in PHC
        /// form, as another server exports it; without one the person has no password.
        #[arg(long, required = true)]
        stdin: bool,
    },
    /// Adds a group room; its first member made it.
    #[command(name = "add-room")]
    Room {
        /// The room's name.
        #[arg(long)]
        name: String,
        /// `name:power`, for example `alice:100`; power 0 may be left out.
        #[arg(long = "member", required = true)]
        members: Vec<String>,
    },
    /// Adds the direct room of two people, or names the one they have.
    #[command(name = "add-direct")]
    Direct {
        /// One.
        a: String,
        /// The other.
        b: String,
    },
}

/// Runs one command; the answer is for standard output.
pub async fn run(args: AdminArgs) -> anyhow::Result<Value> {
    let store = Store::open(&args.data_dir).await?;
    let answer = match args.command {
        Add::User { name, display_name, password_stdin: _ } => {
            add_user(&store, &name, &display_name, &read_password()?).await
        }
        Add::Users { stdin: _ } => import::users(&store, std::io::stdin().lock()).await,
        Add::Room { name, members } => add_room(&store, &name, &members).await,
        Add::Direct { a, b } => add_direct(&store, &a, &b).await,
    };
    store.close().await;
    answer
}

fn read_password() -> anyhow::Result<String> {
    let mut password = String::new();
    std::io::stdin().take(4096).read_to_string(&mut password).context("cannot read the password")?;
    Ok(password.trim_end_matches(['\r', '\n']).to_owned())
}

fn check_name(name: &str) -> anyhow::Result<()> {
    let fine = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.');
    if name.is_empty() || name.len() > 64 || !name.chars().all(fine) {
        bail!("1 to 64 lower-case letters, digits, '-', '_' or '.'");
    }
    Ok(())
}

fn check_display_name(display_name: &str) -> anyhow::Result<()> {
    if display_name.trim().is_empty() || display_name.chars().count() > 200 {
        bail!("1 to 200 characters");
    }
    Ok(())
}

/// Adds a person, or sets name and password of one who is there.
pub async fn add_user(store: &Store, name: &str, display_name: &str, password: &str) -> anyhow::Result<Value> {
    check_name(name).context("NAME")?;
    check_display_name(display_name).context("--display-name")?;
    if password.is_empty() {
        bail!("the password on standard input is empty");
    }
    let hash = hash_password(password).map_err(|e| anyhow::anyhow!("cannot hash the password: {e}"))?;
    let id = store
        .put_person(NewPerson { local_id: name, display_name: display_name.trim(), password_hash: Some(&hash) })
        .await?;
    Ok(json!({ "participant_id": id }))
}

async fn known(store: &Store, name: &str) -> anyhow::Result<ParticipantId> {
    let found = store.credentials(name).await?;
    found.map(|c| c.person.id).with_context(|| format!("there is no user {name:?}; add them first with add-user"))
}

/// Adds a group room; members are `name:power`.
pub async fn add_room(store: &Store, name: &str, members: &[String]) -> anyhow::Result<Value> {
    let mut rows: Vec<(ParticipantId, PowerLevel)> = Vec::new();
    for member in members {
        let (user, power) = member.split_once(':').unwrap_or((member, "0"));
        let power: u8 =
            power.parse().ok().filter(|p| *p <= 100).with_context(|| format!("{member:?}: power is 0 to 100"))?;
        let id = known(store, user).await?;
        if rows.iter().any(|(other, _)| *other == id) {
            bail!("{user:?} is named twice");
        }
        rows.push((id, PowerLevel(power)));
    }
    let id = store.add_room(RoomType::Group, name, &rows).await?;
    Ok(json!({ "room_id": id }))
}

/// Adds the direct room of two people, or names the one they have.
pub async fn add_direct(store: &Store, a: &str, b: &str) -> anyhow::Result<Value> {
    if a == b {
        bail!("a direct room has two different people");
    }
    let (a, b) = (known(store, a).await?, known(store, b).await?);
    let id = match store.direct_room(&a, &b).await? {
        Some(id) => id,
        None => store.add_room(RoomType::Dm, "", &[(a, PowerLevel::OWNER), (b, PowerLevel::OWNER)]).await?,
    };
    Ok(json!({ "room_id": id }))
}
