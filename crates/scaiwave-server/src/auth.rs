//! Who somebody is: passwords by argon2id, an identity provider, or nobody's word (mock); access tokens signed by this server, refresh
//! tokens kept as hashes.

mod oidc;

use std::{net::IpAddr, time::Duration};

use argon2::{
    Argon2, PasswordHash, PasswordHasher, PasswordVerifier,
    password_hash::{SaltString, rand_core::OsRng},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use call_model::{ParticipantId, UnixMillis};
use jsonwebtoken::{Algorithm, Validation, errors::ErrorKind};
use rand::RngCore;
use scaiwave_wire::{AuthMode, ErrorCode, LoginRequest, TokenGrant};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::{sync::Semaphore, task::spawn_blocking};
use uuid::Uuid;

pub use oidc::Provider;

use crate::{
    config::Settings,
    error::{Answer, Failure},
    keys::Keys,
    rates::Rates,
    store::{Account, Person, Spent, Store, now},
};

/// Longer passwords are refused rather than hashed.
const MAX_PASSWORD_BYTES: usize = 1024;
const REFRESH_TOKEN: Duration = Duration::from_secs(30 * 24 * 3600);
/// Hashing takes 20 ms of a core and 19 MB: no more than this many at once.
const PARALLEL_HASHES: usize = 2;
/// The one user of mock sign-in.
const MOCK: (&str, &str) = ("mock-user", "Mock User");
const MOCK_LASTS_SECONDS: i64 = 365 * 24 * 3600;

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
    /// Of which generation: signing a person out everywhere starts a new one.
    #[serde(default)]
    pub generation: i64,
}

/// Signs people in.
pub struct Auth {
    store: Store,
    server_name: String,
    access_token: Duration,
    keys: Keys,
    hashing: Semaphore,
    // Checked when the name is unknown, so that a wrong name takes as long as a wrong password.
    nobody: String,
    passwords: bool,
    provider: Option<Provider>,
    mock: Option<Account>,
}

impl Auth {
    /// Reads the signing key from the data directory, or makes it.
    pub async fn open(store: Store, settings: &Settings) -> anyhow::Result<Self> {
        let keys = Keys::open(&settings.data_dir)?;
        let nobody = hash_password("").map_err(std::io::Error::other)?;
        let sign_in = &settings.sign_in;
        let mut mock = None;
        if sign_in.takes(AuthMode::Mock) {
            tracing::warn!("mock sign-in: any bearer is the user {}; never let others reach this server", MOCK.0);
            let person = store.mock_person(MOCK.0, MOCK.1).await?;
            mock = store.account(&person.id).await?;
        }
        Ok(Self {
            store,
            server_name: settings.server_name.clone(),
            access_token: settings.access_token,
            keys,
            hashing: Semaphore::new(PARALLEL_HASHES),
            nobody,
            passwords: sign_in.takes(AuthMode::Password),
            provider: sign_in.oidc.clone().map(Provider::new).transpose()?,
            mock,
        })
    }

    /// Takes up signing keys that were rotated.
    pub(crate) fn reload_keys(&self) -> std::io::Result<()> {
        self.keys.reload()
    }

    /// The identity provider, if there is one.
    pub fn provider(&self) -> Option<&Provider> {
        self.provider.as_ref()
    }

    /// Signs in by the code of the identity provider's redirect.
    pub async fn by_code(&self, login: LoginRequest) -> Answer<TokenGrant> {
        let provider = self.provider.as_ref().ok_or_else(|| {
            Failure::new(ErrorCode::AuthOidcFailed, "This server has no identity provider; see GET /v1/auth/config.")
        })?;
        let identity = provider.sign_in(login).await?;
        let person = self.store.person_of_identity(&identity).await?;
        self.grant(&person, &Uuid::new_v4().to_string()).await
    }

    /// Ends the sign-in that a refresh token descends from; an access token lives on until it expires.
    pub async fn sign_out(&self, refresh_token: &str) -> Answer<()> {
        Ok(self.store.revoke_family_of(&hash_token(refresh_token)).await?)
    }

