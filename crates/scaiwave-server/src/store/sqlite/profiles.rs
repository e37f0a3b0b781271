use async_trait::async_trait;
use call_model::ParticipantId;
use scaiwave_wire::Preferences;
use sqlx::{Row, SqliteConnection};
use uuid::Uuid;

use super::{Sqlite, SqliteChange, people::person};
use crate::store::{
    DEFAULT_TENANT, NewIdentity, Person, Profile, ProfileChanges, ProfileUpdate, Profiles, Stored, from_json, now,
    profiles::NAME_TRIES,
};

async fn preferences_of(db: &mut SqliteConnection, who: &ParticipantId) -> Stored<Preferences> {
    let row = sqlx::query("SELECT preferences FROM participants WHERE participant_id = ?")
        .bind(who.as_str())
        .fetch_optional(db)
        .await?;
    preferences(row.and_then(|row| row.get("preferences")))
}

#[async_trait]
impl Profiles for Sqlite {
    async fn profile(&self, who: &ParticipantId) -> Stored<Option<Profile>> {
        let row = sqlx::query(
            "SELECT p.*, t.name AS tenant_name FROM participants p JOIN tenants t USING (tenant_id)
             WHERE p.participant_id = ?",
        )
        .bind(who.as_str())
        .fetch_optional(&self.read)
        .await?;
        Ok(row.map(|row| Profile {
            person: person(&row),
            tenant_name: row.get("tenant_name"),
            email: row.get("email"),
            bio: row.get("bio"),
        }))
    }

    async fn update_profile(&self, who: &ParticipantId, update: ProfileUpdate) -> Stored<()> {
        sqlx::query(
            "UPDATE participants SET display_name = coalesce(?2, display_name),
                bio = CASE WHEN ?3 THEN ?4 ELSE bio END, avatar_url = CASE WHEN ?5 THEN ?6 ELSE avatar_url END
             WHERE participant_id = ?1",
        )
        .bind(who.as_str())
        .bind(update.display_name)
        .bind(update.bio.is_some())
        .bind(update.bio.flatten())
        .bind(update.avatar_url.is_some())
        .bind(update.avatar_url.flatten())
        .execute(&self.write)
        .await?;
        Ok(())
    }

    async fn preferences(&self, who: &ParticipantId) -> Stored<Preferences> {
        preferences_of(&mut *self.read.acquire().await?, who).await
    }

    async fn person_of_identity(&self, identity: &NewIdentity) -> Stored<Person> {
        let mut tx = self.begin_immediate().await?;
        let found = sqlx::query(
            "UPDATE participants SET email = coalesce(?3, email) WHERE oidc_issuer = ?1 AND oidc_subject = ?2 RETURNING *",
        )
        .bind(&identity.issuer)
        .bind(&identity.subject)
        .bind(&identity.email)
        .fetch_optional(&mut *tx)
        .await?;
        let row = match found {
            Some(row) => row,
            None => {
                let local_id = free_name(&mut tx, &identity.local_id).await?;
                sqlx::query(
                    "INSERT INTO participants
                        (participant_id, tenant_id, local_id, display_name, created_at, email, oidc_issuer, oidc_subject)
                     VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING *",
                )
                .bind(Uuid::new_v4().to_string())
                .bind(DEFAULT_TENANT)
                .bind(local_id)
                .bind(&identity.display_name)
                .bind(now().0)
                .bind(&identity.email)
                .bind(&identity.issuer)
                .bind(&identity.subject)
                .fetch_one(&mut *tx)
                .await?
            }
        };
        tx.commit().await?;
        Ok(person(&row))
    }

    async fn mock_person(&self, local_id: &str, display_name: &str) -> Stored<Person> {
        let row = sqlx::query(
            "INSERT INTO participants (participant_id, tenant_id, local_id, display_name, created_at)
             VALUES (?, ?, ?, ?, ?) ON CONFLICT (local_id) DO UPDATE SET local_id = excluded.local_id RETURNING *",
        )
        .bind(Uuid::new_v4().to_string())
        .bind(DEFAULT_TENANT)
        .bind(local_id)
        .bind(display_name)
        .bind(now().0)
        .fetch_one(&self.write)
        .await?;
        Ok(person(&row))
    }
}

#[async_trait]
impl ProfileChanges for SqliteChange {
    async fn preferences_for_update(&mut self, who: &ParticipantId) -> Stored<Preferences> {
        preferences_of(&mut self.0, who).await
    }

    async fn save_preferences(&mut self, who: &ParticipantId, preferences: &Preferences) -> Stored<()> {
        let json = serde_json::to_string(preferences).map_err(|e| sqlx::Error::Encode(Box::new(e)))?;
        sqlx::query("UPDATE participants SET preferences = ? WHERE participant_id = ?")
            .bind(json)
            .bind(who.as_str())
            .execute(&mut *self.0)
            .await?;
        Ok(())
    }
}

/// Reads the column; absent, the defaults.
pub(super) fn preferences(json: Option<String>) -> Stored<Preferences> {
    json.as_deref().map_or_else(|| Ok(Preferences::default()), from_json)
}

/// The name itself, or with a number behind it: a name that somebody has is never given to somebody else.
async fn free_name(db: &mut SqliteConnection, wanted: &str) -> Stored<String> {
    for n in 1..=NAME_TRIES {
        let name = if n == 1 { wanted.to_owned() } else { format!("{wanted}-{n}") };
        let taken =
            sqlx::query("SELECT 1 FROM participants WHERE local_id = ?").bind(&name).fetch_optional(&mut *db).await?;
        if taken.is_none() {
            return Ok(name);
        }
    }
    Ok(format!("{wanted}-{}", Uuid::new_v4().simple()))
}
