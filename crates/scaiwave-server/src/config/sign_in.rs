//! How people sign in, checked.

use std::net::SocketAddr;

use axum::http::HeaderValue;
use scaiwave_wire::AuthMode;
use url::{Host, Url};

use super::{ServeArgs, SettingError};

/// How people sign in.
#[derive(Clone, Debug)]
pub struct SignIn {
    /// At least one.
    pub modes: Vec<AuthMode>,
    /// The identity provider, if one of the modes is `oidc`.
    pub oidc: Option<Oidc>,
}

impl Default for SignIn {
    fn default() -> Self {
        Self { modes: vec![AuthMode::Password], oidc: None }
    }
}

impl SignIn {
    /// Whether this way is open.
    pub fn takes(&self, mode: AuthMode) -> bool {
        self.modes.contains(&mode)
    }
}

/// An identity provider.
#[derive(Clone)]
pub struct Oidc {
    /// Exactly as the provider writes it, with or without a slash at its end.
    pub issuer: String,
    /// Where its description is: usually below the issuer.
    pub discovery: Url,
    /// Who we are there.
    pub client_id: String,
    /// Public clients have none.
    pub client_secret: Option<String>,
    /// `<public address>/v1/auth/login`, registered there.
    pub redirect_uri: Url,
}

impl std::fmt::Debug for Oidc {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Oidc")
            .field("issuer", &self.issuer)
            .field("client_id", &self.client_id)
            .field("redirect_uri", &self.redirect_uri.as_str())
            .finish_non_exhaustive()
    }
}

/// Reads `SCAIWAVE_AUTH_MODE` and, for `oidc`, what belongs to it.
pub(super) fn sign_in(args: &ServeArgs) -> Result<SignIn, SettingError> {
    let modes = modes(&args.auth_mode, args.listen)?;
    let oidc = modes.contains(&AuthMode::Oidc).then(|| oidc(args)).transpose()?;
    Ok(SignIn { modes, oidc })
}

fn modes(words: &str, listen: SocketAddr) -> Result<Vec<AuthMode>, SettingError> {
    const SETTING: &str = "SCAIWAVE_AUTH_MODE";
    let mut modes = Vec::new();
    for word in words.split(',').map(str::trim) {
        modes.extend(match word {
            "mock" => &[AuthMode::Mock][..],
            "password" => &[AuthMode::Password],
            "oidc" | "scaikey" => &[AuthMode::Oidc],
            "hybrid" => &[AuthMode::Mock, AuthMode::Oidc],
            _ => {
                let problem = format!("{word:?} is none of password, oidc (or scaikey), mock, hybrid");
                return Err(SettingError::new(SETTING, problem));
            }
        });
    }
    modes.sort_unstable();
    modes.dedup();
    if modes.contains(&AuthMode::Mock) && !listen.ip().is_loopback() {
        let problem =
            format!("mock lets everybody in, so the server must listen on a loopback address, not on {listen}");
        return Err(SettingError::new(SETTING, problem));
    }
    Ok(modes)
}

fn oidc(args: &ServeArgs) -> Result<Oidc, SettingError> {
    let needed = [
        ("SCAIWAVE_OIDC_ISSUER", &args.oidc_issuer),
        ("SCAIWAVE_OIDC_CLIENT_ID", &args.oidc_client_id),
        ("SCAIWAVE_PUBLIC_URL", &args.public_url),
    ];
    if let Some((setting, _)) = needed.iter().find(|(_, value)| value.is_empty()) {
        return Err(SettingError::new(setting, "is not set; sign-in by oidc needs it"));
    }
    secure("SCAIWAVE_OIDC_ISSUER", &args.oidc_issuer)?;
    let discovery = match &*args.oidc_discovery_url {
        "" => format!("{}/.well-known/openid-configuration", args.oidc_issuer.trim_end_matches('/')),
        given => given.to_owned(),
    };
    let mut redirect_uri = secure("SCAIWAVE_PUBLIC_URL", &args.public_url)?;
    let path = format!("{}/v1/auth/login", redirect_uri.path().trim_end_matches('/'));
    redirect_uri.set_path(&path);
    Ok(Oidc {
        issuer: args.oidc_issuer.clone(),
        discovery: secure("SCAIWAVE_OIDC_DISCOVERY_URL", &discovery)?,
        client_id: args.oidc_client_id.clone(),
        client_secret: Some(args.oidc_client_secret.clone()).filter(|secret| !secret.is_empty()),
        redirect_uri,
    })
}

/// An address that codes and tokens may travel to: `https`, or this machine.
fn secure(setting: &'static str, text: &str) -> Result<Url, SettingError> {
    let url = Url::parse(text)
        .map_err(|e| SettingError::new(setting, format!("{e}; expected something like https://calls.example.org")))?;
    let loopback = match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    let fine = url.scheme() == "https" || (url.scheme() == "http" && loopback);
    if !fine || url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() {
        return Err(SettingError::new(setting, "must be an https:// address without query and fragment"));
    }
    Ok(url)
}

/// Reads `SCAIWAVE_CORS_ORIGINS`: web pages that may use the API, as browsers write their origin.
pub(super) fn cors_origins(list: &str) -> Result<Vec<HeaderValue>, SettingError> {
    let origins = list.split(',').map(str::trim).filter(|origin| !origin.is_empty());
    origins
        .map(|origin| {
            let exact = Url::parse(origin).ok().filter(|url| url.origin().ascii_serialization() == origin);
            exact.and_then(|_| HeaderValue::from_str(origin).ok()).ok_or_else(|| {
                let problem = format!("{origin:?} is no origin such as https://app.example.org, without a path");
                SettingError::new("SCAIWAVE_CORS_ORIGINS", problem)
            })
        })
        .collect()
}
