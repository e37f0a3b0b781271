//! Who is there, and who types.

use std::{collections::HashMap, sync::Arc};

use aide::axum::ApiRouter;
use axum::{extract::State, response::NoContent};
use call_model::ParticipantId;
use scaiwave_wire::{ErrorCode, MAX_PRESENCE_IDS, Presence, PresenceHeartbeat, PresenceStatus, SetPresence, SetTyping};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    Data, data,
    extract::{Caller, Json, Query, device},
    rooms::visible,
};
use crate::{
    App,
    error::{Answer, Failure},
    openapi::op,
};

pub(super) fn routes() -> ApiRouter<Arc<App>> {
    ApiRouter::new()
        .api_route("/v1/presence", op("presence_of", "Who is there").get(of))
        .api_route("/v1/me/presence", op("choose_presence", "Sets one's presence by hand, or resets it").put(choose))
        .api_route(
            "/v1/me/presence/heartbeat",
            op("presence_heartbeat", "A device says that somebody is at it (ours)").post(heartbeat),
        )
        .api_route(
            "/v1/typing",
            op("set_typing", "Tells a room that one types, or no longer").fails(&[ErrorCode::RoomNotFound]).put(typing),
        )
        .with_path_items(|path| path.tag("people"))
}

#[derive(Deserialize, JsonSchema)]
struct Ids {
    /// Participants, at most 200, with commas.
    #[schemars(length(min = 1), example = &"5e4d1f0a-7c1b-4a52-9d0e-2f6b8c3a1e44")]
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
) -> Answer<NoContent> {
    app.presence.beat(&person.id, device(request.device_id)?, request.active);
    Ok(NoContent)
}

async fn typing(
    State(app): State<Arc<App>>,
    Caller(person): Caller,
    Json(request): Json<SetTyping>,
) -> Answer<NoContent> {
    visible(&app, &person, &request.room_id).await?;
    app.typing.set(&request.room_id, &person.id, request.typing).await?;
    Ok(NoContent)
}
