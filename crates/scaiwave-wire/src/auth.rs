use call_model::ParticipantId;
use serde::{Deserialize, Serialize};
use url::Url;

/// `GET /v1/auth/config`. A server without an identity provider leaves the OpenID fields out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
pub struct PasswordGrant {
    /// Always `password`.
    pub grant_type: String,
    /// The local name.
    pub username: String,
    /// The password.
    pub password: String,
}

/// `POST /v1/auth/refresh`, JSON (ours: the vendor hides the encoding).
#[derive(Clone, Serialize, Deserialize)]
pub struct RefreshRequest {
    /// The refresh token; used once, then rotated.
    pub refresh_token: String,
}

/// What sign-in and refresh answer. Not `Debug`: tokens never reach a log.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenGrant {
    /// The bearer.
    pub access_token: String,
    /// For the next refresh.
    pub refresh_token: String,
    /// Always `Bearer`.
    pub token_type: String,
    /// Seconds until the access token expires.
    pub expires_in: u64,
}

/// `POST /v1/auth/register`: makes or refreshes the caller's participant; idempotent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registered {
    /// The caller.
    pub participant_id: ParticipantId,
    /// The caller's tenant.
    pub tenant_id: String,
    /// As others see the caller.
    pub display_name: String,
}

/// `GET /v1/me`, the part a call client needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Me {
    /// The caller.
    pub participant_id: ParticipantId,
    /// The local name.
    pub local_id: String,
    /// `@local_id:server_name`.
    pub fqid: String,
    /// As others see the caller.
    pub display_name: String,
    /// May be unset.
    #[serde(default)]
    pub email: Option<String>,
    /// May be unset.
    #[serde(default)]
    pub avatar_url: Option<String>,
}
