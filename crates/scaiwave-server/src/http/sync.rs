//! Catching up: what happened since a position, waiting for it if nothing did.

use std::{sync::Arc, time::Duration};

use aide::axum::ApiRouter;
use axum::extract::State;
use scaiwave_wire::{ErrorCode, MAX_SYNC_PAGE, SyncPage};
use schemars::JsonSchema;
use serde::Deserialize;
use tokio::time::Instant;

use super::{
    Data, data,
    extract::{Caller, Query},
};
use crate::{
    App,
    error::{Answer, Failure},
    openapi::op,
};

/// Nobody waits longer.
const MAX_WAIT_MS: u64 = 60_000;

pub(super) fn routes() -> ApiRouter<Arc<App>> {
    ApiRouter::new()
        .api_route("/v1/sync", op("sync", "What happened since a position; waits for it if nothing did").get(sync))
        .with_path_items(|path| path.tag("events"))
}

#[derive(Deserialize, JsonSchema)]
struct SyncQuery {
    /// The last `stream_position` seen.
    #[serde(default)]
    since: u64,
    /// How many events at most.
    #[serde(default = "default_limit")]
    #[schemars(range(min = 1, max = MAX_SYNC_PAGE))]
    limit: u32,
    /// Milliseconds to wait; no more than a minute.
    #[serde(default = "default_timeout")]
    timeout: u64,
}

fn default_limit() -> u32 {
    100
}

fn default_timeout() -> u64 {
    30_000
}

fn too_many() -> Failure {
    let message = "Too many of your requests wait for news: use one for each device, or timeout=0.";
    Failure::new(ErrorCode::RateLimitExceeded, message).retry_after(1)
}

async fn sync(
    State(app): State<Arc<App>>,
    Caller(person): Caller,
    Query(query): Query<SyncQuery>,
) -> Answer<Data<SyncPage>> {
    if !(1..=MAX_SYNC_PAGE).contains(&query.limit) {
        return Err(Failure::validation(format!("limit: 1 to {MAX_SYNC_PAGE}")));
    }
    let _waiting = match query.timeout {
        0 => None,
        _ => Some(app.publisher.hub.wait(&person.id).ok_or_else(too_many)?),
    };
    let until = Instant::now() + Duration::from_millis(query.timeout.min(MAX_WAIT_MS));
    let mut positions = app.publisher.hub.positions();
    loop {
        positions.mark_unchanged();
        let mut events = app.store.events_since(&person.id, query.since, query.limit + 1).await?;
        let waited = tokio::select! {
            biased;
            () = std::future::ready(()), if !events.is_empty() => true,
            () = tokio::time::sleep_until(until) => true,
            () = app.stops.requests.cancelled() => true,
            _ = positions.changed() => false,
        };
        if waited {
            let has_more = events.len() > query.limit as usize;
            events.truncate(query.limit as usize);
            for event in &mut events {
                event.created_at = None;
            }
            let next_cursor = events.last().map_or(query.since, |event| event.stream_position);
            return Ok(data(SyncPage { events, next_cursor, has_more }));
        }
    }
}
