//! Who may sign in, and whose sessions are cut.

use async_trait::async_trait;
use call_model::ParticipantId;

use super::{Person, Stored};

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

/// Accounts, and the cutting of their sessions.
#[async_trait]
pub trait Accounts {
    /// Looks up whose token it is.
    async fn account(&self, id: &ParticipantId) -> Stored<Option<Account>>;

    /// Everybody, by name.
    async fn accounts(&self) -> Stored<Vec<Account>>;

    /// Sets a password; sessions go on.
    async fn set_password(&self, id: &ParticipantId, password_hash: &str) -> Stored<()>;

    /// Signs a person out everywhere: no token made so far is good any more. Disabled, they do not get another one.
    async fn cut_sessions(&self, id: &ParticipantId, disable: bool) -> Stored<()>;

    /// Lets somebody who was disabled sign in again.
    async fn enable(&self, id: &ParticipantId) -> Stored<()>;

    /// Whose sessions were cut after a mark, each with its own mark.
    async fn cut_after(&self, mark: i64) -> Stored<Vec<(ParticipantId, i64)>>;
}
