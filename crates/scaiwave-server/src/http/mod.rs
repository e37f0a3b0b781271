//! The HTTP face: routes, and what every request has in common.

mod auth;
mod calls;
mod directory;
mod extract;
mod file;
mod me;
mod media;
mod members;
mod messages;
mod presence;
mod recordings;
mod rooms;
mod stream;
mod sync;

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, State},
    http::{
        HeaderName, HeaderValue, Method, Request, StatusCode,
        header::{AUTHORIZATION, CONTENT_TYPE, RANGE, RETRY_AFTER},
    },
    response::{IntoResponse, Response},
    routing::get,
};
use scaiwave_wire::{Envelope, ErrorCode, Meta};
use serde::Serialize;
use serde_json::json;
use tower_http::{
    catch_panic::CatchPanicLayer,
    cors::{AllowOrigin, CorsLayer},
    request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer},
    trace::TraceLayer,
};

use crate::{
    App,
    error::{Answer, Failure},
};

/// Message content is at most 64 KB; the rest of a request is small.
const MAX_BODY: usize = 128 * 1024;

/// All routes.
pub(crate) fn router(app: Arc<App>) -> Router {
    let request_id = HeaderName::from_static("x-request-id");
    let router = Router::new()
        .route("/health", get(health))
        .route("/readyz", get(ready))
        .merge(auth::routes())
        .merge(me::routes())
        .merge(presence::routes())
        .merge(directory::routes())
        .merge(rooms::routes())
        .merge(members::routes())
        .merge(messages::routes())
        .route("/v1/sync", get(sync::sync))
        .route("/v1/stream", get(stream::stream))
        .merge(calls::routes())
        .merge(media::routes())
        .fallback(async || Failure::new(ErrorCode::NotFound, "There is nothing at this address."))
        .method_not_allowed_fallback(method_not_allowed)
        .layer(DefaultBodyLimit::max(MAX_BODY));
    cross_origin(router, &app.settings.cors_origins)
        .layer(CatchPanicLayer::custom(|_: Box<dyn std::any::Any + Send>| {
            Failure::internal("a handler panicked").into_response()
        }))
        .layer(PropagateRequestIdLayer::new(request_id.clone()))
        .layer(TraceLayer::new_for_http().make_span_with(span))
        .layer(SetRequestIdLayer::new(request_id, MakeRequestUuid))
        .with_state(app)
}

/// Lets the web pages in that the settings name; without any the API says nothing about other origins.
fn cross_origin(router: Router<Arc<App>>, origins: &[HeaderValue]) -> Router<Arc<App>> {
    if origins.is_empty() {
        return router;
    }
    let cors = CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins.iter().cloned()))
        .allow_methods([Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::DELETE])
        .allow_headers([AUTHORIZATION, CONTENT_TYPE, RANGE])
        .expose_headers([RETRY_AFTER, HeaderName::from_static("x-request-id")])
        .max_age(Duration::from_secs(3600));
    router.layer(cors)
}

/// The query is left out on purpose: the stream's holds a token.
fn span<B>(request: &Request<B>) -> tracing::Span {
    let id = request.headers().get("x-request-id").and_then(|id| id.to_str().ok()).unwrap_or_default();
    tracing::info_span!("http", method = %request.method(), path = request.uri().path(), id)
}

async fn method_not_allowed() -> Response {
    let mut response = Failure::new(ErrorCode::NotFound, "This address takes another method.").into_response();
    *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
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

async fn health(State(app): State<Arc<App>>) -> Response {
    let database = app.store.ping().await.is_ok();
    let status = if database { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let word = |ok| if ok { "ok" } else { "failed" };
    let checks = json!({ "database": word(database), "version": env!("CARGO_PKG_VERSION") });
    (status, Json(json!({ "status": word(database), "checks": checks }))).into_response()
}

/// Ready as long as the database answers; a missing SFU only stops calls, and `initiate` says so itself.
async fn ready(State(app): State<Arc<App>>) -> Answer<Json<serde_json::Value>> {
    app.store.ping().await?;
    Ok(Json(json!({ "status": "ok" })))
}
