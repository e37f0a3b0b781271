//! Where a sign-in outlives the process. The session names what it needs; the app brings the keyring.

use std::sync::Arc;

use parking_lot::Mutex;
use scaiwave_client::SavedTokens;
use serde::{Deserialize, Serialize};

use crate::view::{Person, TokenStorage};

/// A sign-in as it is kept. Not `Debug`: tokens never reach a log.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedSignIn {
    /// The server and the tokens.
    pub tokens: SavedTokens,
    /// Who; shown while the server has not answered yet.
    pub me: Person,
}

/// Why tokens could not be kept or found.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// There is no keyring, or it is locked.
    #[error("{0}")]
    Unavailable(String),
    /// What was found cannot be read.
    #[error("the saved sign-in cannot be read: sign in again")]
    Damaged,
}

/// Keeps one sign-in. Calls may block for as long as a keyring takes; the session calls from a blocking thread.
pub trait TokenVault: Send + Sync {
    /// What was saved last, if anything.
    fn load(&self) -> Result<Option<SavedSignIn>, VaultError>;
    /// Replaces what was saved, and says where it is kept.
    fn save(&self, sign_in: &SavedSignIn) -> Result<TokenStorage, VaultError>;
    /// Forgets.
    fn clear(&self) -> Result<(), VaultError>;
}

/// Keeps a sign-in until the process ends: agents, tests, and systems without a keyring. Clones share what they keep.
#[derive(Clone, Default)]
pub struct MemoryVault {
    saved: Arc<Mutex<Option<SavedSignIn>>>,
}

impl TokenVault for MemoryVault {
    fn load(&self) -> Result<Option<SavedSignIn>, VaultError> {
        Ok(self.saved.lock().clone())
    }

    fn save(&self, sign_in: &SavedSignIn) -> Result<TokenStorage, VaultError> {
        *self.saved.lock() = Some(sign_in.clone());
        Ok(TokenStorage::Memory { reason: "this program does not use the keyring".into() })
    }

    fn clear(&self) -> Result<(), VaultError> {
        *self.saved.lock() = None;
        Ok(())
    }
}
