//! The handle that the app and the agent hold.

use std::sync::Arc;

use call_media::{
    host::EngineLaunch,
    protocol::{FrameEndpoint, MediaSetup, Stats},
};
use call_model::DeviceId;
use tokio::sync::{broadcast, watch};

use crate::{
    milestone::Milestone,
    vault::TokenVault,
    view::{Account, Link, Snapshot, UserCommand, UserError},
};

/// Milestones kept for a reader that is slow; older ones are skipped.
const MILESTONE_BACKLOG: usize = 256;

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

/// A running session. Clones are handles to the same one.
#[derive(Clone)]
pub struct Session {
    snapshots: watch::Receiver<Arc<Snapshot>>,
    frames: watch::Receiver<Option<FrameEndpoint>>,
    milestones: broadcast::Sender<Milestone>,
}

impl Session {
    /// Starts a session on the current tokio runtime: looks into the vault and resumes, or waits for a sign-in.
    pub fn start(config: SessionConfig) -> Self {
        let first = Snapshot {
            revision: 0,
            account: Account::SignedOut { server: config.last_server, error: None },
            link: Link::Idle,
            rooms: Vec::new(),
            open_room: None,
            rings: Vec::new(),
            call: None,
            notices: Vec::new(),
            devices: Vec::new(),
            processing: config.media.processing,
        };
        let (_, snapshots) = watch::channel(Arc::new(first));
        let (_, frames) = watch::channel(None);
        let (milestones, _) = broadcast::channel(MILESTONE_BACKLOG);
        Self { snapshots, frames, milestones }
    }

    /// What to show, always whole; the newest replaces the one before.
    pub fn snapshots(&self) -> watch::Receiver<Arc<Snapshot>> {
        self.snapshots.clone()
    }

    /// Asks for something. Comes back once it was taken up or refused; how it goes on is seen in the snapshots.
    pub async fn dispatch(&self, command: UserCommand) -> Result<(), UserError> {
        drop(command);
        Err(UserError { code: "not_signed_in".into(), message: "Sign in first.".into() })
    }

    /// Where frames come from; changes with each engine process, `None` between calls.
    pub fn frames(&self) -> watch::Receiver<Option<FrameEndpoint>> {
        self.frames.clone()
    }

    /// The engine's counters, while there is an engine.
    pub async fn media_stats(&self) -> Option<Stats> {
        None
    }

    /// The moments of a call, from now on.
    pub fn milestones(&self) -> broadcast::Receiver<Milestone> {
        self.milestones.subscribe()
    }

    /// Leaves the call, stops the engine, and ends; the sign-in is kept.
    pub async fn shutdown(&self) {}
}
