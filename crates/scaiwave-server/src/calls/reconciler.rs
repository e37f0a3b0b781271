//! Asks the SFU about every live call, since webhooks may never come.

use std::{sync::Arc, time::Duration};

use futures_util::{StreamExt, stream};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::Calls;

/// Questions to the SFU at once.
const PARALLEL: usize = 8;

/// Runs until told to stop; the first round is at once, for what happened while the server was down.
pub async fn run(calls: Arc<Calls>, every: Duration, stop: CancellationToken) {
    let mut rounds = interval(every);
    rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = rounds.tick() => {}
        }
        round(&calls, &stop).await;
    }
}

/// Asks about every live call; told to stop, finishes what it has begun.
async fn round(calls: &Calls, stop: &CancellationToken) {
    let live = match calls.store().live_calls().await {
        Ok(live) => live,
        Err(e) => return tracing::error!(cause = %e, "cannot read the live calls"),
    };
    stream::iter(live)
        .take_until(stop.cancelled())
        .for_each_concurrent(PARALLEL, async |id| {
            if let Err(e) = calls.observe(&id).await {
                tracing::error!(call = %id, cause = ?e, "cannot reconcile a call");
            }
        })
        .await;
}
