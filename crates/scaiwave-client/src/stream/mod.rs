//! The event stream: one WebSocket, opened again whenever it is lost, and `sync` for what was missed meanwhile.

pub mod backoff;
mod driver;
mod seen;
mod socket;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use scaiwave_wire::{RoomEvent, StreamFrame};
use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;

use crate::Client;

/// Updates that may wait for the reader before the stream itself waits.
const QUEUE: usize = 256;

/// What the stream tells.
#[derive(Clone, Debug, PartialEq)]
pub enum StreamUpdate {
    /// A try is under way.
    Connecting,
    /// The server said hello: events are live. What was missed follows as [`Self::Missed`], then [`Self::CaughtUp`].
    Online {
        /// As the server calls itself.
        server_name: String,
    },
    /// Lost, or not reached; the next try comes by itself.
    Offline {
        /// In how long.
        retry_in: Duration,
        /// Why, for people.
        reason: String,
    },
    /// Something happened just now.
    Event(Box<StreamFrame>),
    /// Something happened while the stream was down: a page of room events, oldest first, none of them seen before. Calls are
    /// not among them: after [`Self::CaughtUp`] ask for the rooms' live calls.
    Missed(Vec<RoomEvent>),
    /// Nothing is missing any more. Comes after every [`Self::Online`], the first included.
    CaughtUp,
    /// The sign-in is over. Nothing follows.
    SignedOut {
        /// Why, for people.
        reason: String,
    },
}

/// Keeps a stream open; dropped, it closes.
#[derive(Debug)]
pub struct StreamHandle {
    closed: CancellationToken,
    hurry: Arc<Notify>,
    received: Arc<AtomicU64>,
}

impl StreamHandle {
    /// Tries now instead of waiting out the back-off: the network is back, or a person asks.
    pub fn reconnect_now(&self) {
        self.hurry.notify_one();
    }

    /// Bytes of text received so far, over all connections.
    pub fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }
}

impl Drop for StreamHandle {
    fn drop(&mut self) {
        self.closed.cancel();
    }
}

pub(crate) fn open(client: Client, since: Option<u64>) -> (StreamHandle, mpsc::Receiver<StreamUpdate>) {
    let (updates, receiver) = mpsc::channel(QUEUE);
    let handle = StreamHandle { closed: CancellationToken::new(), hurry: Arc::default(), received: Arc::default() };
    let driver = driver::Driver::new(client, since, updates, Arc::clone(&handle.hurry), Arc::clone(&handle.received));
    let closed = handle.closed.clone();
    tokio::spawn(async move { closed.run_until_cancelled(driver.run()).await });
    (handle, receiver)
}
