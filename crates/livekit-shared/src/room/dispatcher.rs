//! Hands a room's events to all who listen.

use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::mpsc;

use super::event::RoomEvent;

/// Clones hand out to the same listeners.
#[derive(Clone, Default)]
pub(crate) struct Dispatcher {
    listeners: Arc<Mutex<Vec<mpsc::UnboundedSender<RoomEvent>>>>,
}

impl Dispatcher {
    pub(crate) fn listen(&self) -> mpsc::UnboundedReceiver<RoomEvent> {
        let (sender, receiver) = mpsc::unbounded_channel();
        self.listeners.lock().push(sender);
        receiver
    }

    pub(crate) fn dispatch(&self, event: RoomEvent) {
        self.listeners.lock().retain(|listener| listener.send(event.clone()).is_ok());
    }

    /// Ends all listeners' channels.
    pub(crate) fn end(&self) {
        self.listeners.lock().clear();
    }
}
