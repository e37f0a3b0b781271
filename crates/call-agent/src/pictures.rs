//! Takes the pictures a window would draw, counts them, and gives their credits back.

use std::{collections::BTreeMap, sync::Arc};

use call_media::frames::{FrameClient, FrameHeader};
use call_model::UnixMillis;
use call_session::FrameEndpoint;
use parking_lot::Mutex;
use tokio::{
    sync::{mpsc, watch},
    task::JoinHandle,
};

use crate::print::now;

/// What came for one view.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Drawn {
    pub(crate) frames: u64,
    pub(crate) size: (u32, u32),
    pub(crate) first_at: Option<UnixMillis>,
}

/// Counts pictures by view, over as many engines as the call takes.
pub(crate) struct Pictures {
    drawn: Arc<Mutex<BTreeMap<u32, Drawn>>>,
    task: JoinHandle<()>,
}

impl Pictures {
    /// Follows the session's frame endpoint. The first picture of each view is told on `first`.
    pub(crate) fn follow(
        mut endpoint: watch::Receiver<Option<FrameEndpoint>>,
        first: mpsc::UnboundedSender<u32>,
    ) -> Self {
        let drawn = Arc::<Mutex<BTreeMap<u32, Drawn>>>::default();
        let counts = Arc::clone(&drawn);
        let task = tokio::spawn(async move {
            loop {
                let current = endpoint.borrow_and_update().clone();
                tokio::select! {
                    () = draw(current, &counts, &first) => {}
                    changed = endpoint.changed() => if changed.is_err() { return },
                }
            }
        });
        Self { drawn, task }
    }

    pub(crate) fn drawn(&self) -> BTreeMap<u32, Drawn> {
        self.drawn.lock().clone()
    }
}

impl Drop for Pictures {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Takes frames of one engine; comes back never, so that the caller waits for the next engine.
async fn draw(
    endpoint: Option<FrameEndpoint>,
    counts: &Mutex<BTreeMap<u32, Drawn>>,
    first: &mpsc::UnboundedSender<u32>,
) {
    if let Some(endpoint) = endpoint {
        match FrameClient::connect(&endpoint).await {
            Ok(mut client) => {
                while let Some(frame) = client.next().await {
                    match frame {
                        Ok(frame) => count(&frame.header, counts, first),
                        Err(error) => {
                            tracing::warn!(%error, "no more pictures from this engine");
                            break;
                        }
                    }
                }
            }
            Err(error) => tracing::warn!(%error, "no pictures from this engine"),
        }
    }
    std::future::pending().await
}

fn count(header: &FrameHeader, counts: &Mutex<BTreeMap<u32, Drawn>>, first: &mpsc::UnboundedSender<u32>) {
    let mut counts = counts.lock();
    let drawn = counts.entry(header.view).or_default();
    drawn.frames += 1;
    drawn.size = (header.width, header.height);
    if drawn.first_at.is_none() {
        drawn.first_at = Some(now());
        // nobody to tell once the agent is leaving
        let _ = first.send(header.view);
    }
}
