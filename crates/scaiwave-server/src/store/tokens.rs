//! Refresh tokens: opaque, used once, rotated; a second use revokes the whole family.

use async_trait::async_trait;
use call_model::{ParticipantId, UnixMillis};

use super::Stored;

/// What became of a refresh token that was shown.
#[derive(Debug, PartialEq, Eq)]
pub enum Spent {
    /// Good, and now used up.
    Good {
        /// Whose.
        participant: ParticipantId,
        /// The sign-in it descends from.
        family: String,
    },
    /// Used before: the family is revoked.
    Replayed,
    /// Unknown or expired.
    Unknown,
}

/// Refresh tokens.
#[async_trait]
pub trait Tokens {
    /// Keeps a new refresh token.
    async fn add_refresh_token(
        &self,
        hash: &[u8],
        family: &str,
        participant: &ParticipantId,
        expires_at: UnixMillis,
    ) -> Stored<()>;

    /// Uses a refresh token up.
    async fn spend_refresh_token(&self, hash: &[u8]) -> Stored<Spent>;

    /// Ends the sign-in that a refresh token descends from.
    async fn revoke_family_of(&self, hash: &[u8]) -> Stored<()>;
}
