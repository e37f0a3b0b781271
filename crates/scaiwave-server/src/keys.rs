//! The keys that sign access tokens, in the data directory. `signing.key` signs; a retired one still proves tokens made before, until
//! the last of them has expired. A running server notices a rotation by itself. `media.key` signs addresses of files, and stays.

use std::{
    io,
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, TokenData, Validation, errors::ErrorKind};
use parking_lot::RwLock;
use rand::RngCore;
use serde::{Serialize, de::DeserializeOwned};

const CURRENT: &str = "signing.key";
const RETIRED: &str = "signing.key.retired-";
const MEDIA: &str = "media.key";
const BYTES: usize = 32;
/// No access token lasts longer (`SCAIWAVE_ACCESS_TOKEN_SECONDS`), so that no older key is of use.
const KEEP: Duration = Duration::from_secs(24 * 3600);

/// The keys of a running server.
pub(crate) struct Keys {
    data_dir: PathBuf,
    /// The current one first.
    keys: RwLock<Vec<Key>>,
}

struct Key {
    bytes: Vec<u8>,
    encoding: EncodingKey,
    decoding: DecodingKey,
}

impl Keys {
    /// Reads the keys, and makes the first one.
    pub(crate) fn open(data_dir: &Path) -> io::Result<Self> {
        install_hmac();
        if !data_dir.join(CURRENT).exists() {
            rotate(data_dir, Overlap::Keep)?;
        }
        let keys = Self { data_dir: data_dir.to_owned(), keys: RwLock::default() };
        keys.reload()?;
        Ok(keys)
    }

    /// Takes up what was rotated meanwhile.
    pub(crate) fn reload(&self) -> io::Result<()> {
        let mut found = vec![read(&self.data_dir.join(CURRENT))?];
        for (path, _) in retired(&self.data_dir)?.into_iter().filter(|(_, age)| *age < KEEP) {
            found.push(read(&path)?);
        }
        if self.keys.read().iter().map(|key| &key.bytes).ne(&found) {
            tracing::info!(keys = found.len(), "signing keys read");
            *self.keys.write() = found.into_iter().map(Key::from).collect();
        }
        Ok(())
    }

    /// Signs with the current key.
    pub(crate) fn sign(&self, claims: &impl Serialize) -> jsonwebtoken::errors::Result<String> {
        let keys = self.keys.read();
        let current = keys.first().ok_or(ErrorKind::InvalidSignature)?;
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), claims, &current.encoding)
    }

    /// Proves a token by whichever key made it.
    pub(crate) fn prove<T: DeserializeOwned + Clone>(
        &self,
        token: &str,
        validation: &Validation,
    ) -> jsonwebtoken::errors::Result<TokenData<T>> {
        let keys = self.keys.read();
        let mut answer = Err(ErrorKind::InvalidSignature.into());
        for key in keys.iter() {
            answer = jsonwebtoken::decode(token, &key.decoding, validation);
            match &answer {
                Err(e) if matches!(e.kind(), ErrorKind::InvalidSignature) => {}
                Ok(_) | Err(_) => break,
            }
        }
        answer
    }
}

impl From<Vec<u8>> for Key {
    fn from(bytes: Vec<u8>) -> Self {
        let (encoding, decoding) = (EncodingKey::from_secret(&bytes), DecodingKey::from_secret(&bytes));
        Self { bytes, encoding, decoding }
    }
}

/// What becomes of tokens made with the key so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Overlap {
    /// They are good until they expire.
    Keep,
    /// They are refused at once.
    Drop,
}

/// Makes a new signing key in the place of the current one.
pub(crate) fn rotate(data_dir: &Path, overlap: Overlap) -> io::Result<()> {
    let (current, new) = (data_dir.join(CURRENT), data_dir.join("signing.key.new"));
    write(&new, &random())?;
    if overlap == Overlap::Keep && current.exists() {
        let retired_at = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        write(&data_dir.join(format!("{RETIRED}{retired_at}")), &read(&current)?)?;
    }
    for (path, age) in retired(data_dir)? {
        if age >= KEEP || overlap == Overlap::Drop {
            std::fs::remove_file(path)?;
        }
    }
    // In one step, so that there is a whole key at every moment.
    std::fs::rename(new, current)
}

/// The secret behind signed addresses of files. Made at the first start and never rotated: an address is good as long as it says.
pub(crate) fn media_key(data_dir: &Path) -> io::Result<Vec<u8>> {
    let path = data_dir.join(MEDIA);
    if !path.exists() {
        let new = data_dir.join("media.key.new");
        write(&new, &random())?;
        std::fs::rename(new, &path)?;
    }
    read(&path)
}

fn random() -> [u8; BYTES] {
    let mut bytes = [0; BYTES];
    rand::rng().fill_bytes(&mut bytes);
    bytes
}

/// For its owner's eyes, and on the disk before it is used.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    io::Write::write_all(&mut file, bytes)?;
    file.sync_all()
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let key = std::fs::read(path)?;
    if key.len() == BYTES {
        Ok(key)
    } else {
        Err(io::Error::other(format!("{} is damaged: expected {BYTES} bytes", path.display())))
    }
}

/// The retired keys and how long ago they were retired.
fn retired(data_dir: &Path) -> io::Result<Vec<(PathBuf, Duration)>> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut found = Vec::new();
    for entry in std::fs::read_dir(data_dir)? {
        let entry = entry?;
        let name = entry.file_name();
        let at = name.to_str().and_then(|name| name.strip_prefix(RETIRED)).and_then(|at| at.parse().ok());
        found.extend(at.map(|at| (entry.path(), now.saturating_sub(Duration::from_millis(at)))));
    }
    found.sort();
    Ok(found)
}

/// `jsonwebtoken` takes its cryptography from the process: LiveKit's token crate brings HMAC and installs it at its first use.
fn install_hmac() {
    let _ = livekit_api::access_token::Claims::from_unverified("");
}
