//! Whether the server works.

use std::sync::Arc;

use aide::axum::ApiRouter;
use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use scaiwave_wire::{Health, HealthChecks, HealthWord, Readiness, ReadyWord};

use crate::{App, error::Answer, openapi::op};

pub(super) fn routes() -> ApiRouter<Arc<App>> {
    ApiRouter::new()
        .api_route(
            "/health",
            op("health", "Whether the server and what it needs work")
                .answers::<Health>(200, "All works.")
                .answers::<Health>(503, "Something does not; the checks say what.")
                .get(health),
        )
        .api_route("/readyz", op("ready", "Whether the server takes requests").get(ready))
        .with_path_items(|path| path.tag("server"))
}

async fn health(State(app): State<Arc<App>>) -> Response {
    let works = app.store.ping().await.is_ok();
    let (status, word) =
        if works { (StatusCode::OK, HealthWord::Ok) } else { (StatusCode::SERVICE_UNAVAILABLE, HealthWord::Failed) };
    let checks = HealthChecks { database: word, version: env!("CARGO_PKG_VERSION").to_owned() };
    (status, Json(Health { status: word, checks })).into_response()
}

/// Ready as long as the database answers; a missing SFU only stops calls, and `initiate` says so itself.
async fn ready(State(app): State<Arc<App>>) -> Answer<Json<Readiness>> {
    app.store.ping().await?;
    Ok(Json(Readiness { status: ReadyWord::Ok }))
}
