use async_trait::async_trait;
use call_model::{ParticipantId, UnixMillis};
use sqlx::Row;

use super::Sqlite;
use crate::store::{Spent, Stored, Tokens, now};

#[async_trait]
impl Tokens for Sqlite {
    async fn add_refresh_token(
        &self,
        hash: &[u8],
        family: &str,
        participant: &ParticipantId,
        expires_at: UnixMillis,
    ) -> Stored<()> {
        sqlx::query("INSERT INTO refresh_tokens (token_hash, family, participant_id, expires_at) VALUES (?, ?, ?, ?)")
            .bind(hash)
            .bind(family)
            .bind(participant.as_str())
            .bind(expires_at.0)
            .execute(&self.write)
            .await?;
        Ok(())
    }

    async fn spend_refresh_token(&self, hash: &[u8]) -> Stored<Spent> {
        let now = now().0;
        let mut tx = self.begin_immediate().await?;
        sqlx::query("DELETE FROM refresh_tokens WHERE expires_at <= ?").bind(now).execute(&mut *tx).await?;
        let row = sqlx::query("SELECT family, participant_id, used_at FROM refresh_tokens WHERE token_hash = ?")
            .bind(hash)
            .fetch_optional(&mut *tx)
            .await?;
        let spent = match row {
            None => Spent::Unknown,
            Some(row) => {
                let family: String = row.get("family");
                if row.get::<Option<i64>, _>("used_at").is_some() {
                    sqlx::query("DELETE FROM refresh_tokens WHERE family = ?").bind(family).execute(&mut *tx).await?;
                    Spent::Replayed
                } else {
                    sqlx::query("UPDATE refresh_tokens SET used_at = ? WHERE token_hash = ?")
                        .bind(now)
                        .bind(hash)
                        .execute(&mut *tx)
                        .await?;
                    Spent::Good { participant: row.get::<String, _>("participant_id").into(), family }
                }
            }
        };
        tx.commit().await?;
        Ok(spent)
    }

    async fn revoke_family_of(&self, hash: &[u8]) -> Stored<()> {
        sqlx::query(
            "DELETE FROM refresh_tokens WHERE family = (SELECT family FROM refresh_tokens WHERE token_hash = ?)",
        )
        .bind(hash)
        .execute(&self.write)
        .await?;
        Ok(())
    }
}
