//! Messages: history, sending, editing, redacting, reacting.

use std::sync::Arc;

use aide::axum::ApiRouter;
use axum::extract::State;
use call_model::{EventId, RoomId};
use scaiwave_wire::{
    EditRequest, Envelope, ErrorCode, MAX_HISTORY_PAGE, Meta, ReactionRequest, RedactRequest, RoomEvent, SendRequest,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Data, data,
    extract::{Caller, Id, Ids, Json, OptionalJson, Query},
    rooms::visible,
};
use crate::{
    App,
    error::{Answer, Failure},
    openapi::op,
    rooms,
};

pub(super) fn routes() -> ApiRouter<Arc<App>> {
    use ErrorCode::{
        ContentTooLarge, EventNotFound, EventTooOldToEdit, MediaNotFound, RedactForbidden, RoomForbidden, RoomFrozen,
        RoomNotFound, RoomTypeInvariant,
    };
    let message = [RoomNotFound, RoomFrozen, EventNotFound];
    ApiRouter::new()
        .api_route(
            "/v1/rooms/{room_id}/messages",
            op("messages", "A room's history, by pages")
                .fails(&[RoomNotFound])
                .gives("event_id", "/data/0/id")
                .get(messages),
        )
        .api_route(
            "/v1/rooms/{room_id}/send",
            op("send_message", "Writes into a room")
                .fails(&[RoomNotFound, RoomFrozen, RoomForbidden, RoomTypeInvariant, MediaNotFound, ContentTooLarge])
                .gives("event_id", "/data/id")
                .post(send),
        )
        .api_route(
            "/v1/rooms/{room_id}/events/{event_id}/edit",
            op("edit_message", "Gives an own message other words, within a day")
                .fails(&message)
                .fails(&[RoomForbidden, EventTooOldToEdit, MediaNotFound, ContentTooLarge])
                .post(edit),
        )
        .api_route(
            "/v1/rooms/{room_id}/events/{event_id}/redact",
            op("redact_message", "Wipes a message").fails(&message).fails(&[RedactForbidden]).post(redact),
        )
        .api_route(
            "/v1/rooms/{room_id}/events/{event_id}/reaction",
            op("react", "Puts an emoji to a message").fails(&message).post(react),
        )
        .api_route(
            "/v1/rooms/{room_id}/events/{event_id}/reaction",
            op("unreact", "Takes one's own emoji away").fails(&message).delete(unreact),
        )
        .with_path_items(|path| path.tag("messages"))
}

#[derive(Deserialize, JsonSchema)]
struct HistoryQuery {
    /// How many events at most.
    #[serde(default = "default_page")]
    #[schemars(range(min = 1, max = MAX_HISTORY_PAGE))]
    limit: u32,
    /// The `next_cursor` of the page before.
    from: Option<u64>,
    /// Which way.
    #[serde(default)]
    direction: Direction,
}

fn default_page() -> u32 {
    50
}

/// Which way history is read.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
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
