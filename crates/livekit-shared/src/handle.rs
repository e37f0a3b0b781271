//! Handles of objects in the library: counted, and given back exactly once.

use std::sync::{
    OnceLock,
    atomic::{AtomicU64, Ordering},
    mpsc,
};

use crate::{client, ffi, proto};

static LIVE: AtomicU64 = AtomicU64::new(0);

/// How many handles are held now.
pub(crate) fn live() -> u64 {
    LIVE.load(Ordering::Relaxed)
}

/// A handle that is ours to drop.
#[derive(Debug)]
pub(crate) struct OwnedHandle(u64);

impl OwnedHandle {
    /// Takes over a handle the library gave out.
    pub(crate) fn adopt(handle: &proto::FfiOwnedHandle) -> Self {
        LIVE.fetch_add(1, Ordering::Relaxed);
        Self(handle.id)
    }

    pub(crate) fn id(&self) -> u64 {
        self.0
    }
}

impl Drop for OwnedHandle {
    fn drop(&mut self) {
        // Dropping can take locks that the library holds while it calls back.
        if ffi::in_callback() {
            reap(Reap::Handle(self.0));
        } else {
            give_back(self.0);
        }
    }
}

fn give_back(id: u64) {
    ffi::drop_handle(id);
    LIVE.fetch_sub(1, Ordering::Relaxed);
}

/// Work for the thread that cleans up behind callbacks and forgotten rooms.
pub(crate) enum Reap {
    /// Give a handle back.
    Handle(u64),
    /// Leave a room that nobody holds any more; its handles follow.
    Room(u64, Vec<OwnedHandle>),
}

static REAPER: OnceLock<mpsc::Sender<Reap>> = OnceLock::new();

/// Hands work to the reaper, which the first call starts. Never blocks.
pub(crate) fn reap(work: Reap) {
    let sender = REAPER.get_or_init(|| {
        let (sender, receiver) = mpsc::channel();
        let spawned = std::thread::Builder::new().name("livekit-reaper".to_owned()).spawn(move || {
            for work in receiver {
                match work {
                    Reap::Handle(id) => give_back(id),
                    Reap::Room(room, handles) => {
                        client::leave(room);
                        drop(handles);
                    }
                }
            }
        });
        if let Err(error) = spawned {
            tracing::error!(%error, "no thread to clean up behind the SDK library");
        }
        sender
    });
    if sender.send(work).is_err() {
        tracing::error!("a handle of the SDK library is leaked: its clean-up thread is gone");
    }
}
