//! Calls: start, join, leave, reject, ring again, end, heartbeat, look.

use std::sync::Arc;

use axum::{
    Extension, Router,
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, StatusCode, header::AUTHORIZATION},
    routing::{get, post},
};
use call_model::{CallId, PowerLevel, SfuIdentity, server::Input};
use scaiwave_wire::{
    Call, DeviceRequest, Envelope, ErrorCode, InitiateRequest, JoinGrant, MAX_RING_NAMES, RejectReason, RingRequest,
};

use super::{
    admit::ClientAddress,
    data,
    extract::{Body, Caller, Id, Json, OptionalJson, device},
    recordings,
    rooms::visible,
};
use crate::{
    App,
    error::{Answer, Failure},
    rooms::takes_news,
    store::Person,
};

type Data<T> = axum::Json<Envelope<T>>;

/// A webhook carries whole participants.
const MAX_WEBHOOK: usize = 1024 * 1024;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/v1/calls/initiate", post(initiate))
        .route("/v1/calls/webhook", post(webhook).layer(DefaultBodyLimit::max(MAX_WEBHOOK)))
        .route("/v1/calls/{call_id}", get(one))
        .route("/v1/calls/{call_id}/join", post(join))
        .route("/v1/calls/{call_id}/leave", post(leave))
        .route("/v1/calls/{call_id}/reject", post(reject))
        .route("/v1/calls/{call_id}/ring", post(ring))
        .route("/v1/calls/{call_id}/end", post(end))
        .route("/v1/calls/{call_id}/heartbeat", post(heartbeat))
        .route("/v1/calls/{call_id}/recording/start", post(recordings::start))
        .route("/v1/calls/{call_id}/recording/stop", post(recordings::stop))
        .route("/v1/calls/{call_id}/recordings", get(recordings::list_finished))
}

fn identity(person: &Person, request: &DeviceRequest) -> Answer<SfuIdentity> {
    Ok(SfuIdentity { participant: person.id.clone(), device: device(request.device_id.clone())? })
}

async fn initiate(
    State(app): State<Arc<App>>,
    Caller(person): Caller,
    Json(request): Json<InitiateRequest>,
) -> Answer<(StatusCode, Data<JoinGrant>)> {
    let identity = SfuIdentity { participant: person.id.clone(), device: device(request.device_id)? };
    let room = visible(&app, &person, &request.room_id).await?;
    takes_news(&room)?;
    let (grant, new) = app.calls.initiate(&person, &room, request.call_type, identity).await?;
    Ok((if new { StatusCode::CREATED } else { StatusCode::OK }, data(grant)))
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
) -> Answer<StatusCode> {
    let authorization = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).ok_or_else(|| {
        Failure::new(ErrorCode::AuthInvalidToken, "A webhook carries LiveKit's signature in Authorization.")
    })?;
    match app.webhooks.receive(&body, authorization.strip_prefix("Bearer ").unwrap_or(authorization)).await {
        Ok(()) => Ok(StatusCode::OK),
        Err(refusal) => app.rates.address(address).and(Err(refusal)),
    }
}
