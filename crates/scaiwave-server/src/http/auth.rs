//! Sign-in, and who one is.

use std::sync::Arc;

use axum::{Extension, extract::State};
use scaiwave_wire::{AuthConfig, AuthMode, Envelope, Me, PasswordGrant, RefreshRequest, Registered, TokenGrant};

use super::{
    admit::ClientAddress,
    data,
    extract::{Caller, Form, Json},
};
use crate::{
    App,
    error::{Answer, Failure},
};

type Data<T> = axum::Json<Envelope<T>>;

pub(super) async fn config() -> Data<AuthConfig> {
    data(AuthConfig {
        issuer: None,
        authorization_endpoint: None,
        token_endpoint: None,
        scopes_supported: Vec::new(),
        redirect_uri: None,
        modes: vec![AuthMode::Password],
    })
}

pub(super) async fn token(
    State(app): State<Arc<App>>,
    Extension(ClientAddress(address)): Extension<ClientAddress>,
    Form(form): Form<PasswordGrant>,
) -> Answer<Data<TokenGrant>> {
    if form.grant_type != "password" {
        return Err(Failure::validation("grant_type: this server takes `password`"));
    }
    app.auth.by_password(&form.username, form.password, address, &app.rates).await.map(data)
}

pub(super) async fn refresh(
    State(app): State<Arc<App>>,
    Json(request): Json<RefreshRequest>,
) -> Answer<Data<TokenGrant>> {
    app.auth.by_refresh_token(&request.refresh_token).await.map(data)
}

pub(super) async fn register(Caller(person): Caller) -> Data<Registered> {
    data(Registered { participant_id: person.id, tenant_id: person.tenant_id, display_name: person.display_name })
}

pub(super) async fn me(State(app): State<Arc<App>>, Caller(person): Caller) -> Data<Me> {
    data(Me {
        fqid: format!("@{}:{}", person.local_id, app.settings.server_name),
        participant_id: person.id,
        local_id: person.local_id,
        display_name: person.display_name,
        email: None,
        avatar_url: None,
    })
}
