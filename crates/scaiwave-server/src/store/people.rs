//! People of the directory.

use call_model::ParticipantId;
use sqlx::Row;

use super::{DEFAULT_TENANT, Store, Write, now};

/// Somebody of the directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Who.
    pub id: ParticipantId,
    /// Of which tenant.
    pub tenant_id: String,
    /// The left half of `@name:server`.
    pub local_id: String,
    /// As others see the person.
    pub display_name: String,
}

/// What a password is checked against.
pub struct Credentials {
    /// Whose.
    pub person: Person,
    /// Argon2id, PHC string; `None` for who cannot sign in by password.
    pub password_hash: Option<String>,
}

fn person(row: &sqlx::sqlite::SqliteRow) -> Person {
    Person {
        id: row.get::<String, _>("participant_id").into(),
        tenant_id: row.get("tenant_id"),
        local_id: row.get("local_id"),
        display_name: row.get("display_name"),
    }
}

/// Somebody to be added.
#[derive(Clone, Copy)]
pub struct NewPerson<'a> {
    /// The left half of `@name:server`.
    pub local_id: &'a str,
    /// As others see the person.
    pub display_name: &'a str,
    /// Argon2id, PHC string; `None` for who is not to sign in by password.
    pub password_hash: Option<&'a str>,
}

impl Store {
    /// Adds a person, or sets name and password of one that is there.
    pub async fn put_person(&self, new: NewPerson<'_>) -> Result<ParticipantId, sqlx::Error> {
        let mut tx = self.begin().await?;
        let id = put(&mut tx, new).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// The same for many, all of them or none.
    pub async fn put_people(&self, new: impl IntoIterator<Item = NewPerson<'_>>) -> Result<(), sqlx::Error> {
        let mut tx = self.begin().await?;
        for person in new {
            put(&mut tx, person).await?;
        }
        tx.commit().await
    }

    /// Looks up who signs in.
    pub async fn credentials(&self, local_id: &str) -> Result<Option<Credentials>, sqlx::Error> {
        let row = sqlx::query("SELECT * FROM participants WHERE local_id = ?")
            .bind(local_id)
            .fetch_optional(&self.read)
            .await?;
        Ok(row.map(|row| Credentials { person: person(&row), password_hash: row.get("password_hash") }))
    }

    /// Looks somebody up by id.
    pub async fn person(&self, id: &ParticipantId) -> Result<Option<Person>, sqlx::Error> {
        let row = sqlx::query("SELECT * FROM participants WHERE participant_id = ?")
            .bind(id.as_str())
            .fetch_optional(&self.read)
            .await?;
        Ok(row.as_ref().map(person))
    }
}

async fn put(tx: &mut Write, new: NewPerson<'_>) -> Result<ParticipantId, sqlx::Error> {
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
    .fetch_one(&mut **tx)
    .await?;
    Ok(row.get::<String, _>(0).into())
}
