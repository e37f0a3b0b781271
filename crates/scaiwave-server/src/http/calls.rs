//! Calls: start, join, leave, reject, ring again, end, heartbeat, look.

use std::sync::Arc;

use aide::axum::ApiRouter;
use axum::{
    Extension,
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, header::AUTHORIZATION},
};
use call_model::{CallId, PowerLevel, SfuIdentity, server::Input};
use scaiwave_wire::{
    Call, DeviceRequest, ErrorCode, InitiateRequest, JoinGrant, MAX_RING_NAMES, RejectReason, RingRequest,
};

use super::{
    Data, Made,
    admit::ClientAddress,
    data,
    extract::{Body, Caller, Id, Json, OptionalJson, device},
    recordings,
    rooms::visible,
};
use crate::{
    App,
    error::{Answer, Failure},
    openapi::op,
    rooms::takes_news,
    store::Person,
};

/// A webhook carries whole participants.
const MAX_WEBHOOK: usize = 1024 * 1024;

pub(super) fn routes() -> ApiRouter<Arc<App>> {
    use ErrorCode::{
        AuthInvalidToken, CallEnded, CallForbidden, CallLivekitUnreachable, CallNotFound, CallRecordingNotActive,
        CallRecordingUnavailable, RoomFrozen, RoomNotFound,
    };
    let gone = [CallNotFound, CallEnded];
    let records = [CallNotFound, CallForbidden];
    ApiRouter::new()
        .api_route(
            "/v1/calls/initiate",
            op("initiate_call", "Starts a call, or joins the one the room has")
                .note("201 for a new call, which rings the other members; 200 for the room's running one.")
                .fails(&[RoomNotFound, RoomFrozen, CallLivekitUnreachable])
                .gives("call_id", "/data/call_id")
                .post(initiate),
        )
        .api_route("/v1/calls/{call_id}", op("call", "A call as it is").fails(&[CallNotFound]).get(one))
        .api_route(
            "/v1/calls/{call_id}/join",
            op("join_call", "Lets a device in, with a fresh token")
                .fails(&gone)
                .fails(&[CallLivekitUnreachable])
                .post(join),
        )
        .api_route(
            "/v1/calls/{call_id}/leave",
            op("leave_call", "Leaves on one device").fails(&[CallNotFound]).post(leave),
        )
        .api_route(
            "/v1/calls/{call_id}/reject",
            op("reject_call", "Declines the ring").fails(&[CallNotFound]).post(reject),
        )
        .api_route(
            "/v1/calls/{call_id}/ring",
            op("ring_again", "Rings those again who have not answered (ours)")
                .fails(&gone)
                .fails(&[CallForbidden])
                .post(ring),
        )
        .api_route(
            "/v1/calls/{call_id}/end",
            op("end_call", "Ends it for everyone").fails(&[CallNotFound, CallForbidden]).post(end),
        )
        .api_route(
            "/v1/calls/{call_id}/heartbeat",
            op("call_heartbeat", "A device says that it is still there (ours)").fails(&gone).post(heartbeat),
        )
        .api_route(
            "/v1/calls/{call_id}/recording/start",
            op("start_recording", "Starts a recording; this server cannot record")
                .fails(&records)
                .fails(&[CallRecordingUnavailable])
                .post(recordings::start),
        )
        .api_route(
            "/v1/calls/{call_id}/recording/stop",
            op("stop_recording", "Stops a recording")
                .fails(&records)
                .fails(&[CallRecordingNotActive])
                .post(recordings::stop),
        )
        .api_route(
            "/v1/calls/{call_id}/recordings",
            op("recordings", "A call's finished recordings").fails(&[CallNotFound]).get(recordings::list_finished),
        )
        .api_route(
            "/v1/calls/webhook",
            op("livekit_webhook", "For LiveKit alone")
                .note("LiveKit signs the body's hash in `Authorization`.")
                .fails(&[AuthInvalidToken])
                .post(webhook)
                .layer(DefaultBodyLimit::max(MAX_WEBHOOK)),
        )
        .with_path_items(|path| path.tag("calls"))
}

fn identity(person: &Person, request: &DeviceRequest) -> Answer<SfuIdentity> {
    Ok(SfuIdentity { participant: person.id.clone(), device: device(request.device_id.clone())? })
}

