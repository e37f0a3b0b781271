//! Where one profile keeps what outlives the process: this installation's id and the server last used. Tokens are in the keyring.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use call_session::view::Account;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The app's name on the desktop: D-Bus, keyring, directories.
pub(crate) const APP_ID: &str = "com.scaiwave.calls";

/// A profile's directory and what was read from it.
#[derive(Clone, Debug)]
pub(crate) struct Profile {
    directory: PathBuf,
    /// Made once; also tells profiles apart.
    pub(crate) installation: Uuid,
}

/// The profile is ours until this is dropped or the process ends.
pub(crate) struct ProfileLock {
    _file: fs::File,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Settings {
    last_server: Option<String>,
}

impl Profile {
    /// Opens the profile in `directory`, else the person's own one; makes it if it is new.
    pub(crate) fn open(directory: Option<PathBuf>) -> io::Result<Self> {
        let directory = match directory {
            Some(directory) => directory,
            None => dirs::data_dir()
                .ok_or_else(|| io::Error::other("no home directory: name a place by --profile"))?
                .join(APP_ID),
        };
        fs::create_dir_all(&directory)?;
        let installation = installation(&directory)?;
        Ok(Self { directory, installation })
    }

    /// On the session bus, for the single instance: a word of its own for each profile.
    pub(crate) fn bus_name(&self) -> String {
        format!("{APP_ID}.profile_{}", self.installation.simple())
    }

    /// The server last used, for the sign-in form.
    pub(crate) fn last_server(&self) -> Option<String> {
        let text = fs::read_to_string(self.settings()).ok()?;
        serde_json::from_str::<Settings>(&text).ok()?.last_server
    }

    /// Remembers where somebody signed in.
    pub(crate) fn remember(&self, account: &Account) {
        let Account::SignedIn { server, .. } = account else { return };
        if self.last_server().as_ref() == Some(server) {
            return;
        }
        let settings = serde_json::json!(Settings { last_server: Some(server.clone()) });
        if let Err(error) = fs::write(self.settings(), settings.to_string()) {
            tracing::warn!(%error, "the settings cannot be written");
        }
    }

    /// Held while the app runs: where there is no session bus to find the other instance by, this still keeps them apart.
    pub(crate) fn lock(&self) -> io::Result<ProfileLock> {
        let file = fs::File::create(self.directory.join("lock"))?;
        match file.try_lock() {
            Ok(()) => Ok(ProfileLock { _file: file }),
            Err(fs::TryLockError::WouldBlock) => {
                Err(io::Error::other("already running with this profile: use its window, or another --profile"))
            }
            Err(fs::TryLockError::Error(error)) => Err(error),
        }
    }

    fn settings(&self) -> PathBuf {
        self.directory.join("settings.json")
    }
}

/// Reads the installation's id, or makes it: of two first starts at the same moment, one wins and both use its id.
fn installation(directory: &Path) -> io::Result<Uuid> {
    let path = directory.join("installation");
    if !path.exists() {
        let made = directory.join(format!("installation.{}", std::process::id()));
        fs::write(&made, Uuid::new_v4().to_string())?;
        let linked = fs::hard_link(&made, &path);
        fs::remove_file(&made)?;
        match linked {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
    }
    let text = fs::read_to_string(&path)?;
    Uuid::try_parse(text.trim()).map_err(|_| io::Error::other(format!("{} is damaged: remove it", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_installation_keeps_its_id_and_its_server() {
        let directory = tempfile::tempdir().expect("a directory");
        let first = Profile::open(Some(directory.path().join("new"))).expect("made");
        let again = Profile::open(Some(directory.path().join("new"))).expect("opened");
        assert_eq!(first.installation, again.installation);
        assert_eq!(again.last_server(), None);
        first.remember(&Account::SignedIn {
            me: call_session::view::Person { participant_id: "p".into(), display_name: "P".into() },
            server: "http://h/".into(),
            kept: call_session::view::TokenStorage::Keyring,
        });
        assert_eq!(again.last_server().as_deref(), Some("http://h/"));
    }
}
