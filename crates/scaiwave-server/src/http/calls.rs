//! Calls: start, join, leave, reject, end, heartbeat, look.

use std::sync::Arc;

use axum::{
    Extension,
    extract::State,
    http::{HeaderMap, StatusCode, header::AUTHORIZATION},
};
use call_model::{CallId, PowerLevel, SfuIdentity, server::Input};
use scaiwave_wire::{Call, DeviceRequest, Envelope, ErrorCode, InitiateRequest, JoinGrant, RejectReason};

use super::{
    admit::ClientAddress,
    data,
    extract::{Body, Caller, Id, Json, OptionalJson, device},
    rooms::visible,
};
use crate::{
    App,
    error::{Answer, Failure},
    store::Person,
};

type Data<T> = axum::Json<Envelope<T>>;

fn identity(person: &Person, request: &DeviceRequest) -> Answer<SfuIdentity> {
    Ok(SfuIdentity { participant: person.id.clone(), device: device(request.device_id.clone())? })
}

pub(super) async fn initiate(
    State(app): State<Arc<App>>,
    Caller(person): Caller,
    Json(request): Json<InitiateRequest>,
) -> Answer<(StatusCode, Data<JoinGrant>)> {
    let identity = SfuIdentity { participant: person.id.clone(), device: device(request.device_id)? };
    let room = visible(&app, &person, &request.room_id).await?;
    let (grant, new) = app.calls.initiate(&person, &room, request.call_type, identity).await?;
    Ok((if new { StatusCode::CREATED } else { StatusCode::OK }, data(grant)))
}

pub(super) async fn one(State(app): State<Arc<App>>, Caller(person): Caller, Id(id): Id<CallId>) -> Answer<Data<Call>> {
    let (call, room) = app.calls.visible(&person.id, &id).await?;
    Ok(data(call.shown_to(&person.id, room.power)))
}

pub(super) async fn join(
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

pub(super) async fn leave(
    State(app): State<Arc<App>>,
    Caller(person): Caller,
    Id(id): Id<CallId>,
    OptionalJson(request): OptionalJson<DeviceRequest>,
) -> Answer<Data<Call>> {
    let identity = identity(&person, &request)?;
    act(&app, &person, &id, |_| Input::Leave(identity)).await
}

pub(super) async fn reject(
    State(app): State<Arc<App>>,
    Caller(person): Caller,
    Id(id): Id<CallId>,
    OptionalJson(request): OptionalJson<DeviceRequest>,
) -> Answer<Data<Call>> {
    let by = identity(&person, &request)?;
    let busy = request.reason == Some(RejectReason::Busy);
    act(&app, &person, &id, |_| Input::Reject { by, busy }).await
}

pub(super) async fn end(State(app): State<Arc<App>>, Caller(person): Caller, Id(id): Id<CallId>) -> Answer<Data<Call>> {
    let by = person.id.clone();
    act(&app, &person, &id, |power| Input::End { by, allowed: power >= PowerLevel::MODERATOR }).await
}

pub(super) async fn heartbeat(
    State(app): State<Arc<App>>,
    Caller(person): Caller,
    Id(id): Id<CallId>,
    OptionalJson(request): OptionalJson<DeviceRequest>,
) -> Answer<Data<Call>> {
    let identity = identity(&person, &request)?;
    act(&app, &person, &id, |_| Input::Heartbeat(identity)).await
}

pub(super) async fn webhook(
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