async fn initiate(
    State(app): State<Arc<App>>,
    Caller(person): Caller,
    Json(request): Json<InitiateRequest>,
) -> Answer<Made<JoinGrant>> {
    let identity = SfuIdentity { participant: person.id.clone(), device: device(request.device_id)? };
    let room = visible(&app, &person, &request.room_id).await?;
    takes_news(&room)?;
    let (grant, new) = app.calls.initiate(&person, &room, request.call_type, identity).await?;
    Ok(if new { Made::New(grant) } else { Made::There(grant) })
}

async fn one(State(app): State<Arc<App>>, Caller(person): Caller, Id(id): Id<CallId>) -> Answer<Data<Call>> {
    let (call, room) = app.calls.visible(&person.id, &id).await?;
    Ok(data(call.shown_to(&person.id, room.power)))
}

async fn join(
    State(app): State<Arc<App>>,
    Caller(person): Caller,
    Id(id): Id<CallId>,
    OptionalJson(request): OptionalJson<DeviceRequest>,
) -> Answer<Data<JoinGrant>> {
    let identity = identity(&person, &request)?;
    let (_, room) = app.calls.visible(&person.id, &id).await?;
    app.calls.join(&person, room.power, &id, identity).await.map(data)
}

/// Something a member does to a call they can see; answers the call.
async fn act(app: &App, person: &Person, id: &CallId, input: impl FnOnce(PowerLevel) -> Input) -> Answer<Data<Call>> {
    let (_, room) = app.calls.visible(&person.id, id).await?;
    let call = app.calls.act(id, input(room.power)).await?;
    Ok(data(call.shown_to(&person.id, room.power)))
}

async fn leave(
    State(app): State<Arc<App>>,
    Caller(person): Caller,
    Id(id): Id<CallId>,
    OptionalJson(request): OptionalJson<DeviceRequest>,
) -> Answer<Data<Call>> {
    let identity = identity(&person, &request)?;
    act(&app, &person, &id, |_| Input::Leave(identity)).await
}

async fn reject(
    State(app): State<Arc<App>>,
    Caller(person): Caller,
    Id(id): Id<CallId>,
    OptionalJson(request): OptionalJson<DeviceRequest>,
) -> Answer<Data<Call>> {
    let by = identity(&person, &request)?;
    let busy = request.reason == Some(RejectReason::Busy);
    act(&app, &person, &id, |_| Input::Reject { by, busy }).await
}

async fn ring(
    State(app): State<Arc<App>>,
    Caller(person): Caller,
    Id(id): Id<CallId>,
    OptionalJson(request): OptionalJson<RingRequest>,
) -> Answer<Data<Call>> {
    if request.participant_ids.as_ref().is_some_and(|names| names.is_empty() || names.len() > MAX_RING_NAMES) {
        return Err(Failure::validation(format!("participant_ids: 1 to {MAX_RING_NAMES} of them, or leave it out")));
    }
    let (_, room) = app.calls.visible(&person.id, &id).await?;
    let call = app.calls.ring(&person.id, &id, request.participant_ids).await?;
    Ok(data(call.shown_to(&person.id, room.power)))
}

async fn end(State(app): State<Arc<App>>, Caller(person): Caller, Id(id): Id<CallId>) -> Answer<Data<Call>> {
    let by = person.id.clone();
    act(&app, &person, &id, |power| Input::End { by, allowed: power >= PowerLevel::MODERATOR }).await
}

async fn heartbeat(
    State(app): State<Arc<App>>,
    Caller(person): Caller,
    Id(id): Id<CallId>,
    OptionalJson(request): OptionalJson<DeviceRequest>,
) -> Answer<Data<Call>> {
    let identity = identity(&person, &request)?;
    act(&app, &person, &id, |_| Input::Heartbeat(identity)).await
}

async fn webhook(
    State(app): State<Arc<App>>,
    Extension(ClientAddress(address)): Extension<ClientAddress>,
    headers: HeaderMap,
    Body(body): Body,
) -> Answer<()> {
    let authorization = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).ok_or_else(|| {
        Failure::new(ErrorCode::AuthInvalidToken, "A webhook carries LiveKit's signature in Authorization.")
    })?;
    match app.webhooks.receive(&body, authorization.strip_prefix("Bearer ").unwrap_or(authorization)).await {
        Ok(()) => Ok(()),
        Err(refusal) => app.rates.address(address).and(Err(refusal)),
    }
}
