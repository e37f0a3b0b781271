//! What the machinery around the server asks: is it well, may it be given requests, what does it count.

use std::sync::Arc;

use aide::axum::ApiRouter;
use axum::{
    Json,
    extract::State,
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use scaiwave_wire::{Health, HealthChecks, HealthWord, Readiness, ReadyWord};

use crate::{App, metrics, openapi::op, store::Store};

pub(super) fn routes() -> ApiRouter<Arc<App>> {
    ApiRouter::new()
        .api_route(
            "/health",
            op("health", "Whether the server and what it needs work")
                .answers::<Health>(200, "All works.")
                .answers::<Health>(503, "Something does not; the checks say what.")
                .get(health),
        )
        .api_route(
            "/readyz",
            op("ready", "Whether the server takes requests")
                .answers::<Readiness>(200, "It does.")
                .answers::<Readiness>(503, "It does not: it is told to stop, or its database does not answer.")
                .get(ready),
        )
        .api_route(
            "/metrics",
            op("metrics", "What the server counts, for Prometheus")
                .answers_as(200, "OpenMetrics text.", metrics::CONTENT_TYPE)
                .get(numbers),
        )
        .with_path_items(|path| path.tag("server"))
}

async fn database(store: &Store) -> HealthWord {
    store.ping().await.map_or_else(
        |e| {
            tracing::error!(cause = %e, "the database does not answer");
            HealthWord::Failed
        },
        |()| HealthWord::Ok,
    )
}

async fn health(State(app): State<Arc<App>>) -> Response {
    let database = database(&app.store).await;
    let status = match database {
        HealthWord::Ok => StatusCode::OK,
        HealthWord::Failed => StatusCode::SERVICE_UNAVAILABLE,
    };
    let checks = HealthChecks { database, version: env!("CARGO_PKG_VERSION").to_owned() };
    (status, Json(Health { status: database, checks })).into_response()
}

/// Ready as long as the database answers; a missing SFU only stops calls, and `initiate` says so itself.
async fn ready(State(app): State<Arc<App>>) -> Response {
    let word = if app.stops.unready.is_cancelled() {
        ReadyWord::Stopping
    } else {
        match database(&app.store).await {
            HealthWord::Ok => ReadyWord::Ok,
            HealthWord::Failed => ReadyWord::Failed,
        }
    };
    let status = match word {
        ReadyWord::Ok => StatusCode::OK,
        ReadyWord::Failed | ReadyWord::Stopping => StatusCode::SERVICE_UNAVAILABLE,
    };
    (status, Json(Readiness { status: word })).into_response()
}

async fn numbers(State(app): State<Arc<App>>) -> Response {
    match app.store.live_calls_by_tenant().await {
        Ok(live) => app.metrics.live_calls(live),
        // The other numbers are wanted all the more.
        Err(e) => tracing::error!(cause = %e, "cannot count the live calls"),
    }
    ([(CONTENT_TYPE, metrics::CONTENT_TYPE)], app.metrics.text()).into_response()
}
