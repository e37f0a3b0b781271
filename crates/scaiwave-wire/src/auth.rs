use call_model::ParticipantId;
use serde::{Deserialize, Serialize};
use url::Url;

/// `GET /v1/auth/config`. A server without an identity provider leaves the OpenID fields out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AuthConfig {
    /// The OpenID Connect issuer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<Url>,
    /// Where the browser is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorization_endpoint: Option<Url>,
    /// The provider's token endpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_endpoint: Option<Url>,
    /// Where the provider's signing keys are (ours: promised by the vendor, absent from the example).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks_uri: Option<Url>,
    /// Ours: whom the browser is sent to the provider as.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(example = &"scaiwave-calls"))]
    pub client_id: Option<String>,
    /// Usually `openid profile email`.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(example = ["openid", "profile", "email"]))]
    pub scopes_supported: Vec<String>,
    /// `https://<host>/v1/auth/login`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redirect_uri: Option<Url>,
    /// Ours: which sign-ins the server takes.
    #[serde(default)]
    pub modes: Vec<AuthMode>,
    /// Ours: the tenant's flags that bear on sign-in, as in `GET /v1/me`.
    #[serde(default)]
    pub features: Features,
}

/// A tenant's feature flags, as far as we know them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Features {
    /// About sign-in.
    #[serde(default)]
    pub auth: AuthFeatures,
}

/// A tenant's flags about sign-in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AuthFeatures {
    /// Whether `POST /v1/auth/token` takes name and password.
    #[serde(default)]
    pub password_grant_enabled: bool,
}

/// Ours: a way to sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum AuthMode {
    /// Any bearer is one fixed user; development only.
    Mock,
    /// `POST /v1/auth/token` with `grant_type=password`.
    Password,
    /// OpenID Connect code flow.
    Oidc,
}

/// `POST /v1/auth/token`, form-encoded.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PasswordGrant {
    /// Always `password`.
    #[cfg_attr(feature = "schema", schemars(extend("enum" = ["password"])))]
    pub grant_type: String,
    /// The local name.
    #[cfg_attr(feature = "schema", schemars(example = &"alice"))]
    pub username: String,
    /// The password.
    #[cfg_attr(feature = "schema", schemars(example = &"alice's password"))]
    pub password: String,
}

// Not `Debug`: the code is a secret.
/// `POST /v1/auth/login`, as a form or in the query: what the identity provider's redirect brought.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LoginRequest {
    /// The authorization code.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 4096), example = &"c29kZQ"))]
    pub code: String,
    /// The address the code was asked for with: `redirect_uri` of the configuration.
    #[cfg_attr(feature = "schema", schemars(example = &"https://calls.example.org/v1/auth/login"))]
    pub redirect_uri: String,
    /// Ours: the PKCE verifier, if the client sent a challenge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 4096), example = &"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"))]
    pub code_verifier: Option<String>,
    /// Ours: the nonce, if the client sent one; the ID token must then carry it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 4096), example = &"bm9uY2U"))]
    pub nonce: Option<String>,
}

/// `POST /v1/auth/refresh`, JSON (ours: the vendor hides the encoding).
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RefreshRequest {
    /// The refresh token; used once, then rotated.
    #[cfg_attr(feature = "schema", schemars(example = &"c2VjcmV0LXJlZnJlc2gtdG9rZW4"))]
    pub refresh_token: String,
}

/// `POST /v1/auth/logout` (ours): the sign-in this refresh token descends from ends; idempotent.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LogoutRequest {
    /// The newest refresh token the client has.
    #[cfg_attr(feature = "schema", schemars(example = &"c2VjcmV0LXJlZnJlc2gtdG9rZW4"))]
    pub refresh_token: String,
}

// Not `Debug`: tokens never reach a log.
/// What sign-in and refresh answer.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TokenGrant {
    /// The bearer.
    #[cfg_attr(feature = "schema", schemars(example = &"eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl"))]
    pub access_token: String,
    /// For the next refresh.
    #[cfg_attr(feature = "schema", schemars(example = &"c2VjcmV0LXJlZnJlc2gtdG9rZW4"))]
    pub refresh_token: String,
    /// Always `Bearer`.
    #[cfg_attr(feature = "schema", schemars(example = &"Bearer"))]
    pub token_type: String,
    /// Seconds until the access token expires.
    #[cfg_attr(feature = "schema", schemars(example = 3600))]
    pub expires_in: u64,
}

/// `POST /v1/auth/register`: makes or refreshes the caller's participant; idempotent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Registered {
    /// The caller.
    pub participant_id: ParticipantId,
    /// The caller's tenant.
    #[cfg_attr(feature = "schema", schemars(example = &"tenant-default"))]
    pub tenant_id: String,
    /// As others see the caller.
    #[cfg_attr(feature = "schema", schemars(example = &"Alice Adams"))]
    pub display_name: String,
}

/// Where on `127.0.0.1` a desktop app waits for the end of its sign-in (ours, after ScaiDrive's desktop app).
pub const DESKTOP_CALLBACK_PATH: &str = "/callback";

/// The `state` of a desktop sign-in (ours), `<secret>.<port>`. The provider's redirect reaches `GET /v1/auth/login`, which hands
/// `code` (or `error`) and `state` on to [`DESKTOP_CALLBACK_PATH`] on that port of `127.0.0.1`. The app compares the whole state, then
/// posts the code to `POST /v1/auth/login`.
#[derive(Clone, PartialEq, Eq)]
pub struct DesktopState {
    secret: String,
    port: u16,
}

impl DesktopState {
    /// A state for an app that waits on a port; the secret is 16 to 128 letters, digits, `-` or `_` that nobody can guess.
    pub fn new(secret: &str, port: u16) -> Result<Self, &'static str> {
        let fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        if !(16..=128).contains(&secret.len()) || !secret.chars().all(fine) || port < 1024 {
            return Err("expected 16 to 128 letters, digits, '-' or '_', a dot and a port from 1024 on");
        }
        Ok(Self { secret: secret.to_owned(), port })
    }

    /// Where the app waits.
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl std::str::FromStr for DesktopState {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let (secret, port) = text.split_once('.').unwrap_or_default();
        let digits = !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
        Self::new(secret, port.parse().ok().filter(|_| digits).unwrap_or_default())
    }
}

impl std::fmt::Display for DesktopState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.secret, self.port)
    }
}
