//! Sign-in, and who one is.

use std::sync::Arc;

use aide::axum::ApiRouter;
use axum::extract::State;
use scaiwave_wire::{AuthConfig, AuthMode, ErrorCode, Me, PasswordGrant, RefreshRequest, Registered, TokenGrant};

use super::{
    Data, data,
    extract::{Caller, Form, Json},
};
use crate::{
    App,
    error::{Answer, Failure},
    openapi::op,
};

pub(super) fn routes() -> ApiRouter<Arc<App>> {
    ApiRouter::new()
        .api_route("/v1/auth/config", op("auth_config", "How one signs in").get(config))
        .api_route(
            "/v1/auth/token",
            op("sign_in", "Signs in by name and password")
                .fails(&[ErrorCode::AuthInvalidCredentials])
                .gives("refresh_token", "/data/refresh_token")
                .post(token),
        )
        .api_route(
            "/v1/auth/refresh",
            op("refresh", "Trades a refresh token, good once, for new tokens")
                .fails(&[ErrorCode::AuthInvalidToken])
                .gives("refresh_token", "/data/refresh_token")
                .post(refresh),
        )
        .api_route("/v1/auth/register", op("register", "Makes or refreshes the caller's participant").post(register))
        .api_route("/v1/me", op("me", "Who one is").gives("participant_id", "/data/participant_id").get(me))
        .with_path_items(|path| path.tag("auth"))
}

async fn config() -> Data<AuthConfig> {
    data(AuthConfig {
        issuer: None,
        authorization_endpoint: None,
        token_endpoint: None,
        scopes_supported: Vec::new(),
        redirect_uri: None,
        modes: vec![AuthMode::Password],
    })
}

async fn token(State(app): State<Arc<App>>, Form(form): Form<PasswordGrant>) -> Answer<Data<TokenGrant>> {
    if form.grant_type != "password" {
        return Err(Failure::validation("grant_type: this server takes `password`"));
    }
    app.auth.by_password(&form.username, form.password).await.map(data)
}

async fn refresh(State(app): State<Arc<App>>, Json(request): Json<RefreshRequest>) -> Answer<Data<TokenGrant>> {
    app.auth.by_refresh_token(&request.refresh_token).await.map(data)
}

async fn register(Caller(person): Caller) -> Data<Registered> {
    data(Registered { participant_id: person.id, tenant_id: person.tenant_id, display_name: person.display_name })
}

async fn me(State(app): State<Arc<App>>, Caller(person): Caller) -> Data<Me> {
    data(Me {
        fqid: format!("@{}:{}", person.local_id, app.settings.server_name),
        participant_id: person.id,
        local_id: person.local_id,
        display_name: person.display_name,
        email: None,
        avatar_url: None,
    })
}
