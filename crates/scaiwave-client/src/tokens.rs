//! The two tokens of a sign-in and when they are due.

use std::time::Duration;

use scaiwave_wire::{Timestamp, TokenGrant};
use serde::{Deserialize, Serialize};
use url::Url;

/// The access token is renewed when this part of its life is over.
const REFRESH_AT: f64 = 0.8;

/// A sign-in as it is kept between starts. Not `Debug`: tokens never reach a log.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedTokens {
    /// The server's origin.
    pub server: Url,
    /// The bearer of every request.
    pub access_token: String,
    /// Used once, then replaced.
    pub refresh_token: String,
    /// When the access token was given, by this machine's clock.
    pub issued_at: Timestamp,
    /// When the access token expires, by this machine's clock.
    pub expires_at: Timestamp,
}

impl SavedTokens {
    pub(crate) fn new(server: Url, grant: TokenGrant, now: Timestamp) -> Self {
        // A century is "never", and keeps the arithmetic inside what a timestamp can say.
        let life = Duration::from_secs(grant.expires_in.min(100 * 365 * 24 * 3600));
        let expires_at = now.checked_add(life).unwrap_or(Timestamp::MAX);
        Self {
            server,
            access_token: grant.access_token,
            refresh_token: grant.refresh_token,
            issued_at: now,
            expires_at,
        }
    }

    /// How long until the access token should be renewed; zero when it is due. The wall clock counts, not the process's: a
    /// suspended computer wakes up with an old token.
    pub(crate) fn due_in(&self, now: Timestamp) -> Duration {
        let life = self.expires_at.duration_since(self.issued_at).as_secs_f64().max(0.0);
        let age = now.duration_since(self.issued_at).as_secs_f64().max(0.0);
        Duration::from_secs_f64((life * REFRESH_AT - age).max(0.0))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn tokens(expires_in: u64, now: Timestamp) -> SavedTokens {
        let grant =
            TokenGrant { access_token: "a".into(), refresh_token: "r".into(), token_type: "Bearer".into(), expires_in };
        SavedTokens::new("http://localhost/".parse().unwrap(), grant, now)
    }

    #[test]
    fn due_after_four_fifths_of_its_life() {
        let start = Timestamp::from_second(1_000_000).unwrap();
        let tokens = tokens(3600, start);
        assert_eq!(tokens.due_in(start), Duration::from_secs(2880));
        assert_eq!(tokens.due_in(start + Duration::from_secs(2879)), Duration::from_secs(1));
        assert_eq!(tokens.due_in(start + Duration::from_secs(2880)), Duration::ZERO);
        assert_eq!(tokens.due_in(start + Duration::from_secs(99_999)), Duration::ZERO);
    }

    #[test]
    fn absurd_lives_are_no_overflow() {
        let start = Timestamp::from_second(1_000_000).unwrap();
        assert!(tokens(u64::MAX, start).due_in(start) > Duration::from_secs(3600 * 24 * 365));
        assert_eq!(tokens(0, start).due_in(start), Duration::ZERO);
    }
}
