//! Tokens in the system's keyring; in memory where there is none, said plainly.

use std::{sync::mpsc, thread, time::Duration};

use call_session::{MemoryVault, SavedSignIn, TokenVault, VaultError, view::TokenStorage};
use keyring_core::{Entry, Error as KeyringError};

use crate::profile::{APP_ID, Profile};

/// A person may be asked for the keyring's password meanwhile.
const PATIENCE: Duration = Duration::from_secs(60);

/// The keyring's entry of one profile.
pub(crate) struct KeyringVault {
    user: String,
    memory: MemoryVault,
}

/// What the keyring would not do.
enum Trouble {
    /// There is none.
    Absent,
    /// It is locked, and stays so.
    Locked,
    /// It did not answer.
    Silent,
    /// Something else.
    Other(String),
}

impl KeyringVault {
    /// For one profile.
    pub(crate) fn new(profile: &Profile) -> Self {
        Self { user: profile.installation.to_string(), memory: MemoryVault::default() }
    }

    /// Does something with the entry on a thread of its own, so that a keyring that hangs costs a thread and not the app.
    fn with_entry<T: Send + 'static>(
        &self,
        work: impl FnOnce(Entry) -> keyring_core::Result<T> + Send + 'static,
    ) -> Result<T, Trouble> {
        let user = self.user.clone();
        let (done, result) = mpsc::channel();
        let spawned = thread::Builder::new().name("keyring".into()).spawn(move || {
            // nobody listens any more if it took too long
            let _ = done.send(open(&user).and_then(work));
        });
        spawned.map_err(|error| Trouble::Other(error.to_string()))?;
        match result.recv_timeout(PATIENCE) {
            Ok(result) => result.map_err(Trouble::from),
            Err(_) => Err(Trouble::Silent),
        }
    }
}

impl TokenVault for KeyringVault {
    fn load(&self) -> Result<Option<SavedSignIn>, VaultError> {
        match self.with_entry(|entry| found(entry.get_password())) {
            Ok(Some(text)) => serde_json::from_str(&text).map(Some).map_err(|_| VaultError::Damaged),
            Ok(None) => self.memory.load(),
            Err(Trouble::Absent) => self.memory.load(),
            Err(trouble) => Err(VaultError::Unavailable(trouble.reason())),
        }
    }

    fn save(&self, sign_in: &SavedSignIn) -> Result<TokenStorage, VaultError> {
        let text = serde_json::to_string(sign_in).map_err(|_| VaultError::Damaged)?;
        match self.with_entry(move |entry| entry.set_password(&text)) {
            Ok(()) => Ok(TokenStorage::Keyring),
            Err(trouble) => {
                self.memory.save(sign_in)?;
                Ok(TokenStorage::Memory { reason: trouble.reason() })
            }
        }
    }

    fn clear(&self) -> Result<(), VaultError> {
        self.memory.clear()?;
        match self.with_entry(|entry| found(entry.delete_credential())) {
            Ok(_) | Err(Trouble::Absent) => Ok(()),
            Err(trouble) => Err(VaultError::Unavailable(trouble.reason())),
        }
    }
}

impl Trouble {
    /// For people.
    fn reason(&self) -> String {
        match self {
            Self::Absent => "no keyring is running on this desktop".into(),
            Self::Locked => "the keyring is locked".into(),
            Self::Silent => "the keyring does not answer".into(),
            Self::Other(error) => format!("the keyring reports: {error}"),
        }
    }
}

impl From<KeyringError> for Trouble {
    fn from(error: KeyringError) -> Self {
        match error {
            KeyringError::NoDefaultStore | KeyringError::NotSupportedByStore(_) => Self::Absent,
            KeyringError::NoStorageAccess(_) => Self::Locked,
            // what the store could not reach on the bus
            KeyringError::PlatformFailure(_) => Self::Absent,
            other => Self::Other(other.to_string()),
        }
    }
}

fn found<T>(result: keyring_core::Result<T>) -> keyring_core::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(KeyringError::NoEntry) => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(target_os = "linux")]
fn open(user: &str) -> keyring_core::Result<Entry> {
    use keyring_core::api::CredentialStoreApi;
    zbus_secret_service_keyring_store::Store::new()?.build(APP_ID, user, None)
}

/// Until their stores are taken in, other systems keep tokens in memory.
#[cfg(not(target_os = "linux"))]
fn open(_user: &str) -> keyring_core::Result<Entry> {
    Err(KeyringError::NoDefaultStore)
}
