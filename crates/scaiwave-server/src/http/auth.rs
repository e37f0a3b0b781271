//! Sign-in: by password, by the code of an identity provider; refresh and sign-out.

use std::sync::Arc;

use aide::axum::ApiRouter;
use axum::{
    Extension,
    extract::State,
    http::{HeaderName, header},
    response::{Html, IntoResponse, NoContent, Response},
};
use scaiwave_wire::{
    AuthConfig, AuthFeatures, AuthMode, DESKTOP_CALLBACK_PATH, DesktopState, ErrorCode, Features, LoginRequest,
    LogoutRequest, PasswordGrant, RefreshRequest, Registered, TokenGrant,
};
use schemars::JsonSchema;
use serde::Deserialize;
use url::Url;

use super::{
    Data,
    admit::ClientAddress,
    data,
    extract::{Caller, Form, FormOrQuery, Json, Query},
};
use crate::{
    App,
    config::SignIn,
    error::{Answer, Failure},
    openapi::op,
};

/// Longer codes and error words do not come from a provider.
const MAX_CODE: usize = 4096;

pub(super) fn routes() -> ApiRouter<Arc<App>> {
    use ErrorCode::{AuthInvalidCredentials, AuthInvalidToken, AuthOidcFailed, AuthRedirectMismatch};
    ApiRouter::new()
        .api_route("/v1/auth/config", op("auth_config", "How one signs in").get(config))
        .api_route(
            "/v1/auth/login",
            op(
                "login_redirect",
                "Where the identity provider sends a desktop sign-in: hands the code on to the app (ours)",
            )
            .answers_as(200, "A page that goes on to the app.", "text/html")
            .get(bounce),
        )
        .api_route(
            "/v1/auth/login",
            op("login", "Signs in by the code of the identity provider")
                .note("The same fields may come in the query, without a body.")
                .fails(&[AuthOidcFailed, AuthRedirectMismatch])
                .gives("refresh_token", "/data/refresh_token")
                .post(login),
        )
        .api_route(
            "/v1/auth/token",
            op("sign_in", "Signs in by name and password")
                .fails(&[AuthInvalidCredentials])
                .gives("refresh_token", "/data/refresh_token")
                .post(token),
        )
        .api_route(
            "/v1/auth/refresh",
            op("refresh", "Trades a refresh token, good once, for new tokens")
                .fails(&[AuthInvalidToken])
                .gives("refresh_token", "/data/refresh_token")
                .post(refresh),
        )
        .api_route("/v1/auth/logout", op("logout", "Ends a sign-in (ours)").post(logout))
        .api_route("/v1/auth/register", op("register", "Makes or refreshes the caller's participant").post(register))
        .with_path_items(|path| path.tag("auth"))
}

/// The flags of the one tenant, as the settings have them.
pub(super) fn features(sign_in: &SignIn) -> Features {
    Features { auth: AuthFeatures { password_grant_enabled: sign_in.takes(AuthMode::Password) } }
}

/// Answers also while the provider does not: then without its addresses.
async fn config(State(app): State<Arc<App>>) -> Data<AuthConfig> {
    let sign_in = &app.settings.sign_in;
    let mut config = AuthConfig {
        issuer: None,
        authorization_endpoint: None,
        token_endpoint: None,
        jwks_uri: None,
        client_id: None,
        scopes_supported: Vec::new(),
        redirect_uri: None,
        modes: sign_in.modes.clone(),
        features: features(sign_in),
    };
    if let Some(provider) = app.auth.provider() {
        let settings = provider.settings();
        config.issuer = Url::parse(&settings.issuer).ok();
        config.client_id = Some(settings.client_id.clone());
        config.redirect_uri = Some(settings.redirect_uri.clone());
        config.scopes_supported = ["openid", "profile", "email"].map(str::to_owned).to_vec();
        if let Ok(metadata) = provider.metadata().await {
            config.authorization_endpoint = Some(metadata.authorization_endpoint().url().clone());
            config.token_endpoint = metadata.token_endpoint().map(|endpoint| endpoint.url().clone());
            config.jwks_uri = Some(metadata.jwks_uri().url().clone());
        }
    }
    data(config)
}

