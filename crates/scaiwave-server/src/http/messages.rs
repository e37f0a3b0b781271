//! Messages: history, sending, editing, redacting, reacting.

use std::sync::Arc;

use axum::{
    Router,
    extract::State,
    routing::{get, post},
};
use call_model::{EventId, RoomId};
use scaiwave_wire::{
    EditRequest, Envelope, MAX_HISTORY_PAGE, Meta, ReactionRequest, RedactRequest, RoomEvent, SendRequest,
};
use serde::Deserialize;

use super::{
    data,
    extract::{Caller, Id, Ids, Json, OptionalJson, Query},
    rooms::visible,
};
use crate::{
    App,
    error::{Answer, Failure},
    rooms,
};

type Data<T> = axum::Json<Envelope<T>>;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/v1/rooms/{room_id}/messages", get(messages))
        .route("/v1/rooms/{room_id}/send", post(send))
        .route("/v1/rooms/{room_id}/events/{event_id}/edit", post(edit))
        .route("/v1/rooms/{room_id}/events/{event_id}/redact", post(redact))
        .route("/v1/rooms/{room_id}/events/{event_id}/reaction", post(react).delete(unreact))
}

#[derive(Deserialize)]
struct HistoryQuery {
    #[serde(default = "default_page")]
    limit: u32,
    from: Option<u64>,
    #[serde(default)]
    direction: Direction,
}

fn default_page() -> u32 {
    50
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Direction {
    /// Newest first.
    #[default]
    Back,
    /// Oldest first.
    Forward,
}

async fn messages(
    State(app): State<Arc<App>>,
    Caller(person): Caller,
    Id(id): Id<RoomId>,
    Query(query): Query<HistoryQuery>,
) -> Answer<Data<Vec<RoomEvent>>> {
    if !(1..=MAX_HISTORY_PAGE).contains(&query.limit) {
        return Err(Failure::validation(format!("limit: 1 to {MAX_HISTORY_PAGE}")));
    }
    visible(&app, &person, &id).await?;
    let back = query.direction == Direction::Back;
    let mut events = app.store.history(&id, query.from, back, query.limit + 1).await?;
    let has_more = events.len() > query.limit as usize;
    events.truncate(query.limit as usize);
    let next_cursor = events.last().filter(|_| has_more).map(|event| event.stream_position.to_string());
    let meta = Meta { has_more: Some(has_more), next_cursor, total: None };
    Ok(axum::Json(Envelope { data: app.store.with_reactions(events).await?, meta: Some(meta) }))
}

async fn send(
    State(app): State<Arc<App>>,
    Caller(person): Caller,
    Id(id): Id<RoomId>,
    Json(request): Json<SendRequest>,
) -> Answer<Data<RoomEvent>> {
    rooms::send(&app, &person, &id, request).await.map(data)
}

async fn edit(
    State(app): State<Arc<App>>,
    Caller(person): Caller,
    Ids(id, event): Ids<RoomId, EventId>,
    Json(request): Json<EditRequest>,
) -> Answer<Data<RoomEvent>> {
    rooms::edit(&app, &person, &id, &event, request.content).await.map(data)
}

async fn redact(
    State(app): State<Arc<App>>,
    Caller(person): Caller,
    Ids(id, event): Ids<RoomId, EventId>,
    OptionalJson(request): OptionalJson<RedactRequest>,
) -> Answer<Data<RoomEvent>> {
    rooms::redact(&app, &person, &id, &event, request).await.map(data)
}

async fn react(
    State(app): State<Arc<App>>,
    Caller(person): Caller,
    Ids(id, event): Ids<RoomId, EventId>,
    Json(request): Json<ReactionRequest>,
) -> Answer<Data<RoomEvent>> {
    rooms::react(&app, &person, &id, &event, request.emoji, false).await.map(data)
}

async fn unreact(
    State(app): State<Arc<App>>,
    Caller(person): Caller,
    Ids(id, event): Ids<RoomId, EventId>,
    Json(request): Json<ReactionRequest>,
) -> Answer<Data<RoomEvent>> {
    rooms::react(&app, &person, &id, &event, request.emoji, true).await.map(data)
}
