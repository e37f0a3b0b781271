//! Who is in a room: coming and going, rights, and what each member sets for themselves.

use std::sync::Arc;

use aide::axum::ApiRouter;
use axum::extract::State;
use call_model::{ParticipantId, PowerLevel, RoomId};
use scaiwave_wire::{
    ErrorCode, Member, MuteRequest, NotificationModeRequest, Participant, ParticipantRequest, PowerRequest, ReadMarker,
    ReadMarkerRequest, Room,
};

use super::{
    Data, data,
    extract::{Caller, Id, Ids, Json},
    list,
    rooms::{shown, visible},
};
use crate::{App, error::Answer, openapi::op, rooms, store::RoomMember};

pub(super) fn routes() -> ApiRouter<Arc<App>> {
    use ErrorCode::{NotFound, RoomCapacity, RoomForbidden, RoomFrozen, RoomNotFound, RoomTypeInvariant};
    let hidden = [RoomNotFound];
    let changed = [RoomNotFound, RoomFrozen, RoomTypeInvariant];
    ApiRouter::new()
        .api_route(
            "/v1/rooms/{room_id}/members",
            op("room_members", "Who is in a room")
                .fails(&hidden)
                .gives("participant_id", "/data/0/participant_id")
                .get(members),
        )
        .api_route(
            "/v1/rooms/{room_id}/members/{participant_id}/power",
            op("set_power", "Sets a member's rights (ours)")
                .fails(&changed)
                .fails(&[NotFound, RoomForbidden])
                .put(set_power),
        )
        .api_route(
            "/v1/rooms/{room_id}/join",
            op("join_room", "Joins a public room, or follows an invitation")
                .fails(&changed)
                .fails(&[RoomForbidden, RoomCapacity])
                .post(join),
        )
        .api_route(
            "/v1/rooms/{room_id}/leave",
            op("leave_room", "Leaves a room, or declines an invitation").fails(&changed).post(leave),
        )
        .api_route(
            "/v1/rooms/{room_id}/rejoin",
            op("rejoin_room", "Takes back one's leaving; owners open an archived room again")
                .fails(&changed)
                .fails(&[RoomForbidden, RoomCapacity])
                .post(rejoin),
        )
        .api_route(
            "/v1/rooms/{room_id}/invite",
            op("invite", "Invites somebody").fails(&changed).fails(&[RoomForbidden, RoomCapacity]).post(invite),
        )
        .api_route(
            "/v1/rooms/{room_id}/kick",
            op("kick", "Puts a member out, or takes an invitation back")
                .fails(&changed)
                .fails(&[RoomForbidden])
                .post(kick),
        )
        .api_route(
            "/v1/rooms/{room_id}/ban",
            op("ban", "Keeps somebody out").fails(&changed).fails(&[RoomForbidden]).post(ban),
        )
        .api_route(
            "/v1/rooms/{room_id}/unban",
            op("unban", "Lets somebody be invited again (ours)").fails(&changed).fails(&[RoomForbidden]).post(unban),
        )
        .api_route(
            "/v1/rooms/{room_id}/notification-mode",
            op("set_notification_mode", "What one is notified of in a room").fails(&hidden).put(set_notification_mode),
        )
        .api_route("/v1/rooms/{room_id}/mute", op("mute_room", "Mutes a room for oneself").fails(&hidden).put(mute))
        .api_route(
            "/v1/rooms/{room_id}/read_marker",
            op("mark_read", "Moves one's read marker, never backwards (ours)")
                .fails(&[RoomNotFound, ErrorCode::EventNotFound])
                .put(mark_read),
        )
        .with_path_items(|path| path.tag("members"))
}

pub(super) fn member(app: &App, member: RoomMember) -> Member {
    Member {
        participant_id: member.person.id.clone(),
        membership: member.membership,
        power_level: member.power,
        joined_at: member.joined_at,
        notification_mode: member.notification_mode,
        muted_until: member.muted_until,
        response_mode: None,
        participant: Participant {
            id: member.person.id,
            local_id: member.person.local_id,
            server_name: app.settings.server_name.clone(),
            display_name: member.person.display_name,
            participant_type: member.participant_type,
            avatar_url: member.person.avatar_url,
        },
    }
}

