//! A server with two people and a room, and sessions of their devices.

use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use call_media::{host::EngineLaunch, protocol::MediaSetup};
use call_model::{RoomId, server::Timings};
use call_session::{MemoryVault, Milestone, MilestoneKind, Session, SessionConfig, Snapshot, UserCommand};
use scaiwave_server::{
    Server, admin,
    calls::sfu::NoMedia,
    config::{Livekit, Settings},
    store,
};
use tempfile::TempDir;
use tokio::sync::broadcast;

pub(crate) const PASSWORD: &str = "correct horse";
/// Everything here takes milliseconds; this is for a machine that is busy with something else.
const PATIENCE: Duration = Duration::from_secs(30);

/// The server.
pub(crate) struct World {
    pub(crate) address: SocketAddr,
    /// Of Alice and Bob.
    pub(crate) room: RoomId,
    /// Of Bob and Carol.
    pub(crate) other: RoomId,
    server: Option<Server>,
    timings: Timings,
    data: TempDir,
}

impl World {
    pub(crate) async fn start(timings: Timings) -> Self {
        let data = TempDir::new().unwrap();
        let store = store::open(data.path()).await.unwrap();
        for (name, display_name) in [("alice", "Alice"), ("bob", "Bob"), ("carol", "Carol")] {
            admin::add_user(&store, name, display_name, PASSWORD).await.unwrap();
        }
        let room = admin::add_room(&store, "Team", &["alice:100".into(), "bob".into()]).await.unwrap();
        let other = admin::add_room(&store, "Other", &["carol:100".into(), "bob".into()]).await.unwrap();
        store.close().await;
        let server = serve(&data, ([127, 0, 0, 1], 0).into(), timings).await;
        let address = server.address;
        let [room, other] = [room, other].map(|room| RoomId::from(room["room_id"].as_str().unwrap()));
        Self { address, room, other, server: Some(server), timings, data }
    }

    /// On the same address, with the same data.
    pub(crate) async fn restart(&mut self) {
        self.server.take().unwrap().stop().await;
        self.server = Some(serve(&self.data, self.address, self.timings).await);
    }

    /// A device of somebody, signed in, its stream up and its rooms there.
    pub(crate) async fn device(&self, name: &str, device: &str) -> Device {
        let mut made = Device::start(device, MemoryVault::default());
        let (server, password) = (format!("http://{}", self.address), PASSWORD.to_owned());
        made.ask(UserCommand::SignIn { server, username: name.into(), password }).await;
        made.until(|now| !now.rooms.is_empty()).await;
        made
    }
}

async fn serve(data: &TempDir, listen: SocketAddr, timings: Timings) -> Server {
    let livekit =
        Livekit { url: "ws://127.0.0.1:1".parse().unwrap(), api_key: "key".into(), api_secret: "secret".repeat(8) };
    let reconcile = Duration::from_secs(3600);
    let settings = Settings { listen, timings, reconcile, ..Settings::new(data.path(), livekit) };
    Server::start(settings, Arc::new(NoMedia)).await.unwrap()
}

/// One device's session.
pub(crate) struct Device {
    pub(crate) session: Session,
    milestones: broadcast::Receiver<Milestone>,
}

impl Device {
    pub(crate) fn start(device: &str, vault: MemoryVault) -> Self {
        let session = Session::start(SessionConfig {
            vault: Arc::new(vault),
            device_id: device.into(),
            media: MediaSetup::default(),
            engine: EngineLaunch { program: scripted_engine(), library: None },
            last_server: None,
        });
        Self { milestones: session.milestones(), session }
    }

    pub(crate) async fn ask(&self, command: UserCommand) {
        self.session.dispatch(command).await.unwrap();
    }

    /// Waits until the snapshot is as wished.
    pub(crate) async fn until(&mut self, wish: impl Fn(&Snapshot) -> bool) -> Arc<Snapshot> {
        let mut snapshots = self.session.snapshots();
        let waiting = async { snapshots.wait_for(|now| wish(now)).await.unwrap().clone() };
        let came = tokio::time::timeout(PATIENCE, waiting).await;
        came.unwrap_or_else(|_| panic!("it never came to that: {:#?}", self.session.snapshots().borrow()))
    }

    /// Waits for a milestone.
    pub(crate) async fn reaches(&mut self, wish: impl Fn(&MilestoneKind) -> bool) -> MilestoneKind {
        let waiting = async {
            loop {
                let milestone = self.milestones.recv().await.unwrap();
                if wish(&milestone.kind) {
                    return milestone.kind;
                }
            }
        };
        tokio::time::timeout(PATIENCE, waiting).await.expect("the milestone in time")
    }

    /// The process of the engine there is.
    pub(crate) async fn engine_pid(&self) -> u32 {
        let mut frames = self.session.frames();
        let up = frames.wait_for(Option::is_some).await.unwrap().clone();
        up.unwrap().secret.0.parse().unwrap()
    }
}

fn scripted_engine() -> PathBuf {
    let deps = std::env::current_exe().unwrap();
    let program = deps.parent().unwrap().parent().unwrap().join("examples/scripted-engine");
    assert!(program.is_file(), "cargo test builds {}", program.display());
    program
}
