//! What people say about themselves, what they prefer, and who they are at an identity provider.

use call_model::ParticipantId;
use scaiwave_wire::Preferences;
use sqlx::Row;
use uuid::Uuid;

use super::{DEFAULT_TENANT, Person, Store, Write, now, people::person};

/// What `GET /v1/me` shows beyond the person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Who.
    pub person: Person,
    /// Name of the tenant.
    pub tenant_name: String,
    /// May be unset.
    pub email: Option<String>,
    /// May be unset.
    pub bio: Option<String>,
}

/// A change of a profile; `None` leaves as it is, an inner `None` clears.
#[derive(Clone, Debug, Default)]
pub struct ProfileUpdate {
    /// As others see the person.
    pub display_name: Option<String>,
    /// A few words about oneself.
    pub bio: Option<Option<String>>,
    /// A picture's address.
    pub avatar_url: Option<Option<String>>,
}

/// Who an identity provider says somebody is.
#[derive(Clone, Debug)]
pub struct NewIdentity {
    /// The provider.
    pub issuer: String,
    /// The person's id there.
    pub subject: String,
    /// The local name, if it is still free.
    pub local_id: String,
    /// As others see the person.
    pub display_name: String,
    /// The address the provider vouches for.
    pub email: Option<String>,
}

/// Names are tried with a number behind them so often; then the name is random.
const NAME_TRIES: u32 = 50;

impl Store {
    /// Somebody's profile.
    pub async fn profile(&self, who: &ParticipantId) -> Result<Option<Profile>, sqlx::Error> {
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

    /// Changes what is given.
    pub async fn update_profile(&self, who: &ParticipantId, update: ProfileUpdate) -> Result<(), sqlx::Error> {
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
        .await
        .map(drop)
    }

    /// What somebody prefers.
    pub async fn preferences(&self, who: &ParticipantId) -> Result<Preferences, sqlx::Error> {
        let row = sqlx::query("SELECT preferences FROM participants WHERE participant_id = ?")
            .bind(who.as_str())
            .fetch_optional(&self.read)
            .await?;
        preferences(row.and_then(|row| row.get("preferences")))
    }

    /// The same, to be changed within a transaction.
    pub async fn preferences_for_update(
        &self,
        tx: &mut Write,
        who: &ParticipantId,
    ) -> Result<Preferences, sqlx::Error> {
        let row = sqlx::query("SELECT preferences FROM participants WHERE participant_id = ?")
            .bind(who.as_str())
            .fetch_optional(&mut **tx)
            .await?;
        preferences(row.and_then(|row| row.get("preferences")))
    }

    /// Keeps what somebody prefers.
    pub async fn save_preferences(
        &self,
        tx: &mut Write,
        who: &ParticipantId,
        preferences: &Preferences,
    ) -> Result<(), sqlx::Error> {
        let json = serde_json::to_string(preferences).map_err(|e| sqlx::Error::Encode(Box::new(e)))?;
        sqlx::query("UPDATE participants SET preferences = ? WHERE participant_id = ?")
            .bind(json)
            .bind(who.as_str())
            .execute(&mut **tx)
            .await
            .map(drop)
    }

    /// Finds the participant of an identity, or makes one; who signs in again keeps name and profile.
    pub async fn person_of_identity(&self, identity: &NewIdentity) -> Result<Person, sqlx::Error> {
        let mut tx = self.begin().await?;
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

    /// The one user of mock sign-in; made at the first start.
    pub async fn mock_person(&self, local_id: &str, display_name: &str) -> Result<Person, sqlx::Error> {
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

/// Reads the column; absent, the defaults.
pub(super) fn preferences(json: Option<String>) -> Result<Preferences, sqlx::Error> {
    match json {
        Some(json) => serde_json::from_str(&json).map_err(|e| sqlx::Error::Decode(Box::new(e))),
        None => Ok(Preferences::default()),
    }
}

/// The name itself, or with a number behind it: a name that somebody has is never given to somebody else.
async fn free_name(tx: &mut Write, wanted: &str) -> Result<String, sqlx::Error> {
    for n in 1..=NAME_TRIES {
        let name = if n == 1 { wanted.to_owned() } else { format!("{wanted}-{n}") };
        let taken =
            sqlx::query("SELECT 1 FROM participants WHERE local_id = ?").bind(&name).fetch_optional(&mut **tx).await?;
        if taken.is_none() {
            return Ok(name);
        }
    }
    Ok(format!("{wanted}-{}", Uuid::new_v4().simple()))
}
