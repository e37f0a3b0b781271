//! Sign-in by name and password, with an own error for each thing a person can get wrong.

use reqwest::StatusCode;
use scaiwave_wire::{AuthConfig, AuthMode, Envelope, ErrorCode, PasswordGrant, Timestamp, TokenGrant};
use url::Url;

use crate::{ClientError, SavedTokens, address, http};

/// Asks the server how it signs people in, then does it.
pub(crate) async fn password(
    http: &reqwest::Client,
    server: &Url,
    username: &str,
    password: &str,
) -> Result<SavedTokens, ClientError> {
    let name = address::display(server);
    let config = auth_config(http, server, &name).await?;
    if !config.modes.is_empty() && !config.modes.contains(&AuthMode::Password) {
        return Err(ClientError::PasswordSignInOff { server: name });
    }
    let form = PasswordGrant { grant_type: "password".into(), username: username.into(), password: password.into() };
    let answer = http::exchange(&name, http.post(endpoint(server, &["auth", "token"])).form(&form)).await?;
    if answer.status == StatusCode::UNAUTHORIZED {
        return Err(ClientError::WrongPassword);
    }
    match answer.data::<TokenGrant>() {
        Ok((grant, _)) => Ok(SavedTokens::new(server.clone(), grant, Timestamp::now())),
        Err(ClientError::Api(error)) if error.code == ErrorCode::AuthInvalidCredentials => {
            Err(ClientError::WrongPassword)
        }
        Err(error) => Err(error),
    }
}

/// `GET /v1/auth/config`, which every ScaiWave server answers without a token: who does not is none.
async fn auth_config(http: &reqwest::Client, server: &Url, name: &str) -> Result<AuthConfig, ClientError> {
    let not_scaiwave = || ClientError::NotScaiWave { server: name.to_owned() };
    let answer = match http::exchange(name, http.get(endpoint(server, &["auth", "config"]))).await {
        Err(ClientError::TooLarge { .. }) => return Err(not_scaiwave()),
        other => other?,
    };
    if answer.status.is_server_error() {
        return Err(answer.error());
    }
    if !answer.status.is_success() {
        return Err(not_scaiwave());
    }
    let config = answer.json::<Envelope<AuthConfig>>().map_err(|_| not_scaiwave())?.data;
    // every field is optional somewhere; an answer with none of them is somebody else's
    if config.issuer.is_none() && config.redirect_uri.is_none() && config.modes.is_empty() {
        return Err(not_scaiwave());
    }
    Ok(config)
}

/// An address below `v1`. A segment may hold anything: an id from outside is encoded and cannot leave its place.
pub(crate) fn endpoint(server: &Url, segments: &[&str]) -> Url {
    let mut url = server.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.clear().push("v1").extend(segments);
    }
    url
}
