//! SQLite in WAL mode. One connection writes, several read, so that writers queue fairly instead of meeting `SQLITE_BUSY`; another
//! process (the admin commands) may write beside us.
//!
//! One file for each area; SQL that is asked of the database and within a change alike stands in one function on a connection.

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
mod tokens;

use std::{
    path::Path,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use prometheus_client::metrics::histogram::Histogram;
use sqlx::{
    SqlitePool, Transaction,
    migrate::MigrateError,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{Change, DEFAULT_TENANT, Database, OpenError, StoreError, Stored, now};

/// The database of a data directory, one file.
#[derive(Debug)]
pub(super) struct Sqlite {
    read: SqlitePool,
    write: SqlitePool,
    write_wait: Histogram,
}

/// A transaction of the one writer.
struct SqliteChange(Transaction<'static, sqlx::Sqlite>);

impl From<sqlx::Error> for StoreError {
    fn from(e: sqlx::Error) -> Self {
        Self(Box::new(e))
    }
}

impl From<sqlx::Error> for OpenError {
    fn from(e: sqlx::Error) -> Self {
        Self::Database(e.into())
    }
}

impl From<MigrateError> for OpenError {
    fn from(e: MigrateError) -> Self {
        Self::Migrate(StoreError(Box::new(e)))
    }
}

impl Sqlite {
    /// Opens the file, makes it if needed and applies the migrations.
    pub(super) async fn open(data_dir: &Path, write_wait: Histogram) -> Result<Self, OpenError> {
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
        Ok(Self { read, write, write_wait })
    }

    /// Begins a transaction that may write; it holds the write lock from the start.
    async fn begin_immediate(&self) -> Result<Transaction<'static, sqlx::Sqlite>, sqlx::Error> {
        let began = Instant::now();
        let tx = self.write.begin_with("BEGIN IMMEDIATE").await;
        self.write_wait.observe(began.elapsed().as_secs_f64());
        tx
    }
}

#[async_trait]
impl Database for Sqlite {
    async fn begin(&self) -> Stored<Box<dyn Change>> {
        Ok(Box::new(SqliteChange(self.begin_immediate().await?)))
    }

    async fn ping(&self) -> Stored<()> {
        const SOON: Duration = Duration::from_secs(2);
        // It has to read a page for this.
        let asked = sqlx::query("SELECT count(*) FROM tenants").fetch_one(&self.read);
        tokio::time::timeout(SOON, asked).await.unwrap_or(Err(sqlx::Error::PoolTimedOut))?;
        Ok(())
    }

    async fn close(&self) {
        self.read.close().await;
        self.write.close().await;
    }
}

#[async_trait]
impl Change for SqliteChange {
    async fn commit(self: Box<Self>) -> Stored<()> {
        Ok(self.0.commit().await?)
    }
}
