//! Asks the SFU about every live call, since webhooks may never come, and clears away what crashes left behind.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use call_model::CallId;
use futures_util::{StreamExt, stream};
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::{Calls, sfu::call_of_room};
use crate::error::Answer;

/// Questions to the SFU at once.
const PARALLEL: usize = 8;

/// Runs until told to stop; the first round is at once, for what happened while the server was down.
pub async fn run(calls: Arc<Calls>, every: Duration, stop: CancellationToken) {
    let mut rounds = interval(every);
    rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut orphans = Orphans::default();
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = rounds.tick() => {}
        }
        round(&calls, &mut orphans, &stop).await;
    }
}

/// Asks about every live call; told to stop, finishes what it has begun.
async fn round(calls: &Calls, orphans: &mut Orphans, stop: &CancellationToken) {
    let live = match calls.store.live_calls().await {
        Ok(live) => live,
        Err(e) => return tracing::error!(cause = %e, "cannot read the live calls"),
    };
    stream::iter(live)
        .take_until(stop.cancelled())
        .for_each_concurrent(PARALLEL, async |id| {
            if let Err(e) = reconcile(calls, &id).await {
                tracing::error!(call = %id, cause = ?e, "cannot reconcile a call");
            }
        })
        .await;
    // Makes no events, so it can be dropped at any moment.
    tokio::select! {
        biased;
        () = stop.cancelled() => {}
        swept = orphans.sweep(calls) => if let Err(e) = swept {
            tracing::error!(cause = ?e, "cannot look for rooms without a call");
        }
    }
}

pub(super) async fn reconcile(calls: &Calls, id: &CallId) -> Answer<()> {
    if let Some(call) = calls.store.call(id).await? {
        calls.expel(&call).await?;
    }
    calls.observe(id).await
}

/// Rooms at the SFU that belong to no call that goes on, and since when. A room is made before its call is written, so it is left
/// alone for as long as somebody may be on the way into it.
#[derive(Default)]
struct Orphans(HashMap<String, Instant>);

impl Orphans {
    async fn sweep(&mut self, calls: &Calls) -> Answer<()> {
        let rooms = match calls.sfu.rooms().await {
            Ok(rooms) => rooms,
            Err(e) => {
                tracing::warn!(cause = %e, "the SFU does not tell its rooms");
                return Ok(());
            }
        };
        // Read after the rooms: a call that is in the database by now has its room by right.
        let open: HashSet<CallId> = calls.store.open_calls().await?.into_iter().collect();
        let orphan = |room: &String| call_of_room(room).is_some_and(|call| !open.contains(&call));
        let found: HashSet<String> = rooms.into_iter().filter(orphan).collect();
        self.0.retain(|room, _| found.contains(room));
        let patience = Duration::from_millis(calls.timings.join_ms.unsigned_abs());
        for room in found {
            if self.0.entry(room.clone()).or_insert_with(Instant::now).elapsed() >= patience {
                tracing::warn!(room, "a room without a call is deleted");
                if let Err(e) = calls.sfu.delete_room(&room).await {
                    tracing::warn!(room, cause = %e, "it stays for now");
                }
            }
        }
        Ok(())
    }
}
