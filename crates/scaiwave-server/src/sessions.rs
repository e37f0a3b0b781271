//! What the admin commands did beside this server: sessions that were cut, keys that were rotated.

use std::{sync::Arc, time::Duration};

use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::App;

/// How often to look. Requests ask the database themselves; this is about sockets that are open.
const EVERY: Duration = Duration::from_secs(1);

/// Runs until told to stop.
pub(crate) async fn run(app: Arc<App>, stop: CancellationToken) {
    let mut rounds = interval(EVERY);
    rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut seen = 0;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = rounds.tick() => {}
        }
        match app.store.cut_after(seen).await {
            Ok(cut) => {
                for (person, mark) in cut {
                    app.publisher.hub.sign_out(&person);
                    seen = mark;
                }
            }
            Err(e) => tracing::error!(cause = %e, "cannot read whose sessions were cut"),
        }
        if let Err(e) = app.auth.reload_keys() {
            tracing::error!(cause = %e, "cannot read the signing keys; the ones read before go on");
        }
    }
}
