//! Addresses that carry their own proof, for players and image views that cannot send a token.

use std::{path::Path, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use call_model::MediaId;
use hmac::{Hmac, Mac};
use scaiwave_wire::{ErrorCode, SignedUrl};
use sha2::Sha256;

use super::no_such_media;
use crate::{
    error::{Answer, Failure},
    keys::media_key,
    store::{now, timestamp},
};

/// Makes and checks signed addresses.
pub(super) struct SignedUrls {
    key: Hmac<Sha256>,
    lasts: Duration,
}

impl SignedUrls {
    /// Reads its key from the data directory, or makes it.
    pub(super) fn open(data_dir: &Path, lasts: Duration) -> anyhow::Result<Self> {
        Ok(Self { key: Hmac::new_from_slice(&media_key(data_dir)?)?, lasts })
    }

    fn mac(&self, id: &MediaId, expires: i64) -> Hmac<Sha256> {
        // The number comes first and ends at the line: no other pair reads the same.
        self.key.clone().chain_update(format!("{expires}\n{id}"))
    }

    /// Signs an address. Proof and time stand in the query, which is never logged.
    pub(super) fn sign(&self, id: &MediaId) -> Answer<SignedUrl> {
        let expires = now().0 + self.lasts.as_millis() as i64;
        let signature = URL_SAFE_NO_PAD.encode(self.mac(id, expires).finalize().into_bytes());
        Ok(SignedUrl {
            url: format!("/v1/media/signed/{id}/file?expires={expires}&signature={signature}"),
            expires_at: timestamp(expires)?,
        })
    }

    /// Passes what this server signed, in time.
    pub(super) fn check(&self, id: &MediaId, expires: i64, signature: &str) -> Answer<()> {
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| no_such_media())?;
        // In constant time, so that nobody can feel their way to a signature.
        self.mac(id, expires).verify_slice(&signature).map_err(|_| no_such_media())?;
        if expires <= now().0 {
            return Err(Failure::new(ErrorCode::MediaUrlExpired, "This address has expired: ask for another."));
        }
        Ok(())
    }
}
