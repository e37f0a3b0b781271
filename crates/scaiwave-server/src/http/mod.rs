//! The HTTP face: routes, and what every request has in common.
//!
//! Each area has its `routes()`. A route is described where it stands, so that the OpenAPI description cannot drift from the code:
//!
//! ```text
//! pub(super) fn routes() -> ApiRouter<Arc<App>> {
//!     ApiRouter::new()
//!         .api_route(
//!             "/v1/calls/{call_id}/join",
//!             op("join_call", "Lets a device in").fails(&[CallNotFound, CallEnded]).gives("call_id", "/data/call_id").post(join),
//!         )
//!         .with_path_items(|path| path.tag("calls"))
//! }
//! ```
//!
//! - Parameters, bodies, answers, the bearer and the refusals of the extractors are read off the handler's signature. Its types derive
//!   `JsonSchema` (in `scaiwave-wire` by `cfg_attr(feature = "schema", …)`); doc comments become descriptions, `schemars(range(…))` and
//!   the like bounds, `schemars(example = &"…")` examples. A type's example is put together from those of its parts.
//! - `fails` names the codes of the handler itself. An answer with another code or status is a fault that `cargo xtask test` finds.
//! - `gives` names a value in the answer that other operations take in path or body under that name: the links follow from it.
//! - Handlers answer [`Data`], [`Created`] or [`Made`]. A `Response` of their own says nothing: then `answers` or `answers_as` tells.
//! - Then `cargo run -p scaiwave-server -- openapi --write docs` brings `docs/` up to date.

mod admit;
mod auth;
mod calls;
mod described;
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

use aide::{
    OperationOutput,
    axum::ApiRouter,
    generate::GenContext,
    openapi::{Operation, Response as Described},
};
use axum::{
    Json, Router,
    extract::DefaultBodyLimit,
    http::{
        HeaderName, HeaderValue, Method, StatusCode,
        header::{AUTHORIZATION, CONTENT_TYPE, RANGE, RETRY_AFTER},
    },
    middleware::from_fn_with_state,
    response::{IntoResponse, Response},
};
use scaiwave_wire::{Envelope, ErrorCode, Meta};
use schemars::JsonSchema;
use serde::Serialize;
use tower_http::{
    catch_panic::CatchPanicLayer,
    cors::{AllowOrigin, CorsLayer},
};

use crate::{App, error::Failure};

/// Message content is at most 64 KB; the rest of a request is small.
const MAX_BODY: usize = 128 * 1024;

/// All described routes.
pub(crate) fn routes() -> ApiRouter<Arc<App>> {
    ApiRouter::new()
        .merge(health::routes())
        .merge(described::routes())
        .merge(auth::routes())
        .merge(me::routes())
        .merge(presence::routes())
        .merge(directory::routes())
        .merge(rooms::routes())
        .merge(members::routes())
        .merge(messages::routes())
        .merge(sync::routes())
        .merge(stream::routes())
        .merge(calls::routes())
        .merge(media::routes())
}

/// The whole face.
pub(crate) fn router(app: Arc<App>) -> Router {
    let router = Router::from(routes())
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
type Data<T> = Json<Envelope<T>>;

fn data<T: Serialize>(data: T) -> Data<T> {
    Json(Envelope::new(data))
}

/// `{"data": […], "meta": {"total": …}}`
fn list<T: Serialize>(items: Vec<T>) -> Data<Vec<T>> {
    let meta = Meta { total: Some(items.len() as u64), ..Meta::default() };
    Json(Envelope { data: items, meta: Some(meta) })
}

/// `{"data": …}` with 201.
struct Created<T>(T);

/// 201 with what is new, 200 with what was there.
enum Made<T> {
    New(T),
    There(T),
}

impl<T: Serialize> IntoResponse for Created<T> {
    fn into_response(self) -> Response {
        (StatusCode::CREATED, data(self.0)).into_response()
    }
}

impl<T: Serialize> IntoResponse for Made<T> {
    fn into_response(self) -> Response {
        match self {
            Self::New(new) => Created(new).into_response(),
            Self::There(there) => data(there).into_response(),
        }
    }
}

impl<T: JsonSchema> OperationOutput for Created<T> {
    type Inner = T;

    fn inferred_responses(ctx: &mut GenContext, operation: &mut Operation) -> Vec<(Option<u16>, Described)> {
        Data::<T>::operation_response(ctx, operation).map(|answer| (Some(201), answer)).into_iter().collect()
    }
}

impl<T: JsonSchema> OperationOutput for Made<T> {
    type Inner = T;

    fn inferred_responses(ctx: &mut GenContext, operation: &mut Operation) -> Vec<(Option<u16>, Described)> {
        let there = Data::<T>::inferred_responses(ctx, operation);
        there.into_iter().chain(Created::<T>::inferred_responses(ctx, operation)).collect()
    }
}
