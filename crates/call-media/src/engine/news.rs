//! What the engine's threads and tasks tell its main loop.

use tokio::sync::mpsc;
use tracing::warn;

use super::session::{Joined, Published};
use crate::protocol::{Device, EngineError, MediaKind, Notice};

/// Something the main loop must know.
pub(crate) enum News {
    /// Connecting came to an end.
    Joined(Box<Result<Joined, EngineError>>),
    /// Publishing came to an end.
    Published(Box<Published>),
    /// For the person.
    Notice(Notice),
    /// A device was opened or closed.
    DeviceUse,
    /// The camera cannot be used and is off now.
    CameraFailed { message: String },
    /// What can be chosen changed.
    Devices(Vec<Device>),
    /// The first sound or picture of somebody.
    FirstMedia { identity: String, kind: MediaKind },
}

/// Everything that speaks to the main loop holds one.
pub(crate) type NewsSender = mpsc::Sender<News>;

/// Room for what happens while the main loop waits for the SDK.
pub(crate) const QUEUE: usize = 256;

/// Never waits: the teller may be what the main loop is waiting for.
pub(crate) fn tell(news: &NewsSender, what: News) {
    if let Err(mpsc::error::TrySendError::Full(_)) = news.try_send(what) {
        warn!("the main loop is far behind: news dropped");
    }
}
