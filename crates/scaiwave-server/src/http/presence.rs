//! Who is there, and who types.

use std::{collections::HashMap, sync::Arc};

use axum::{
    Router,
    extract::State,
    http::StatusCode,
    routing::{get, post, put},
};
use call_model::ParticipantId;
use scaiwave_wire::{Envelope, MAX_PRESENCE_IDS, Presence, PresenceHeartbeat, PresenceStatus, SetPresence, SetTyping};
use serde::Deserialize;

use super::{
    data,
    extract::{Caller, Json, Query, device},
    rooms::visible,
};
use crate::{
    App,
    error::{Answer, Failure},
};

type Data<T> = axum::Json<Envelope<T>>;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/v1/presence", get(of))
        .route("/v1/me/presence", put(choose))
        .route("/v1/me/presence/heartbeat", post(heartbeat))
        .route("/v1/typing", put(typing))
}

#[derive(Deserialize)]
struct Ids {
    ids: String,
}

async fn of(
    State(app): State<Arc<App>>,
    Caller(person): Caller,
    Query(Ids { ids }): Query<Ids>,
) -> Answer<Data<HashMap<ParticipantId, PresenceStatus>>> {
    let ids: Vec<ParticipantId> = ids.split(',').filter(|id| !id.is_empty()).map(ParticipantId::from).collect();
    if ids.is_empty() || ids.len() > MAX_PRESENCE_IDS {
        return Err(Failure::validation(format!("ids: 1 to {MAX_PRESENCE_IDS} participants, with commas")));
    }
    app.presence.of(&person.id, &person.tenant_id, &ids).await.map(data)
}

async fn choose(
    State(app): State<Arc<App>>,
    Caller(person): Caller,
    Json(request): Json<SetPresence>,
) -> Answer<Data<Presence>> {
    app.presence.choose(&person.id, request.status).await?;
    Ok(data(Presence { status: app.presence.own(&person.id), participant_id: person.id }))
}

async fn heartbeat(
    State(app): State<Arc<App>>,
    Caller(person): Caller,
    Json(request): Json<PresenceHeartbeat>,
) -> Answer<StatusCode> {
    app.presence.beat(&person.id, device(request.device_id)?, request.active);
    Ok(StatusCode::NO_CONTENT)
}

async fn typing(
    State(app): State<Arc<App>>,
    Caller(person): Caller,
    Json(request): Json<SetTyping>,
) -> Answer<StatusCode> {
    visible(&app, &person, &request.room_id).await?;
    app.typing.set(&request.room_id, &person.id, request.typing).await?;
    Ok(StatusCode::NO_CONTENT)
}
