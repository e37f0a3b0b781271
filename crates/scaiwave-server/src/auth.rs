//! Who somebody is: passwords by argon2id, access tokens signed by this server, refresh tokens kept as hashes.

use std::{path::Path, time::Duration};

use argon2::{
    Argon2, PasswordHash, PasswordHasher, PasswordVerifier,
    password_hash::{SaltString, rand_core::OsRng},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use call_model::{ParticipantId, UnixMillis};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, errors::ErrorKind};
use rand::RngCore;
use scaiwave_wire::{ErrorCode, TokenGrant};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::runtime::{Builder, Runtime};
use uuid::Uuid;

use crate::{
    error::{Answer, Failure},
    store::{Person, Spent, Store, now},
};

/// Longer passwords are refused rather than hashed.
const MAX_PASSWORD_BYTES: usize = 1024;
const REFRESH_TOKEN: Duration = Duration::from_secs(30 * 24 * 3600);
/// Hashing takes 20 ms of a core and 19 MB: no more than this many at once.
const PARALLEL_HASHES: usize = 2;

/// Threads for hashing alone: the allocator keeps what a thread last used, and all the threads for blocking work would keep 19 MB each.
struct Hashing(Option<Runtime>);

impl Hashing {
    fn start() -> std::io::Result<Self> {
        let threads = Builder::new_current_thread().max_blocking_threads(PARALLEL_HASHES).build()?;
        Ok(Self(Some(threads)))
    }

    async fn run<T: Send + 'static>(&self, hash: impl FnOnce() -> T + Send + 'static) -> Answer<T> {
        let threads = self.0.as_ref().ok_or_else(|| Failure::internal("the hashing threads are gone"))?;
        threads.handle().spawn_blocking(hash).await.map_err(Failure::internal)
    }
}

impl Drop for Hashing {
    fn drop(&mut self) {
        // dropped by itself it would wait, which an async thread must not
        if let Some(threads) = self.0.take() {
            threads.shutdown_background();
        }
    }
}

/// What an access token says.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Claims {
    /// The participant.
    pub sub: ParticipantId,
    /// The tenant; the only place it comes from.
    pub tenant_id: String,
    /// This server.
    pub iss: String,
    /// Unix seconds.
    pub iat: i64,
    /// Unix seconds.
    pub exp: i64,
    /// This token.
    pub jti: Uuid,
}

/// Signs people in.
pub struct Auth {
    store: Store,
    server_name: String,
    access_token: Duration,
    encoding: EncodingKey,
    decoding: DecodingKey,
    hashing: Hashing,
    // Checked when the name is unknown, so that a wrong name takes as long as a wrong password.
    nobody: String,
}

impl Auth {
    /// Reads the signing key from the data directory, or makes it.
    pub async fn open(
        store: Store,
        data_dir: &Path,
        server_name: &str,
        access_token: Duration,
    ) -> std::io::Result<Self> {
        let secret = signing_key(data_dir).await?;
        install_hmac();
        let nobody = hash_password("").map_err(std::io::Error::other)?;
        Ok(Self {
            store,
            server_name: server_name.to_owned(),
            access_token,
            encoding: EncodingKey::from_secret(&secret),
            decoding: DecodingKey::from_secret(&secret),
            hashing: Hashing::start()?,
            nobody,
        })
    }

