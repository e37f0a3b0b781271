//! People of the directory.

use async_trait::async_trait;
use call_model::ParticipantId;

use super::Stored;

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
    /// May be unset.
    pub avatar_url: Option<String>,
}

/// What a password is checked against.
pub struct Credentials {
    /// Whose.
    pub person: Person,
    /// Argon2id, PHC string; `None` for who cannot sign in by password.
    pub password_hash: Option<String>,
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

/// People, looked up and added.
#[async_trait]
pub trait People {
    /// Adds a person, or sets name and password of one that is there.
    async fn put_person(&self, new: NewPerson<'_>) -> Stored<ParticipantId>;

    /// The same for many, all of them or none.
    async fn put_people(&self, new: &[NewPerson<'_>]) -> Stored<()>;

    /// Looks up who signs in.
    async fn credentials(&self, local_id: &str) -> Stored<Option<Credentials>>;

    /// Looks somebody up by id.
    async fn person(&self, id: &ParticipantId) -> Stored<Option<Person>>;
}
