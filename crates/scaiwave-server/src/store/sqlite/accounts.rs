use async_trait::async_trait;
use call_model::ParticipantId;
use sqlx::{Row, sqlite::SqliteRow};

use super::{Sqlite, people::person};
use crate::store::{Account, Accounts, Stored, now, timestamp};

fn account(row: &SqliteRow) -> Stored<Account> {
    Ok(Account {
        person: person(row),
        disabled: row.get::<Option<i64>, _>("disabled_at").is_some(),
        generation: row.get("token_generation"),
        created_at: timestamp(row.get("created_at"))?,
    })
}

#[async_trait]
impl Accounts for Sqlite {
    async fn account(&self, id: &ParticipantId) -> Stored<Option<Account>> {
        let row = sqlx::query("SELECT * FROM participants WHERE participant_id = ?")
            .bind(id.as_str())
            .fetch_optional(&self.read)
            .await?;
        row.as_ref().map(account).transpose()
    }

    async fn accounts(&self) -> Stored<Vec<Account>> {
        let rows = sqlx::query("SELECT * FROM participants ORDER BY local_id").fetch_all(&self.read).await?;
        rows.iter().map(account).collect()
    }

    async fn set_password(&self, id: &ParticipantId, password_hash: &str) -> Stored<()> {
        sqlx::query("UPDATE participants SET password_hash = ? WHERE participant_id = ?")
            .bind(password_hash)
            .bind(id.as_str())
            .execute(&self.write)
            .await?;
        Ok(())
    }

    async fn cut_sessions(&self, id: &ParticipantId, disable: bool) -> Stored<()> {
        let mut tx = self.begin_immediate().await?;
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
        tx.commit().await?;
        Ok(())
    }

    async fn enable(&self, id: &ParticipantId) -> Stored<()> {
        sqlx::query("UPDATE participants SET disabled_at = NULL WHERE participant_id = ?")
            .bind(id.as_str())
            .execute(&self.write)
            .await?;
        Ok(())
    }

    async fn cut_after(&self, mark: i64) -> Stored<Vec<(ParticipantId, i64)>> {
        let rows = sqlx::query(
            "SELECT participant_id, sessions_cut_at FROM participants WHERE sessions_cut_at > ? ORDER BY sessions_cut_at",
        )
        .bind(mark)
        .fetch_all(&self.read)
        .await?;
        Ok(rows.iter().map(|row| (row.get::<String, _>(0).into(), row.get(1))).collect())
    }
}
