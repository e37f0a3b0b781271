//! Recordings of calls, as a server answers that cannot record yet: who may not, is told so; everybody else, that it cannot.

use std::sync::Arc;

use axum::extract::State;
use call_model::{CallId, PowerLevel};
use scaiwave_wire::{Call, ErrorCode, Recording, RecordingStart};

use super::{
    Data,
    extract::{Caller, Id, Json},
    list,
};
use crate::{
    App,
    error::{Answer, Failure},
    store::Person,
};

/// A call the person can see and record.
async fn may_record(app: &App, person: &Person, id: &CallId) -> Answer<()> {
    let (_, room) = app.calls.visible(&person.id, id).await?;
    if room.power < PowerLevel::MODERATOR {
        return Err(Failure::new(
            ErrorCode::CallForbidden,
            "Only a member with power level 50 records a call; ask one of them.",
        ));
    }
    Ok(())
}

pub(super) async fn start(
    State(app): State<Arc<App>>,
    Caller(person): Caller,
    Id(id): Id<CallId>,
    request: Result<Json<RecordingStart>, Failure>,
) -> Answer<Data<Call>> {
    may_record(&app, &person, &id).await?;
    let Json(RecordingStart { audio, video, transcript }) = request?;
    if !audio && !video {
        return Err(Failure::validation("audio, video: one of them has to be true"));
    }
    if transcript && !audio {
        return Err(Failure::validation("transcript: takes audio"));
    }
    Err(Failure::new(ErrorCode::CallRecordingUnavailable, "This server cannot record calls."))
}

pub(super) async fn stop(
    State(app): State<Arc<App>>,
    Caller(person): Caller,
    Id(id): Id<CallId>,
) -> Answer<Data<Call>> {
    may_record(&app, &person, &id).await?;
    Err(Failure::new(ErrorCode::CallRecordingNotActive, "The call is not being recorded."))
}

pub(super) async fn list_finished(
    State(app): State<Arc<App>>,
    Caller(person): Caller,
    Id(id): Id<CallId>,
) -> Answer<Data<Vec<Recording>>> {
    app.calls.visible(&person.id, &id).await?;
    Ok(list(Vec::new()))
}