async fn login(
    State(app): State<Arc<App>>,
    FormOrQuery(request): FormOrQuery<LoginRequest>,
) -> Answer<Data<TokenGrant>> {
    let bounded = [Some(&request.code), request.code_verifier.as_ref(), request.nonce.as_ref()];
    if bounded.into_iter().flatten().any(|value| value.is_empty() || value.len() > MAX_CODE) {
        return Err(Failure::validation(format!("code, code_verifier, nonce: 1 to {MAX_CODE} characters")));
    }
    app.auth.by_code(request).await.map(data)
}

/// What the identity provider's redirect brings.
#[derive(Deserialize, JsonSchema)]
struct Redirected {
    /// As the app made it: a secret, a dot, the port it waits on.
    #[schemars(example = &"c2VjcmV0LW9mLXRoZS1hcHA.49152")]
    state: Option<String>,
    /// The authorization code.
    #[schemars(length(max = MAX_CODE), example = &"c29kZQ")]
    code: Option<String>,
    /// Why there is no code.
    #[schemars(length(max = MAX_CODE), extend("examples" = [null]))]
    error: Option<String>,
}

/// The provider's redirect of a desktop sign-in, which has no page of its own: hands the code on to the app that waits on this
/// machine, and to nobody else.
async fn bounce(Query(redirected): Query<Redirected>) -> Answer<Response> {
    let state: DesktopState =
        redirected.state.as_deref().unwrap_or_default().parse().map_err(|e| {
            Failure::validation(format!("state: {e}; sign-in starts in the app, and this address ends it"))
        })?;
    let (name, value) = match (&redirected.code, &redirected.error) {
        (Some(code), _) => ("code", code),
        (None, Some(error)) => ("error", error),
        (None, None) => return Err(Failure::validation("code: is missing")),
    };
    if value.len() > MAX_CODE {
        return Err(Failure::validation(format!("{name}: at most {MAX_CODE} characters")));
    }
    let mut target = Url::parse("http://127.0.0.1").map_err(Failure::internal)?;
    target.set_port(Some(state.port())).map_err(|()| Failure::internal("an http address takes a port"))?;
    target.set_path(DESKTOP_CALLBACK_PATH);
    target.query_pairs_mut().append_pair(name, value).append_pair("state", &state.to_string());
    // The query writer leaves letters, digits, `*-._+%&=` alone; of these HTML minds the `&`.
    let target = target.as_str().replace('&', "&amp;");
    let page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>ScaiWave Calls</title>\
         <meta http-equiv=\"refresh\" content=\"0;url={target}\">\
         <p>Back to the app. If nothing happens, <a href=\"{target}\">continue</a>.</p></html>"
    );
    let headers = [
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        ),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ];
    Ok((headers, Html(page)).into_response())
}

async fn token(
    State(app): State<Arc<App>>,
    Extension(ClientAddress(address)): Extension<ClientAddress>,
    Form(form): Form<PasswordGrant>,
) -> Answer<Data<TokenGrant>> {
    if form.grant_type != "password" {
        return Err(Failure::validation("grant_type: this server takes `password`"));
    }
    app.auth.by_password(&form.username, form.password, address, &app.rates).await.map(data)
}

async fn refresh(State(app): State<Arc<App>>, Json(request): Json<RefreshRequest>) -> Answer<Data<TokenGrant>> {
    app.auth.by_refresh_token(&request.refresh_token).await.map(data)
}

async fn logout(State(app): State<Arc<App>>, Json(request): Json<LogoutRequest>) -> Answer<NoContent> {
    app.auth.sign_out(&request.refresh_token).await?;
    Ok(NoContent)
}

async fn register(Caller(person): Caller) -> Data<Registered> {
    data(Registered { participant_id: person.id, tenant_id: person.tenant_id, display_name: person.display_name })
}
