//! The HTTP face: routes, and what every request has in common.

mod admit;
mod auth;
mod calls;
mod directory;
mod extract;
mod file;
mod health;
mod me;
mod media;
mod members;
mod messages;
mod observe;
mod presence;
mod recordings;
mod rooms;
mod stream;
mod sync;

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::DefaultBodyLimit,
    http::{
        HeaderName, HeaderValue, Method, StatusCode,
        header::{AUTHORIZATION, CONTENT_TYPE, RANGE, RETRY_AFTER},
    },
    middleware::from_fn_with_state,
    response::{IntoResponse, Response},
    routing::get,
};
use scaiwave_wire::{Envelope, ErrorCode, Meta};
use serde::Serialize;
use tower_http::{
    catch_panic::CatchPanicLayer,
    cors::{AllowOrigin, CorsLayer},
};

use crate::{App, error::Failure};

/// Message content is at most 64 KB; the rest of a request is small.
const MAX_BODY: usize = 128 * 1024;

/// All routes.
pub(crate) fn router(app: Arc<App>) -> Router {
    let router = Router::new()
        .merge(health::routes())
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
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(CatchPanicLayer::custom(|_: Box<dyn std::any::Any + Send>| {
            Failure::internal("a handler panicked").into_response()
        }))
        .layer(from_fn_with_state(app.clone(), admit::admit))
        .layer(from_fn_with_state(app.clone(), observe::observe));
    // Outermost, so that a page can read every answer, refusals included.
    cross_origin(router, &app.settings.cors_origins).with_state(app)
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