    /// Signs in by name and password.
    pub async fn by_password(&self, username: &str, password: String) -> Answer<TokenGrant> {
        let refused = || Failure::new(ErrorCode::AuthInvalidCredentials, "Name or password is wrong.");
        if password.len() > MAX_PASSWORD_BYTES {
            return Err(refused());
        }
        let found = self.store.credentials(username).await?;
        let hash = found.as_ref().and_then(|c| c.password_hash.clone());
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.nobody.clone());
        let matches = self
            .hashing
            .run(move || {
                let hash = PasswordHash::new(&hash);
                hash.is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
            })
            .await?;
        match found {
            Some(found) if known && matches => self.grant(&found.person, &Uuid::new_v4().to_string()).await,
            _ => Err(refused()),
        }
    }

    /// Trades a refresh token for new tokens; it is good once.
    pub async fn by_refresh_token(&self, token: &str) -> Answer<TokenGrant> {
        let refused =
            || Failure::new(ErrorCode::AuthInvalidToken, "The refresh token is used up or unknown: sign in again.");
        match self.store.spend_refresh_token(&hash_token(token)).await? {
            Spent::Good { participant, family } => {
                let person = self.store.person(&participant).await?.ok_or_else(refused)?;
                self.grant(&person, &family).await
            }
            Spent::Replayed => {
                tracing::warn!("a refresh token was used twice; its whole family is revoked");
                Err(refused())
            }
            Spent::Unknown => Err(refused()),
        }
    }

    async fn grant(&self, person: &Person, family: &str) -> Answer<TokenGrant> {
        let mut secret = [0; 32];
        rand::rng().fill_bytes(&mut secret);
        let refresh_token = URL_SAFE_NO_PAD.encode(secret);
        let expires = UnixMillis(now().0 + REFRESH_TOKEN.as_millis() as i64);
        self.store.add_refresh_token(&hash_token(&refresh_token), family, &person.id, expires).await?;
        Ok(TokenGrant {
            access_token: self.access_token(person)?,
            refresh_token,
            token_type: "Bearer".into(),
            expires_in: self.access_token.as_secs(),
        })
    }

    fn access_token(&self, person: &Person) -> Answer<String> {
        let iat = now().0 / 1000;
        let claims = Claims {
            sub: person.id.clone(),
            tenant_id: person.tenant_id.clone(),
            iss: self.server_name.clone(),
            iat,
            exp: iat + self.access_token.as_secs() as i64,
            jti: Uuid::new_v4(),
        };
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.encoding).map_err(Failure::internal)
    }

    /// Reads an access token; only ours, unaltered and in time, passes.
    pub fn verify(&self, token: &str) -> Answer<Claims> {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.leeway = 0;
        validation.set_issuer(&[&self.server_name]);
        validation.set_required_spec_claims(&["exp", "sub", "iss"]);
        let expired = || Failure::new(ErrorCode::AuthExpiredToken, "The access token has expired: refresh it.");
        match jsonwebtoken::decode::<Claims>(token, &self.decoding, &validation) {
            // The library still takes a token in the very second it expires.
            Ok(token) if token.claims.exp * 1000 <= now().0 => Err(expired()),
            Ok(token) => Ok(token.claims),
            Err(e) if matches!(e.kind(), ErrorKind::ExpiredSignature) => Err(expired()),
            Err(_) => {
                Err(Failure::new(ErrorCode::AuthInvalidToken, "The access token is not one of this server: sign in."))
            }
        }
    }
}

/// Hashes a password with argon2id; takes its time, so keep it off the async threads.
pub fn hash_password(password: &str) -> Result<String, argon2::password_hash::Error> {
    let salt = SaltString::generate(&mut OsRng);
    Ok(Argon2::default().hash_password(password.as_bytes(), &salt)?.to_string())
}

fn hash_token(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}

/// `jsonwebtoken` takes its cryptography from the process: LiveKit's token crate brings HMAC and installs it at its first use.
fn install_hmac() {
    let _ = livekit_api::access_token::Claims::from_unverified("");
}

async fn signing_key(data_dir: &Path) -> std::io::Result<Vec<u8>> {
    let path = data_dir.join("signing.key");
    match tokio::fs::read(&path).await {
        Ok(key) if key.len() == 32 => return Ok(key),
        Ok(_) => return Err(std::io::Error::other(format!("{} is damaged: expected 32 bytes", path.display()))),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
        Err(e) => return Err(e),
    }
    let mut key = vec![0; 32];
    rand::rng().fill_bytes(&mut key);
    let mut options = tokio::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    options.mode(0o600);
    let mut file = options.open(&path).await?;
    tokio::io::AsyncWriteExt::write_all(&mut file, &key).await?;
    file.sync_all().await?;
    Ok(key)
}
