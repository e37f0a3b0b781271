use async_trait::async_trait;
use call_model::ParticipantId;
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

use super::Sqlite;
use crate::store::{Credentials, DEFAULT_TENANT, NewPerson, People, Person, Stored, now};

/// Reads a row of `participants`.
pub(super) fn person(row: &SqliteRow) -> Person {
    Person {
        id: row.get::<String, _>("participant_id").into(),
        tenant_id: row.get("tenant_id"),
        local_id: row.get("local_id"),
        display_name: row.get("display_name"),
        avatar_url: row.get("avatar_url"),
    }
}

#[async_trait]
impl People for Sqlite {
    async fn put_person(&self, new: NewPerson<'_>) -> Stored<ParticipantId> {
        let mut tx = self.begin_immediate().await?;
        let id = put(&mut tx, new).await?;
        tx.commit().await?;
        Ok(id)
    }

    async fn put_people(&self, new: &[NewPerson<'_>]) -> Stored<()> {
        let mut tx = self.begin_immediate().await?;
        for person in new {
            put(&mut tx, *person).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    async fn credentials(&self, local_id: &str) -> Stored<Option<Credentials>> {
        let row = sqlx::query("SELECT * FROM participants WHERE local_id = ?")
            .bind(local_id)
            .fetch_optional(&self.read)
            .await?;
        Ok(row.map(|row| Credentials { person: person(&row), password_hash: row.get("password_hash") }))
    }

    async fn person(&self, id: &ParticipantId) -> Stored<Option<Person>> {
        let row = sqlx::query("SELECT * FROM participants WHERE participant_id = ?")
            .bind(id.as_str())
            .fetch_optional(&self.read)
            .await?;
        Ok(row.as_ref().map(person))
    }
}

async fn put(db: &mut SqliteConnection, new: NewPerson<'_>) -> Stored<ParticipantId> {
    let row = sqlx::query(
        "INSERT INTO participants (participant_id, tenant_id, local_id, display_name, password_hash, created_at)
         VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT (local_id) DO UPDATE SET display_name = excluded.display_name, password_hash = excluded.password_hash
         RETURNING participant_id",
    )
    .bind(uuid::Uuid::new_v4().to_string())
    .bind(DEFAULT_TENANT)
    .bind(new.local_id)
    .bind(new.display_name)
    .bind(new.password_hash)
    .bind(now().0)
    .fetch_one(&mut *db)
    .await?;
    Ok(row.get::<String, _>(0).into())
}
