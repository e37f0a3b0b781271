//! What the server says of itself.

use std::sync::Arc;

use aide::axum::ApiRouter;
use axum::{
    http::header::CONTENT_TYPE,
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value};

use crate::{
    App,
    openapi::{self, op},
};

pub(super) fn routes() -> ApiRouter<Arc<App>> {
    ApiRouter::new()
        .api_route(
            "/v1/openapi.json",
            op("openapi", "This description (ours)")
                .answers::<Map<String, Value>>(200, "OpenAPI 3.1.")
                .get(async || json(openapi::openapi())),
        )
        .api_route(
            "/v1/events.schema.json",
            op("events_schema", "JSON Schema of the event stream's frames (ours)")
                .answers::<Map<String, Value>>(200, "JSON Schema 2020-12.")
                .get(async || json(openapi::events())),
        )
        .with_path_items(|path| path.tag("server"))
}

fn json(text: &'static str) -> Response {
    ([(CONTENT_TYPE, "application/json")], text).into_response()
}