    /// Signs in by name and password; who fails too often has to wait.
    pub(crate) async fn by_password(
        &self,
        username: &str,
        password: String,
        address: IpAddr,
        rates: &Rates,
    ) -> Answer<TokenGrant> {
        let refused = || Failure::new(ErrorCode::AuthInvalidCredentials, "Name or password is wrong.");
        if !self.passwords {
            let message = "This server does not sign in by password; see GET /v1/auth/config.";
            return Err(Failure::new(ErrorCode::AuthInvalidCredentials, message));
        }
        if password.len() > MAX_PASSWORD_BYTES {
            return Err(refused());
        }
        let found = self.store.credentials(username).await?;
        let hash = found.as_ref().and_then(|c| c.password_hash.clone());
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.nobody.clone());
        let turn = self.hashing.acquire().await.map_err(Failure::internal)?;
        // Asked and noted in one turn: guesses made side by side do not get past the limit.
        rates.may_sign_in(username, address)?;
        let matches = spawn_blocking(move || {
            PasswordHash::new(&hash).is_ok_and(|h| Argon2::default().verify_password(password.as_bytes(), &h).is_ok())
        });
        let matches = matches.await.map_err(Failure::internal)?;
        if !(known && matches) {
            rates.sign_in_failed(username, address);
        }
        drop(turn);
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
        let account = self.store.account(&person.id).await?.filter(|account| !account.disabled);
        let account = account.ok_or_else(|| {
            Failure::new(
                ErrorCode::AuthInsufficientPermission,
                "This account is disabled; an administrator can enable it.",
            )
        })?;
        let mut secret = [0; 32];
        rand::rng().fill_bytes(&mut secret);
        let refresh_token = URL_SAFE_NO_PAD.encode(secret);
        let expires = UnixMillis(now().0 + REFRESH_TOKEN.as_millis() as i64);
        self.store.add_refresh_token(&hash_token(&refresh_token), family, &person.id, expires).await?;
        Ok(TokenGrant {
            access_token: self.access_token(&account)?,
            refresh_token,
            token_type: "Bearer".into(),
            expires_in: self.access_token.as_secs(),
        })
    }

    fn access_token(&self, Account { person, generation, .. }: &Account) -> Answer<String> {
        let iat = now().0 / 1000;
        let claims = Claims {
            sub: person.id.clone(),
            tenant_id: person.tenant_id.clone(),
            iss: self.server_name.clone(),
            iat,
            exp: iat + self.access_token.as_secs() as i64,
            jti: Uuid::new_v4(),
            generation: *generation,
        };
        self.keys.sign(&claims).map_err(Failure::internal)
    }

    /// Reads an access token; only ours, unaltered and in time, passes. With mock sign-in anything else is the mock user's.
    pub fn verify(&self, token: &str) -> Answer<Claims> {
        match (self.verify_own(token), &self.mock) {
            (Err(e), Some(mock)) if *e.code() == ErrorCode::AuthInvalidToken && !token.is_empty() => {
                Ok(self.mock_claims(mock, token))
            }
            (verified, _) => verified,
        }
    }

    fn mock_claims(&self, Account { person, generation, .. }: &Account, token: &str) -> Claims {
        let iat = now().0 / 1000;
        Claims {
            sub: person.id.clone(),
            tenant_id: person.tenant_id.clone(),
            iss: self.server_name.clone(),
            iat,
            exp: iat + MOCK_LASTS_SECONDS,
            // The same bearer is the same token: the stream tells windows apart by it.
            jti: Uuid::from_slice(&hash_token(token)[..16]).unwrap_or_default(),
            generation: *generation,
        }
    }

    fn verify_own(&self, token: &str) -> Answer<Claims> {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.leeway = 0;
        validation.set_issuer(&[&self.server_name]);
        validation.set_required_spec_claims(&["exp", "sub", "iss"]);
        let expired = || Failure::new(ErrorCode::AuthExpiredToken, "The access token has expired: refresh it.");
        match self.keys.prove::<Claims>(token, &validation) {
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
