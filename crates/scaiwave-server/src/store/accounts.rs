//! Who may sign in, and whose sessions are cut.

use call_model::ParticipantId;
use sqlx::{Row, sqlite::SqliteRow};

use super::{Person, Store, now, people::person, timestamp};

/// A person as sign-in sees them.
#[derive(Clone, Debug)]
pub struct Account {
    /// Who.
    pub person: Person,
    /// Nobody signs in, and no token is good.
    pub disabled: bool,
    /// Tokens of an older generation are refused.
    pub generation: i64,
    /// Since when.
    pub created_at: jiff::Timestamp,
}

fn account(row: &SqliteRow) -> Result<Account, sqlx::Error> {
    Ok(Account {
        person: person(row),
        disabled: row.get::<Option<i64>, _>("disabled_at").is_some(),
        generation: row.get("token_generation"),
        created_at: timestamp(row.get("created_at"))?,
    })
}

impl Store {
    /// Looks up whose token it is.
    pub async fn account(&self, id: &ParticipantId) -> Result<Option<Account>, sqlx::Error> {
        let row = sqlx::query("SELECT * FROM participants WHERE participant_id = ?")
            .bind(id.as_str())
            .fetch_optional(&self.read)
            .await?;
        row.as_ref().map(account).transpose()
    }

    /// Everybody, by name.
    pub async fn accounts(&self) -> Result<Vec<Account>, sqlx::Error> {
        let rows = sqlx::query("SELECT * FROM participants ORDER BY local_id").fetch_all(&self.read).await?;
        rows.iter().map(account).collect()
    }

    /// Sets a password; sessions go on.
    pub async fn set_password(&self, id: &ParticipantId, password_hash: &str) -> Result<(), sqlx::Error> {
        sqlx::query("UPDATE participants SET password_hash = ? WHERE participant_id = ?")
            .bind(password_hash)
            .bind(id.as_str())
            .execute(&self.write)
            .await
            .map(drop)
    }

    /// Signs a person out everywhere: no token made so far is good any more. Disabled, they do not get another one.
    pub async fn cut_sessions(&self, id: &ParticipantId, disable: bool) -> Result<(), sqlx::Error> {
        let mut tx = self.begin().await?;
        let now = now().0;
        // Rising with every cut, whatever the clock does, so that who reads after the last one seen misses none.
        sqlx::query(
            "UPDATE participants SET token_generation = token_generation + 1,
                 sessions_cut_at = max(?, (SELECT coalesce(max(sessions_cut_at), 0) FROM participants) + 1),
                 disabled_at = CASE WHEN ? THEN coalesce(disabled_at, ?) ELSE disabled_at END
             WHERE participant_id = ?",
        )
        .bind(now)
        .bind(disable)
        .bind(now)
        .bind(id.as_str())
        .execute(&mut *tx)
        .await?;
        sqlx::query("DELETE FROM refresh_tokens WHERE participant_id = ?").bind(id.as_str()).execute(&mut *tx).await?;
        tx.commit().await
    }

    /// Lets somebody who was disabled sign in again.
    pub async fn enable(&self, id: &ParticipantId) -> Result<(), sqlx::Error> {
        sqlx::query("UPDATE participants SET disabled_at = NULL WHERE participant_id = ?")
            .bind(id.as_str())
            .execute(&self.write)
            .await
            .map(drop)
    }

    /// Whose sessions were cut after a mark, each with its own mark.
    pub async fn cut_after(&self, mark: i64) -> Result<Vec<(ParticipantId, i64)>, sqlx::Error> {
        let rows = sqlx::query(
            "SELECT participant_id, sessions_cut_at FROM participants WHERE sessions_cut_at > ? ORDER BY sessions_cut_at",
        )
        .bind(mark)
        .fetch_all(&self.read)
        .await?;
        Ok(rows.iter().map(|row| (row.get::<String, _>(0).into(), row.get(1))).collect())
    }
}
