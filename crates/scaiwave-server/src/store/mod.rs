//! The database: SQLite in WAL mode. One connection writes, several read, so that writers queue fairly instead of meeting
//! `SQLITE_BUSY`; another process (the admin commands) may write beside us.
//!
//! Nothing outside of this module knows SQL.

mod accounts;
mod admin;
mod attention;
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
mod tokens;

use std::{
    path::Path,
    time::{Duration, Instant},
};

use call_model::UnixMillis;
use prometheus_client::metrics::histogram::Histogram;
use serde::{Serialize, de::DeserializeOwned};
use sqlx::{
    Sqlite, SqlitePool, Transaction,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

pub use accounts::Account;
pub use admin::AnyRoom;
pub use directory::{DirectoryEntry, DirectoryQuery};
pub use events::{NewEvent, StoredEvent};
pub use media::MediaRow;
pub use members::{ReadState, RoomMember};
pub use people::{Credentials, NewPerson, Person};
pub use profiles::{NewIdentity, Profile, ProfileUpdate};
pub use rooms::{NewRoom, RoomFilter, RoomRow};
pub use tokens::Spent;

/// The tenant of a server that has only one.
pub const DEFAULT_TENANT: &str = "tenant-default";

/// A handle on the database; cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    read: SqlitePool,
    write: SqlitePool,
    write_wait: Histogram,
}

/// A transaction of the one writer.
pub type Write = Transaction<'static, Sqlite>;

/// The database cannot be opened or brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The directory cannot be made.
    #[error("cannot create the data directory: {0}")]
    Directory(#[from] std::io::Error),
    /// SQLite refused.
    #[error("cannot open the database: {0}")]
    Database(#[from] sqlx::Error),
    /// A migration failed.
    #[error("cannot migrate the database: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
}

impl Store {
    /// Opens the database of a data directory, makes it if needed and applies the migrations.
    pub async fn open(data_dir: &Path) -> Result<Self, OpenError> {
        tokio::fs::create_dir_all(data_dir).await?;
        let options = SqliteConnectOptions::new()
            .filename(data_dir.join("scaiwave.sqlite3"))
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(10));
        let write = SqlitePoolOptions::new().max_connections(1).connect_with(options.clone()).await?;
        sqlx::migrate!().run(&write).await?;
        sqlx::query("INSERT INTO tenants VALUES (?, 'Default', ?) ON CONFLICT DO NOTHING")
            .bind(DEFAULT_TENANT)
            .bind(now().0)
            .execute(&write)
            .await?;
        let read = SqlitePoolOptions::new().max_connections(4).connect_with(options.read_only(true)).await?;
        Ok(Self { read, write, write_wait: crate::metrics::seconds() })
    }

    /// Begins a transaction that may write; it holds the write lock from the start.
    pub async fn begin(&self) -> Result<Write, sqlx::Error> {
        let began = Instant::now();
        let tx = self.write.begin_with("BEGIN IMMEDIATE").await;
        self.write_wait.observe(began.elapsed().as_secs_f64());
        tx
    }

    /// How long writers wait.
    pub(crate) fn write_wait(&self) -> Histogram {
        self.write_wait.clone()
    }

    /// Whether the database answers, and soon; it has to read a page for that.
    pub async fn ping(&self) -> Result<(), sqlx::Error> {
        const SOON: Duration = Duration::from_secs(2);
        let asked = sqlx::query("SELECT count(*) FROM tenants").fetch_one(&self.read);
        tokio::time::timeout(SOON, asked).await.unwrap_or(Err(sqlx::Error::PoolTimedOut)).map(drop)
    }

    /// Closes all connections.
    pub async fn close(&self) {
        self.read.close().await;
        self.write.close().await;
    }
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
fn from_word<T: DeserializeOwned>(word: String) -> Result<T, sqlx::Error> {
    serde_json::from_value(serde_json::Value::String(word)).map_err(|e| sqlx::Error::Decode(Box::new(e)))
}

/// A time of the database.
pub(crate) fn timestamp(ms: i64) -> Result<jiff::Timestamp, sqlx::Error> {
    jiff::Timestamp::from_millisecond(ms).map_err(|e| sqlx::Error::Decode(Box::new(e)))
}
