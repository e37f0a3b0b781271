//! What people say about themselves, what they prefer, and who they are at an identity provider.

use async_trait::async_trait;
use call_model::ParticipantId;
use scaiwave_wire::Preferences;

use super::{Person, Stored};

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
pub(super) const NAME_TRIES: u32 = 50;

/// Profiles, preferences and identities.
#[async_trait]
pub trait Profiles {
    /// Somebody's profile.
    async fn profile(&self, who: &ParticipantId) -> Stored<Option<Profile>>;

    /// Changes what is given.
    async fn update_profile(&self, who: &ParticipantId, update: ProfileUpdate) -> Stored<()>;

    /// What somebody prefers.
    async fn preferences(&self, who: &ParticipantId) -> Stored<Preferences>;

    /// Finds the participant of an identity, or makes one; who signs in again keeps name and profile.
    async fn person_of_identity(&self, identity: &NewIdentity) -> Stored<Person>;

    /// The one user of mock sign-in; made at the first start.
    async fn mock_person(&self, local_id: &str, display_name: &str) -> Stored<Person>;
}

/// Preferences being changed.
#[async_trait]
pub trait ProfileChanges {
    /// What somebody prefers, inside of the transaction that will change it.
    async fn preferences_for_update(&mut self, who: &ParticipantId) -> Stored<Preferences>;

    /// Keeps what somebody prefers.
    async fn save_preferences(&mut self, who: &ParticipantId, preferences: &Preferences) -> Stored<()>;
}
