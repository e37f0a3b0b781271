//! Rooms: own ones, the directory, making them, their name, topic and end.

use std::{collections::HashMap, sync::Arc};

use aide::axum::ApiRouter;
use axum::extract::State;
use call_model::{PowerLevel, RoomId};
use scaiwave_wire::{
    Call, CreateRoomRequest, Envelope, ErrorCode, MAX_DIRECTORY_PAGE, Meta, NameRequest, ParticipantRequest, Room,
    RoomDetails, RoomPhase, RoomState, RoomType, TopicRequest,
};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    Created, Data, Made, data,
    extract::{Caller, Id, Json, Query},
    list,
    members::member,
};
use crate::{
    App,
    error::{Answer, Failure},
    openapi::op,
    rooms,
    store::{Person, RoomFilter, RoomRow},
};

/// What is searched for in the directory is not longer.
const MAX_SEARCH: usize = 200;

pub(super) fn routes() -> ApiRouter<Arc<App>> {
    use ErrorCode::{RoomForbidden, RoomFrozen, RoomNotFound, RoomTypeInvariant};
    let hidden = [RoomNotFound];
    let changed = [RoomNotFound, RoomFrozen, RoomForbidden];
    ApiRouter::new()
        .api_route(
            "/v1/directory/rooms",
            op("find_rooms", "Finds public rooms and own ones, by pages").gives("room_id", "/data/0/id").get(directory),
        )
        .api_route(
            "/v1/rooms",
            op("own_rooms", "Rooms the caller is in (ours)").gives("room_id", "/data/0/id").get(list_own),
        )
        .api_route(
            "/v1/rooms",
            op("create_room", "Makes a room").fails(&[RoomTypeInvariant]).gives("room_id", "/data/id").post(create),
        )
        .api_route(
            "/v1/rooms/dm",
            op("direct_room", "Makes the direct room of two people, or finds it")
                .note("201 for a new room, 200 for the one they have.")
                .fails(&[RoomTypeInvariant])
                .gives("room_id", "/data/id")
                .post(direct),
        )
        .api_route(
            "/v1/rooms/archived",
            op("archived_rooms", "Archived rooms the caller is in").gives("room_id", "/data/0/id").get(list_archived),
        )
        .api_route("/v1/rooms/{room_id}", op("room", "A room").fails(&hidden).get(one))
        .api_route(
            "/v1/rooms/{room_id}/state",
            op("room_state", "A room with its members and its call").fails(&hidden).get(state),
        )
        .api_route(
            "/v1/rooms/{room_id}/name",
            op("rename_room", "Gives a room another name").fails(&changed).fails(&[RoomTypeInvariant]).put(rename),
        )
        .api_route(
            "/v1/rooms/{room_id}/topic",
            op("set_topic", "Gives a room another topic, or none").fails(&changed).put(set_topic),
        )
        .api_route(
            "/v1/rooms/{room_id}/archive",
            op("archive_room", "Freezes a room until it is opened again")
                .fails(&changed)
                .fails(&[RoomTypeInvariant])
                .post(archive),
        )
        .api_route(
            "/v1/rooms/{room_id}/close",
            op("close_room", "Freezes a room for good").fails(&changed).fails(&[RoomTypeInvariant]).post(close),
        )
        .with_path_items(|path| path.tag("rooms"))
}

/// The room, for one of its members; for everybody else it does not exist.
pub(super) async fn visible(app: &App, viewer: &Person, id: &RoomId) -> Answer<RoomRow> {
    app.store.room_of(&viewer.id, id).await?.ok_or_else(rooms::no_room)
}

fn room(row: RoomRow, active_call: Option<Call>) -> Room {
    Room {
        id: row.id,
        name: row.name,
        room_type: row.room_type,
        topic: row.topic,
        workspace_id: row.workspace_id,
        creator_id: row.creator_id,
        created_at: row.created_at,
        room_alias: None,
        is_public: row.is_public,
        state: row.phase,
        membership: row.membership,
        active_call,
    }
}

