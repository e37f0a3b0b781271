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
}

/// Ours: a way to sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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

/// `POST /v1/auth/refresh`, JSON (ours: the vendor hides the encoding).
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RefreshRequest {
    /// The refresh token; used once, then rotated.
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
    #[cfg_attr(feature = "schema", schemars(example = &"default"))]
    pub tenant_id: String,
    /// As others see the caller.
    #[cfg_attr(feature = "schema", schemars(example = &"Alice Adams"))]
    pub display_name: String,
}

/// `GET /v1/me`, the part a call client needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Me {
    /// The caller.
    pub participant_id: ParticipantId,
    /// The local name.
    #[cfg_attr(feature = "schema", schemars(example = &"alice"))]
    pub local_id: String,
    /// `@local_id:server_name`.
    #[cfg_attr(feature = "schema", schemars(example = &"@alice:calls.example.org"))]
    pub fqid: String,
    /// As others see the caller.
    #[cfg_attr(feature = "schema", schemars(example = &"Alice Adams"))]
    pub display_name: String,
    /// May be unset.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(example = &"alice@example.org"))]
    pub email: Option<String>,
    /// May be unset.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(example = &"https://calls.example.org/alice.png"))]
    pub avatar_url: Option<String>,
}