/// Somebody's row in a room after a change to it.
async fn row(app: &App, room: &RoomId, who: &ParticipantId) -> Answer<Data<Member>> {
    let found = app.store.member(room, who).await?.ok_or_else(rooms::no_room)?;
    Ok(data(member(app, found)))
}

/// Who is in and who is invited; who is kept out, for those who could let them back.
async fn members(State(app): State<Arc<App>>, Caller(person): Caller, Id(id): Id<RoomId>) -> Answer<Data<Vec<Member>>> {
    let room = visible(&app, &person, &id).await?;
    let members = app.store.listed_members(&id, room.power >= PowerLevel::MODERATOR).await?;
    Ok(list(members.into_iter().map(|m| member(&app, m)).collect()))
}

async fn join(State(app): State<Arc<App>>, Caller(person): Caller, Id(id): Id<RoomId>) -> Answer<Data<Room>> {
    rooms::join(&app, &person, &id).await?;
    shown(&app, &person, &id).await.map(data)
}

async fn rejoin(State(app): State<Arc<App>>, Caller(person): Caller, Id(id): Id<RoomId>) -> Answer<Data<Room>> {
    rooms::rejoin(&app, &person, &id).await?;
    shown(&app, &person, &id).await.map(data)
}

async fn leave(State(app): State<Arc<App>>, Caller(person): Caller, Id(id): Id<RoomId>) -> Answer<Data<Member>> {
    rooms::leave(&app, &person, &id).await?;
    row(&app, &id, &person.id).await
}

async fn invite(
    State(app): State<Arc<App>>,
    Caller(person): Caller,
    Id(id): Id<RoomId>,
    Json(request): Json<ParticipantRequest>,
) -> Answer<Data<Member>> {
    rooms::invite(&app, &person, &id, &request.participant_id).await?;
    row(&app, &id, &request.participant_id).await
}

async fn kick(
    State(app): State<Arc<App>>,
    Caller(person): Caller,
    Id(id): Id<RoomId>,
    Json(request): Json<ParticipantRequest>,
) -> Answer<Data<Member>> {
    let who = request.participant_id.clone();
    rooms::kick(&app, &person, &id, request).await?;
    row(&app, &id, &who).await
}

async fn ban(
    State(app): State<Arc<App>>,
    Caller(person): Caller,
    Id(id): Id<RoomId>,
    Json(request): Json<ParticipantRequest>,
) -> Answer<Data<Member>> {
    let who = request.participant_id.clone();
    rooms::ban(&app, &person, &id, request).await?;
    row(&app, &id, &who).await
}

async fn unban(
    State(app): State<Arc<App>>,
    Caller(person): Caller,
    Id(id): Id<RoomId>,
    Json(request): Json<ParticipantRequest>,
) -> Answer<Data<Member>> {
    rooms::unban(&app, &person, &id, &request.participant_id).await?;
    row(&app, &id, &request.participant_id).await
}

async fn set_power(
    State(app): State<Arc<App>>,
    Caller(person): Caller,
    Ids(id, who): Ids<RoomId, ParticipantId>,
    Json(request): Json<PowerRequest>,
) -> Answer<Data<Member>> {
    rooms::set_power(&app, &person, &id, &who, request.power_level).await?;
    row(&app, &id, &who).await
}

async fn set_notification_mode(
    State(app): State<Arc<App>>,
    Caller(person): Caller,
    Id(id): Id<RoomId>,
    Json(request): Json<NotificationModeRequest>,
) -> Answer<Data<Member>> {
    rooms::set_notification_mode(&app, &person, &id, request.mode).await?;
    row(&app, &id, &person.id).await
}

async fn mute(
    State(app): State<Arc<App>>,
    Caller(person): Caller,
    Id(id): Id<RoomId>,
    Json(request): Json<MuteRequest>,
) -> Answer<Data<Member>> {
    rooms::set_muted_until(&app, &person, &id, request.muted_until).await?;
    row(&app, &id, &person.id).await
}

async fn mark_read(
    State(app): State<Arc<App>>,
    Caller(person): Caller,
    Id(id): Id<RoomId>,
    Json(request): Json<ReadMarkerRequest>,
) -> Answer<Data<ReadMarker>> {
    rooms::mark_read(&app, &person, &id, &request.event_id).await.map(data)
}
