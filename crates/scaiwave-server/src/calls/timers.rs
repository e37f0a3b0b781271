//! The clock: sleeps until the next due time in the database, which is also how a restarted server re-arms. Questions to the SFU run
//! beside it, so that a slow SFU holds up no ring.

use std::{collections::HashSet, sync::Arc, time::Duration};

use call_model::CallId;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::Calls;
use crate::error::Answer;

/// Longest sleep: another process may have written a due time.
const AT_MOST: Duration = Duration::from_secs(5);
/// After an error, so that it does not spin.
const PAUSE: Duration = Duration::from_secs(1);

/// Runs until told to stop.
pub async fn run(calls: Arc<Calls>, stop: CancellationToken) {
    let mut timers = Timers { calls: calls.clone(), asking: HashSet::new(), tasks: JoinSet::new() };
    loop {
        let sleep = timers.step().await.unwrap_or_else(|e| {
            tracing::error!(cause = ?e, "call timer failed; trying again");
            PAUSE
        });
        tokio::select! {
            () = stop.cancelled() => break,
            () = calls.rearm.notified() => {}
            Some(asked) = timers.tasks.join_next() => timers.asked(asked),
            () = tokio::time::sleep(sleep) => {}
        }
    }
    // What the SFU answers now may still change a call, and who is connected hears of it.
    while timers.tasks.join_next().await.is_some() {}
}

struct Timers {
    calls: Arc<Calls>,
    /// Calls the SFU is being asked about: they are due until it has answered.
    asking: HashSet<CallId>,
    tasks: JoinSet<CallId>,
}

impl Timers {
    /// Handles the calls that are due; answers how long to sleep.
    async fn step(&mut self) -> Answer<Duration> {
        // So that the database is right when the next server starts.
        drop(self.calls.turn().await?);
        for (id, due) in self.calls.store.next_due().await? {
            if self.asking.contains(&id) {
                continue;
            }
            let remaining = due.0 - self.calls.clock.now().0;
            if remaining > 0 {
                return Ok(Duration::from_millis(remaining.unsigned_abs()).min(AT_MOST));
            }
            if self.calls.tick(&id).await? {
                self.ask(id);
            }
        }
        Ok(AT_MOST)
    }

    fn ask(&mut self, id: CallId) {
        self.asking.insert(id.clone());
        let calls = self.calls.clone();
        self.tasks.spawn(async move {
            if let Err(e) = calls.due_at_sfu(&id).await {
                tracing::error!(call = %id, cause = ?e, "a due call could not be settled; trying again");
                tokio::time::sleep(PAUSE).await;
            }
            id
        });
    }

    fn asked(&mut self, asked: Result<CallId, tokio::task::JoinError>) {
        match asked {
            Ok(id) => drop(self.asking.remove(&id)),
            Err(e) => {
                tracing::error!(cause = %e, "asking the SFU failed");
                // Whose it was is not known any more; asking twice does no harm.
                self.asking.clear();
            }
        }
    }
}
