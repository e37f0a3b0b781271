//! The HTTP face: routes, and what every request has in common.

mod admit;
mod auth;
mod calls;
mod extract;
mod health;
mod observe;
mod rooms;
mod stream;
mod sync;

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::DefaultBodyLimit,
    middleware::from_fn_with_state,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use scaiwave_wire::{Envelope, ErrorCode, Meta};
use serde::Serialize;
use tower_http::catch_panic::CatchPanicLayer;

use crate::{App, error::Failure};

/// Message content is at most 64 KB; the rest of a request is small.
const MAX_BODY: usize = 128 * 1024;
/// A webhook carries whole participants.
const MAX_WEBHOOK: usize = 1024 * 1024;

/// All routes.
pub(crate) fn router(app: Arc<App>) -> Router {
    Router::new()
        .merge(health::routes())
        .route("/v1/auth/config", get(auth::config))
        .route("/v1/auth/token", post(auth::token))
        .route("/v1/auth/refresh", post(auth::refresh))
        .route("/v1/auth/register", post(auth::register))
        .route("/v1/me", get(auth::me))
        .route("/v1/rooms", get(rooms::list_own))
        .route("/v1/rooms/{room_id}", get(rooms::one))
        .route("/v1/rooms/{room_id}/state", get(rooms::state))
        .route("/v1/rooms/{room_id}/members", get(rooms::members))
        .route("/v1/rooms/{room_id}/messages", get(rooms::messages))
        .route("/v1/rooms/{room_id}/send", post(rooms::send))
        .route("/v1/sync", get(sync::sync))
        .route("/v1/stream", get(stream::stream))
        .route("/v1/calls/initiate", post(calls::initiate))
        .route("/v1/calls/webhook", post(calls::webhook).layer(DefaultBodyLimit::max(MAX_WEBHOOK)))
        .route("/v1/calls/{call_id}", get(calls::one))
        .route("/v1/calls/{call_id}/join", post(calls::join))
        .route("/v1/calls/{call_id}/leave", post(calls::leave))
        .route("/v1/calls/{call_id}/reject", post(calls::reject))
        .route("/v1/calls/{call_id}/end", post(calls::end))
        .route("/v1/calls/{call_id}/heartbeat", post(calls::heartbeat))
        .fallback(async || Failure::new(ErrorCode::NotFound, "There is nothing at this address."))
        .method_not_allowed_fallback(method_not_allowed)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(CatchPanicLayer::custom(|_: Box<dyn std::any::Any + Send>| {
            Failure::internal("a handler panicked").into_response()
        }))
        .layer(from_fn_with_state(app.clone(), admit::admit))
        .layer(from_fn_with_state(app.clone(), observe::observe))
        .with_state(app)
}

async fn method_not_allowed() -> Response {
    let mut response = Failure::new(ErrorCode::NotFound, "This address takes another method.").into_response();
    *response.status_mut() = axum::http::StatusCode::METHOD_NOT_ALLOWED;
    response
}

/// `{"data": …}`
fn data<T: Serialize>(data: T) -> Json<Envelope<T>> {
    Json(Envelope::new(data))
}

/// `{"data": […], "meta": {"total": …}}`
fn list<T: Serialize>(items: Vec<T>) -> Json<Envelope<Vec<T>>> {
    let meta = Meta { total: Some(items.len() as u64), ..Meta::default() };
    Json(Envelope { data: items, meta: Some(meta) })
}
