//! What the machinery around the server asks: is it well, may it be given requests, what does it count.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::State,
    http::{StatusCode, header::CONTENT_TYPE},
    response::IntoResponse,
    routing::get,
};
use scaiwave_wire::{Health, HealthChecks, HealthWord, Readiness, ReadyWord};

use crate::{App, metrics, store::Store};

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/health", get(health)).route("/readyz", get(ready)).route("/metrics", get(numbers))
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

async fn health(State(app): State<Arc<App>>) -> impl IntoResponse {
    let database = database(&app.store).await;
    let status = match database {
        HealthWord::Ok => StatusCode::OK,
        HealthWord::Failed => StatusCode::SERVICE_UNAVAILABLE,
    };
    let checks = HealthChecks { database, version: env!("CARGO_PKG_VERSION").to_owned() };
    (status, Json(Health { status: database, checks }))
}

/// Ready as long as the database answers; a missing SFU only stops calls, and `initiate` says so itself.
async fn ready(State(app): State<Arc<App>>) -> impl IntoResponse {
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
    (status, Json(Readiness { status: word }))
}

async fn numbers(State(app): State<Arc<App>>) -> impl IntoResponse {
    match app.store.live_calls_by_tenant().await {
        Ok(live) => app.metrics.live_calls(live),
        // The other numbers are wanted all the more.
        Err(e) => tracing::error!(cause = %e, "cannot count the live calls"),
    }
    ([(CONTENT_TYPE, metrics::CONTENT_TYPE)], app.metrics.text())
}
