//! The handle that the app and the agent hold.

use std::sync::Arc;

use call_media::{
    host::EngineLaunch,
    protocol::{FrameEndpoint, MediaSetup, Stats},
};
use call_model::DeviceId;
use tokio::sync::{broadcast, mpsc, oneshot, watch};

use crate::{
    actor::{Actor, Outlets, Request},
    convert::refuse,
    milestone::Milestone,
    vault::TokenVault,
    view::{Account, Link, Snapshot, UserCommand, UserError},
};

/// Milestones kept for a reader that is slow; older ones are skipped.
const MILESTONE_BACKLOG: usize = 256;
/// Commands that may wait; a person does not click that fast.
const REQUEST_QUEUE: usize = 64;

/// What a session needs.
pub struct SessionConfig {
    /// Keeps the sign-in.
    pub vault: Arc<dyn TokenVault>,
    /// This installation.
    pub device_id: DeviceId,
    /// Where sound and picture come from and go to.
    pub media: MediaSetup,
    /// How to start the engine.
    pub engine: EngineLaunch,
    /// The server last used, for the sign-in form.
    pub last_server: Option<String>,
}

/// A running session. Clones are handles to the same one; it ends when the last is dropped, or by [`Session::shutdown`].
#[derive(Clone)]
pub struct Session {
    requests: mpsc::Sender<Request>,
    snapshots: watch::Receiver<Arc<Snapshot>>,
    frames: watch::Receiver<Option<FrameEndpoint>>,
    milestones: broadcast::Sender<Milestone>,
}

impl Session {
    /// Starts a session on the current tokio runtime: looks into the vault and resumes, or waits for a sign-in.
    pub fn start(config: SessionConfig) -> Self {
        let first = Snapshot {
            revision: 0,
            account: Account::Starting,
            link: Link::Idle,
            rooms: Vec::new(),
            open_room: None,
            rings: Vec::new(),
            call: None,
            notices: Vec::new(),
            devices: Vec::new(),
            processing: config.media.processing,
        };
        let (snapshot_sender, snapshots) = watch::channel(Arc::new(first));
        let (frame_sender, frames) = watch::channel(None);
        let (milestones, _) = broadcast::channel(MILESTONE_BACKLOG);
        let (requests, inbox) = mpsc::channel(REQUEST_QUEUE);
        let outlets = Outlets { snapshots: snapshot_sender, frames: frame_sender, milestones: milestones.clone() };
        tokio::spawn(Actor::run(config, outlets, inbox));
        Self { requests, snapshots, frames, milestones }
    }

    /// What to show, always whole; the newest replaces the one before.
    pub fn snapshots(&self) -> watch::Receiver<Arc<Snapshot>> {
        self.snapshots.clone()
    }

    /// Asks for something. Comes back once it was taken up or refused ([`UserCommand::SignIn`]: once it succeeded or failed); how it
    /// goes on is seen in the snapshots.
    pub async fn dispatch(&self, command: UserCommand) -> Result<(), UserError> {
        let (answer, answered) = oneshot::channel();
        let over = || refuse("session_over", "The program is about to end.");
        self.requests.send(Request::Command(command, answer)).await.map_err(|_| over())?;
        answered.await.unwrap_or_else(|_| Err(over()))
    }

    /// Where frames come from; changes with each engine process, `None` between calls.
    pub fn frames(&self) -> watch::Receiver<Option<FrameEndpoint>> {
        self.frames.clone()
    }

    /// The engine's counters, while there is an engine.
    pub async fn media_stats(&self) -> Option<Stats> {
        let (answer, answered) = oneshot::channel();
        self.requests.send(Request::Stats(answer)).await.ok()?;
        answered.await.ok().flatten()
    }

    /// The moments of a call, from now on.
    pub fn milestones(&self) -> broadcast::Receiver<Milestone> {
        self.milestones.subscribe()
    }

    /// Leaves the call, stops the engine, and ends; the sign-in is kept. Comes back when that is done, within a few seconds.
    pub async fn shutdown(&self) {
        let (answer, answered) = oneshot::channel();
        if self.requests.send(Request::Shutdown(answer)).await.is_ok() {
            // dropped or answered: it has ended either way
            let _ = answered.await;
        }
    }
}
