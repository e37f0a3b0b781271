//! Catching up: what happened since a position, waiting for it if nothing did.

use std::{sync::Arc, time::Duration};

use axum::extract::State;
use scaiwave_wire::{Envelope, MAX_SYNC_PAGE, SyncPage};
use serde::Deserialize;
use tokio::time::Instant;

use super::{
    data,
    extract::{Caller, Query},
};
use crate::{
    App,
    error::{Answer, Failure},
};

/// Nobody waits longer.
const MAX_WAIT_MS: u64 = 60_000;

#[derive(Deserialize)]
pub(super) struct SyncQuery {
    #[serde(default)]
    since: u64,
    #[serde(default = "default_limit")]
    limit: u32,
    #[serde(default = "default_timeout")]
    timeout: u64,
}

fn default_limit() -> u32 {
    100
}

fn default_timeout() -> u64 {
    30_000
}

pub(super) async fn sync(
    State(app): State<Arc<App>>,
    Caller(person): Caller,
    Query(query): Query<SyncQuery>,
) -> Answer<axum::Json<Envelope<SyncPage>>> {
    if !(1..=MAX_SYNC_PAGE).contains(&query.limit) {
        return Err(Failure::validation(format!("limit: 1 to {MAX_SYNC_PAGE}")));
    }
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
