//! The identity provider: what it says about itself, and whom a code stands for.

use std::{
    pin::Pin,
    sync::Arc,
    time::{Duration, SystemTime},
};

use openidconnect::{
    AsyncHttpClient, AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret, HttpRequest, HttpResponse,
    JsonWebKeySet, Nonce, PkceCodeVerifier, RedirectUrl, RequestTokenError, TokenResponse,
    core::{
        CoreClient, CoreErrorResponseType, CoreIdToken, CoreIdTokenClaims, CoreJwsSigningAlgorithm,
        CoreProviderMetadata,
    },
};
use scaiwave_wire::{ErrorCode, LoginRequest};
use tokio::{sync::Mutex, time::Instant};

use crate::{
    config::Oidc,
    error::{Answer, Failure},
    store::NewIdentity,
};

/// What the provider says about itself is asked for again after so long, its keys also when a signature does not fit.
const FRESH: Duration = Duration::from_secs(3600);
/// A provider that does not answer is left alone for so long.
const PAUSE: Duration = Duration::from_secs(5);
const TIMEOUT: Duration = Duration::from_secs(5);
const MAX_ANSWER: usize = 512 * 1024;
/// Clocks may differ by so much.
const SKEW: Duration = Duration::from_secs(60);
/// All that need no shared secret.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// An identity provider.
pub struct Provider {
    settings: Oidc,
    http: Http,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    metadata: Option<Arc<CoreProviderMetadata>>,
    asked: Option<Instant>,
    answered: bool,
}

/// Our HTTP, as the library wants it.
struct Http(reqwest::Client);

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = Trouble;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, Trouble>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.fetch(request))
    }
}

impl Http {
    fn new() -> Result<Self, reqwest::Error> {
        if rustls::crypto::CryptoProvider::get_default().is_none() {
            // An error means that another thread was faster, which is as good.
            let _ = rustls::crypto::ring::default_provider().install_default();
        }
        // A redirected token request would carry the code elsewhere.
        let redirect = reqwest::redirect::Policy::none();
        reqwest::Client::builder().timeout(TIMEOUT).redirect(redirect).build().map(Self)
    }

    /// One bounded request.
    async fn fetch(&self, request: HttpRequest) -> Result<HttpResponse, Trouble> {
        let mut response = self.0.execute(request.try_into()?).await?;
        let mut answer = openidconnect::http::Response::builder().status(response.status());
        for (name, value) in response.headers() {
            answer = answer.header(name, value);
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            if body.len() + chunk.len() > MAX_ANSWER {
                return Err(Trouble::Answer("the answer is too large".into()));
            }
            body.extend_from_slice(&chunk);
        }
        answer.body(body).map_err(|e| Trouble::Answer(e.to_string()))
    }
}

/// What went wrong on the way to the provider, for the log.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error("{0}")]
    Http(#[from] reqwest::Error),
    #[error("{0}")]
    Answer(String),
}

impl Provider {
    /// A provider that is asked at its first use.
    pub fn new(settings: Oidc) -> Result<Self, reqwest::Error> {
        Ok(Self { settings, http: Http::new()?, known: Mutex::default() })
    }

    /// How it is reached.
    pub fn settings(&self) -> &Oidc {
        &self.settings
    }

    /// What it says about itself.
    pub async fn metadata(&self) -> Answer<Arc<CoreProviderMetadata>> {
        let mut known = self.known.lock().await;
        let valid = if known.answered { FRESH } else { PAUSE };
        if known.asked.is_none_or(|asked| asked.elapsed() >= valid) {
            self.ask(&mut known).await;
        }
        known.metadata.clone().ok_or_else(|| failed("The identity provider does not answer: try again later."))
    }

    async fn ask(&self, known: &mut Known) {
        let answer = self.discover().await;
        known.answered = answer.is_ok();
        known.asked = Some(Instant::now());
        match answer {
            Ok(metadata) => known.metadata = Some(Arc::new(metadata)),
            // What it said before is better than nothing.
            Err(e) => {
                tracing::error!(cause = %e, issuer = self.settings.issuer, "the identity provider is of no use now")
            }
        }
    }

    /// The same, asked for anew: its keys may have changed.
    async fn metadata_anew(&self) -> Answer<Arc<CoreProviderMetadata>> {
        self.ask(&mut *self.known.lock().await).await;
        self.metadata().await
    }

    async fn discover(&self) -> Result<CoreProviderMetadata, Trouble> {
        let answer = |e: &dyn std::fmt::Display| Trouble::Answer(format!("SCAIWAVE_OIDC_ISSUER: {e}"));
        let request = openidconnect::http::Request::get(self.settings.discovery.as_str());
        let response = self.http.fetch(request.body(Vec::new()).map_err(|e| answer(&e))?).await?;
        if !response.status().is_success() {
            return Err(answer(&format_args!("{} answers {}", self.settings.discovery, response.status())));
        }
        let metadata: CoreProviderMetadata = serde_json::from_slice(response.body()).map_err(|e| answer(&e))?;
        if metadata.issuer().as_str() != self.settings.issuer {
            return Err(answer(&format_args!("the provider calls itself {}", metadata.issuer().as_str())));
        }
        let keys = JsonWebKeySet::fetch_async(metadata.jwks_uri(), &self.http).await;
        Ok(metadata.set_jwks(keys.map_err(|e| answer(&e))?))
    }

