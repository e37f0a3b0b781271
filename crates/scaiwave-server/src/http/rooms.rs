//! Rooms, their members and their messages.

use std::{collections::HashMap, sync::Arc};

use aide::axum::ApiRouter;
use axum::extract::State;
use call_model::RoomId;
use scaiwave_wire::{
    Call, EVENT_MESSAGE, Envelope, ErrorCode, MAX_CONTENT_BYTES, MAX_HISTORY_PAGE, Member, Meta, Participant, Room,
    RoomEvent, RoomState, SendRequest, StreamEvent,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Data, data,
    extract::{Caller, Id, Json, Query},
    list,
};
use crate::{
    App,
    error::{Answer, Failure},
    openapi::op,
    store::{NewEvent, Person, RoomMember, RoomRow},
};

pub(super) fn routes() -> ApiRouter<Arc<App>> {
    let hidden = [ErrorCode::RoomNotFound];
    ApiRouter::new()
        .api_route(
            "/v1/rooms",
            op("own_rooms", "Rooms the caller is in (ours)").gives("room_id", "/data/0/id").get(list_own),
        )
        .api_route("/v1/rooms/{room_id}", op("room", "A room").fails(&hidden).get(one))
        .api_route(
            "/v1/rooms/{room_id}/state",
            op("room_state", "A room with its members and its call").fails(&hidden).get(state),
        )
        .api_route("/v1/rooms/{room_id}/members", op("room_members", "Who is in a room").fails(&hidden).get(members))
        .api_route(
            "/v1/rooms/{room_id}/messages",
            op("messages", "A room's history, by pages").fails(&hidden).get(messages),
        )
        .api_route(
            "/v1/rooms/{room_id}/send",
            op("send_message", "Writes into a room").fails(&hidden).gives("event_id", "/data/id").post(send),
        )
        .with_path_items(|path| path.tag("rooms"))
}

/// The room, for one of its members; for everybody else it does not exist.
pub(super) async fn visible(app: &App, viewer: &Person, id: &RoomId) -> Answer<RoomRow> {
    let room = app.store.room_of(&viewer.id, id).await?;
    room.ok_or_else(|| Failure::new(ErrorCode::RoomNotFound, "There is no such room for you."))
}

fn room(row: RoomRow, active_call: Option<Call>) -> Room {
    Room {
        id: row.id,
        name: row.name,
        room_type: row.room_type,
        topic: row.topic,
        workspace_id: None,
        creator_id: row.creator_id,
        created_at: row.created_at,
        active_call,
    }
}

fn member(app: &App, member: RoomMember) -> Member {
    Member {
        participant_id: member.person.id.clone(),
        membership: member.membership,
        power_level: member.power,
        joined_at: member.joined_at,
        participant: Participant {
            id: member.person.id,
            local_id: member.person.local_id,
            server_name: app.settings.server_name.clone(),
            display_name: member.person.display_name,
            participant_type: member.participant_type,
            avatar_url: None,
        },
    }
}

async fn list_own(State(app): State<Arc<App>>, Caller(person): Caller) -> Answer<Data<Vec<Room>>> {
    let mut calls: HashMap<_, _> =
        app.calls.live_of(&person.id).await?.into_iter().map(|call| (call.room_id.clone(), call)).collect();
    let rooms = app.store.rooms_of(&person.id).await?;
    Ok(list(
        rooms
            .into_iter()
            .map(|row| {
                let call = calls.remove(&row.id).map(|call| call.shown_to(&person.id, row.power));
                room(row, call)
            })
            .collect(),
    ))
}

/// A room with its size.
#[derive(Serialize, JsonSchema)]
struct RoomDetails {
    #[serde(flatten)]
    room: Room,
    /// How many are in it.
    member_count: u64,
}

async fn one(State(app): State<Arc<App>>, Caller(person): Caller, Id(id): Id<RoomId>) -> Answer<Data<RoomDetails>> {
    let row = visible(&app, &person, &id).await?;
    let call = app.calls.live_in(&id).await?.map(|call| call.shown_to(&person.id, row.power));
    Ok(data(RoomDetails { member_count: row.member_count, room: room(row, call) }))
}

async fn state(State(app): State<Arc<App>>, Caller(person): Caller, Id(id): Id<RoomId>) -> Answer<Data<RoomState>> {
    let row = visible(&app, &person, &id).await?;
    let call = app.calls.live_in(&id).await?.map(|call| call.shown_to(&person.id, row.power));
    let members = app.store.members(&id).await?;
    Ok(data(RoomState {
        room: room(row, call.clone()),
        members: members.into_iter().map(|m| member(&app, m)).collect(),
        active_call: call,
        unread_count: 0,
        last_read_event_id: None,
        muted_until: None,
    }))
}

async fn members(State(app): State<Arc<App>>, Caller(person): Caller, Id(id): Id<RoomId>) -> Answer<Data<Vec<Member>>> {
    visible(&app, &person, &id).await?;
    let members = app.store.members(&id).await?;
    Ok(list(members.into_iter().map(|m| member(&app, m)).collect()))
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
    Ok(axum::Json(Envelope { data: events, meta: Some(meta) }))
}

async fn send(
    State(app): State<Arc<App>>,
    Caller(person): Caller,
    Id(id): Id<RoomId>,
    Json(request): Json<SendRequest>,
) -> Answer<Data<RoomEvent>> {
    let content = serde_json::to_value(&request.content).map_err(Failure::internal)?;
    if content.to_string().len() > MAX_CONTENT_BYTES {
        return Err(Failure::new(ErrorCode::ContentTooLarge, "content: at most 64 KB as JSON"));
    }
    if request.content.msgtype.is_empty() {
        return Err(Failure::validation("content.msgtype: must not be empty"));
    }
    visible(&app, &person, &id).await?;
    let members = app.store.members(&id).await?;
    let turn = app.publisher.turn().await;
    let mut tx = app.store.begin().await?;
    let new =
        NewEvent { room: &id, sender: &person.id, event_type: EVENT_MESSAGE, content, event_uuid: request.event_uuid };
    let stored = app.store.add_event(&mut tx, new).await?;
    tx.commit().await?;
    if stored.fresh {
        let message = StreamEvent::RoomMessage {
            sender_id: person.id.clone(),
            content: request.content,
            stream_position: stored.event.stream_position,
            origin_ts: stored.event.origin_ts,
        };
        turn.to_all(members.iter().map(|m| &m.person.id), Some(stored.event.id.clone()), &id, message);
        turn.advance(stored.event.stream_position);
    }
    Ok(data(stored.event))
}
