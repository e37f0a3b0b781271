//! What the server keeps: one trait for each area, and [`Database`] for all of them together.
//!
//! Reads, and writes that nothing else has to happen with, are asked of the database itself. Whatever has to happen together, or on what
//! was just read, is asked of a [`Change`], one transaction.
//!
//! Nothing outside of `sqlite` knows SQL. Another database is another implementation of these traits.

mod accounts;
mod admin;
mod calls;
mod directory;
mod events;
mod media;
mod members;
mod people;
mod presence;
mod profiles;
mod reactions;
mod rooms;
mod sqlite;
mod tokens;

use std::{fmt::Debug, path::Path, sync::Arc};

use async_trait::async_trait;
use call_model::UnixMillis;
use prometheus_client::metrics::histogram::Histogram;
use serde::{Serialize, de::DeserializeOwned};

pub use accounts::{Account, Accounts};
pub use admin::{Admin, AnyRoom};
pub use calls::{CallChanges, Calls};
pub use directory::{Directory, DirectoryEntry, DirectoryQuery};
pub use events::{EventChanges, Events, NewEvent, StoredEvent};
pub use media::{Media, MediaChanges, MediaRow};
pub use members::{MemberChanges, Members, ReadState, RoomMember};
pub use people::{Credentials, NewPerson, People, Person};
pub use presence::Presence;
pub use profiles::{NewIdentity, Profile, ProfileChanges, ProfileUpdate, Profiles};
pub use reactions::{ReactionChanges, Reactions};
pub use rooms::{NewRoom, RoomChanges, RoomFilter, RoomRow, Rooms};
pub use tokens::{Spent, Tokens};

/// The tenant of a server that has only one.
pub const DEFAULT_TENANT: &str = "tenant-default";

/// A handle on the database; cheap to clone.
pub type Store = Arc<dyn Database>;

/// What storage answers.
pub type Stored<T> = Result<T, StoreError>;

/// A database, whichever it is.
#[async_trait]
pub trait Database:
    Accounts
    + Admin
    + Calls
    + Directory
    + Events
    + Media
    + Members
    + People
    + Presence
    + Profiles
    + Reactions
    + Rooms
    + Tokens
    + Debug
    + Send
    + Sync
    + 'static
{
    /// Begins a change; it may have to wait for one that is under way.
    async fn begin(&self) -> Stored<Box<dyn Change>>;

    /// Whether the database answers, and soon.
    async fn ping(&self) -> Stored<()>;

    /// Closes all connections.
    async fn close(&self);
}

/// A transaction that may write. Nobody else changes what it read before it ends. Dropped without a commit, it is rolled back.
#[async_trait]
pub trait Change:
    CallChanges + EventChanges + MediaChanges + MemberChanges + ProfileChanges + ReactionChanges + RoomChanges + Send
{
    /// Keeps all of it.
    async fn commit(self: Box<Self>) -> Stored<()>;
}

/// The database failed, or what it holds makes no sense. The cause is for the log.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct StoreError(Box<dyn std::error::Error + Send + Sync>);

impl StoreError {
    /// Something stored is not what it should be.
    fn unreadable(cause: impl std::error::Error) -> Self {
        Self(format!("cannot read what is stored: {cause}").into())
    }
}

/// The database cannot be opened or brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The directory cannot be made.
    #[error("cannot create the data directory: {0}")]
    Directory(#[from] std::io::Error),
    /// The database refused.
    #[error("cannot open the database: {0}")]
    Database(#[from] StoreError),
    /// A migration failed.
    #[error("cannot migrate the database: {0}")]
    Migrate(#[source] StoreError),
}

/// Opens the database of a data directory, makes it if needed and brings it up to date.
pub async fn open(data_dir: &Path) -> Result<Store, OpenError> {
    open_measured(data_dir, crate::metrics::seconds()).await
}

/// The same; how long writers wait, in seconds, is told to `write_wait`.
pub(crate) async fn open_measured(data_dir: &Path, write_wait: Histogram) -> Result<Store, OpenError> {
    Ok(Arc::new(sqlite::Sqlite::open(data_dir, write_wait).await?))
}

/// The wall clock.
pub fn now() -> UnixMillis {
    UnixMillis(jiff::Timestamp::now().as_millisecond())
}

/// The word of a vocabulary value, as it stands on the wire.
fn word<T: Serialize>(value: T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        other => unreachable!("a vocabulary value is a word, not {other:?}"),
    }
}

/// Reads a word back.
fn from_word<T: DeserializeOwned>(word: String) -> Stored<T> {
    serde_json::from_value(serde_json::Value::String(word)).map_err(StoreError::unreadable)
}

/// Reads what is kept as JSON.
fn from_json<T: DeserializeOwned>(json: &str) -> Stored<T> {
    serde_json::from_str(json).map_err(StoreError::unreadable)
}

/// A time of the database.
pub(crate) fn timestamp(ms: i64) -> Stored<jiff::Timestamp> {
    jiff::Timestamp::from_millisecond(ms).map_err(StoreError::unreadable)
}