    /// Trades a code for the identity it stands for.
    pub async fn sign_in(&self, login: LoginRequest) -> Answer<NewIdentity> {
        if login.redirect_uri != self.settings.redirect_uri.as_str() {
            let message = format!("redirect_uri: this server's is {}", self.settings.redirect_uri);
            return Err(Failure::new(ErrorCode::AuthRedirectMismatch, message));
        }
        let nonce = login.nonce.clone();
        let metadata = self.metadata().await?;
        let token = self.exchange(&metadata, login).await?;
        let claims = match self.verify(&metadata, &token, nonce.as_deref()) {
            Err(ClaimsVerificationError::SignatureVerification(_)) => {
                let metadata = self.metadata_anew().await?;
                self.verify(&metadata, &token, nonce.as_deref())
            }
            verified => verified,
        };
        let claims = claims.map_err(|e| {
            tracing::warn!(cause = %e, "an ID token was refused");
            failed("The identity provider's answer cannot be trusted: start the sign-in again.")
        })?;
        Ok(self.identity(&claims))
    }

    async fn exchange(&self, metadata: &CoreProviderMetadata, login: LoginRequest) -> Answer<CoreIdToken> {
        let settings = &self.settings;
        let client = CoreClient::from_provider_metadata(
            metadata.clone(),
            ClientId::new(settings.client_id.clone()),
            settings.client_secret.clone().map(ClientSecret::new),
        )
        .set_redirect_uri(RedirectUrl::from_url(settings.redirect_uri.clone()));
        let mut request = client.exchange_code(AuthorizationCode::new(login.code)).map_err(Failure::internal)?;
        if let Some(verifier) = login.code_verifier {
            request = request.set_pkce_verifier(PkceCodeVerifier::new(verifier));
        }
        let tokens = request.request_async(&self.http).await.map_err(refused)?;
        tokens
            .id_token()
            .cloned()
            .ok_or_else(|| failed("The identity provider sent no ID token; is `openid` asked for?"))
    }

    fn verify(
        &self,
        metadata: &CoreProviderMetadata,
        token: &CoreIdToken,
        nonce: Option<&str>,
    ) -> Result<CoreIdTokenClaims, ClaimsVerificationError> {
        let verifier = openidconnect::core::CoreIdTokenVerifier::new_public_client(
            ClientId::new(self.settings.client_id.clone()),
            metadata.issuer().clone(),
            metadata.jwks().clone(),
        )
        .set_allowed_algs(ALGORITHMS)
        .set_time_fn(|| (SystemTime::now() - SKEW).into())
        .set_issue_time_verifier_fn(|issued| {
            let issued: SystemTime = issued.into();
            if issued > SystemTime::now() + SKEW { Err("issued in the future".into()) } else { Ok(()) }
        });
        // Whoever sent a nonce gives it here; the documented request has none.
        let fits = |found: Option<&Nonce>| match nonce {
            Some(wanted) => openidconnect::NonceVerifier::verify(&Nonce::new(wanted.to_owned()), found),
            None => Ok(()),
        };
        token.claims(&verifier, fits).cloned()
    }

    fn identity(&self, claims: &CoreIdTokenClaims) -> NewIdentity {
        let email = claims.email().map(|email| email.as_str().to_owned());
        let preferred = claims.preferred_username().map(|name| name.as_str().to_owned());
        let local = preferred.clone().or_else(|| email.clone()).unwrap_or_default();
        let name = claims.name().and_then(|name| name.get(None)).map(|name| name.as_str().to_owned());
        let shown = name.or(preferred).unwrap_or_default();
        NewIdentity {
            issuer: self.settings.issuer.clone(),
            subject: claims.subject().as_str().to_owned(),
            local_id: local_id(&local),
            display_name: display_name(&shown),
            email: email.filter(|_| claims.email_verified().unwrap_or(false)),
        }
    }
}

fn failed(message: &str) -> Failure {
    Failure::new(ErrorCode::AuthOidcFailed, message)
}

type Refused = RequestTokenError<Trouble, openidconnect::StandardErrorResponse<CoreErrorResponseType>>;

fn refused(e: Refused) -> Failure {
    match e {
        RequestTokenError::ServerResponse(e) => {
            tracing::warn!(code = %e.error().as_ref(), "the identity provider refused a code");
            failed("The identity provider refused the code: start the sign-in again.")
        }
        e @ (RequestTokenError::Request(_) | RequestTokenError::Parse(..) | RequestTokenError::Other(_)) => {
            // The answer itself may hold tokens and stays out of the log.
            let cause = match e {
                RequestTokenError::Request(e) => e.to_string(),
                _ => "not an answer of a token endpoint".into(),
            };
            tracing::error!(cause, "the identity provider is of no use now");
            failed("The identity provider does not answer: try again later.")
        }
    }
}

/// A local name from what the provider calls somebody: what stands before an `@`, in our letters.
fn local_id(name: &str) -> String {
    let before = name.split('@').next().unwrap_or_default().to_lowercase();
    let fine = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.');
    let local: String = before.chars().map(|c| if fine(c) { c } else { '-' }).take(48).collect();
    let local = local.trim_matches('-');
    if local.is_empty() { "user".to_owned() } else { local.to_owned() }
}

fn display_name(name: &str) -> String {
    let shown: String = name.chars().filter(|c| !c.is_control()).take(200).collect();
    let shown = shown.trim();
    if shown.is_empty() { "New user".to_owned() } else { shown.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_provider_become_ours() {
        for (theirs, ours) in [
            ("Alice.Adams", "alice.adams"),
            ("bob@example.org", "bob"),
            ("Zoë van Dam", "zo--van-dam"),
            ("Ω", "user"),
            ("", "user"),
        ] {
            assert_eq!(local_id(theirs), ours, "{theirs}");
        }
        assert_eq!(local_id(&"x".repeat(500)).len(), 48);
        assert_eq!(display_name(" Zoë\u{7} "), "Zoë");
        assert_eq!(display_name(""), "New user");
    }
}