/// The room as one of its members sees it now: what its changes answer.
pub(super) async fn shown(app: &App, viewer: &Person, id: &RoomId) -> Answer<Room> {
    let row = visible(app, viewer, id).await?;
    let call = app.calls.live_in(id).await?.map(|call| call.shown_to(&viewer.id, row.power));
    Ok(room(row, call))
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

async fn list_archived(State(app): State<Arc<App>>, Caller(person): Caller) -> Answer<Data<Vec<Room>>> {
    let rooms = app.store.rooms_in_phase(&person.id, RoomPhase::Archived).await?;
    Ok(list(rooms.into_iter().map(|row| room(row, None)).collect()))
}

#[derive(Deserialize, JsonSchema)]
struct DirectoryQuery {
    /// Part of a name or topic.
    #[schemars(length(max = MAX_SEARCH), example = &"Team")]
    q: Option<String>,
    /// Rooms of this kind only.
    room_type: Option<RoomType>,
    /// How many at most.
    #[serde(default = "default_page")]
    #[schemars(range(min = 1, max = MAX_DIRECTORY_PAGE))]
    limit: u32,
    /// How many to skip.
    #[serde(default)]
    offset: u32,
}

fn default_page() -> u32 {
    50
}

/// Public rooms and own ones, invitations included. Calls are for members, who find them in their own list.
async fn directory(
    State(app): State<Arc<App>>,
    Caller(person): Caller,
    Query(query): Query<DirectoryQuery>,
) -> Answer<Data<Vec<Room>>> {
    if !(1..=MAX_DIRECTORY_PAGE).contains(&query.limit) {
        return Err(Failure::validation(format!("limit: 1 to {MAX_DIRECTORY_PAGE}")));
    }
    if query.q.as_ref().is_some_and(|q| q.chars().count() > MAX_SEARCH) {
        return Err(Failure::validation(format!("q: at most {MAX_SEARCH} characters")));
    }
    let text = query.q.map(|q| q.trim().to_owned()).filter(|q| !q.is_empty());
    let filter = RoomFilter { text, room_type: query.room_type, limit: query.limit, offset: query.offset };
    let (rows, total) = app.store.directory(&person, &filter).await?;
    let rooms = rows.into_iter().map(|row| room(row, None)).collect();
    Ok(axum::Json(Envelope { data: rooms, meta: Some(Meta { total: Some(total), ..Meta::default() }) }))
}

async fn create(
    State(app): State<Arc<App>>,
    Caller(person): Caller,
    Json(request): Json<CreateRoomRequest>,
) -> Answer<Created<Room>> {
    let id = rooms::create(&app, &person, &request).await?;
    shown(&app, &person, &id).await.map(Created)
}

async fn direct(
    State(app): State<Arc<App>>,
    Caller(person): Caller,
    Json(request): Json<ParticipantRequest>,
) -> Answer<Made<Room>> {
    let (id, new) = rooms::direct(&app, &person, &request.participant_id).await?;
    let room = shown(&app, &person, &id).await?;
    Ok(if new { Made::New(room) } else { Made::There(room) })
}

async fn one(State(app): State<Arc<App>>, Caller(person): Caller, Id(id): Id<RoomId>) -> Answer<Data<RoomDetails>> {
    let row = visible(&app, &person, &id).await?;
    let call = app.calls.live_in(&id).await?.map(|call| call.shown_to(&person.id, row.power));
    Ok(data(RoomDetails { member_count: row.member_count, room: room(row, call) }))
}

async fn state(State(app): State<Arc<App>>, Caller(person): Caller, Id(id): Id<RoomId>) -> Answer<Data<RoomState>> {
    let row = visible(&app, &person, &id).await?;
    let call = app.calls.live_in(&id).await?.map(|call| call.shown_to(&person.id, row.power));
    let members = app.store.listed_members(&id, row.power >= PowerLevel::MODERATOR).await?;
    let muted_until = members.iter().find(|m| m.person.id == person.id).and_then(|m| m.muted_until);
    let read = app.store.read_state(&id, &person.id).await?;
    Ok(data(RoomState {
        room: room(row, call.clone()),
        members: members.into_iter().map(|m| member(&app, m)).collect(),
        active_call: call,
        unread_count: read.unread,
        last_read_event_id: read.event,
        muted_until,
        snoozed_event_ids: Vec::new(),
        engagement: None,
        plan: None,
        active_sidekicks: Vec::new(),
    }))
}

async fn rename(
    State(app): State<Arc<App>>,
    Caller(person): Caller,
    Id(id): Id<RoomId>,
    Json(request): Json<NameRequest>,
) -> Answer<Data<Room>> {
    rooms::rename(&app, &person, &id, &request.name).await?;
    shown(&app, &person, &id).await.map(data)
}

async fn set_topic(
    State(app): State<Arc<App>>,
    Caller(person): Caller,
    Id(id): Id<RoomId>,
    Json(request): Json<TopicRequest>,
) -> Answer<Data<Room>> {
    rooms::set_topic(&app, &person, &id, request.topic.as_deref()).await?;
    shown(&app, &person, &id).await.map(data)
}

async fn archive(State(app): State<Arc<App>>, Caller(person): Caller, Id(id): Id<RoomId>) -> Answer<Data<Room>> {
    rooms::archive(&app, &person, &id).await?;
    shown(&app, &person, &id).await.map(data)
}

async fn close(State(app): State<Arc<App>>, Caller(person): Caller, Id(id): Id<RoomId>) -> Answer<Data<Room>> {
    rooms::close(&app, &person, &id).await?;
    shown(&app, &person, &id).await.map(data)
}
