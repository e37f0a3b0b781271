//! A real SFU on loopback, and engines that talk to it.

#![allow(dead_code, reason = "each test takes what it needs")]

use std::{
    env,
    net::{TcpListener, UdpSocket},
    path::PathBuf,
    process::Stdio,
    time::Duration,
};

use call_media::{
    host::{Engine, EngineLaunch},
    protocol::*,
};
use livekit_api::{
    access_token::{AccessToken, VideoGrants},
    services::room::RoomClient,
};
use tokio::{
    net::TcpStream,
    process::{Child, Command as Process},
    sync::mpsc,
    time::{interval, timeout},
};

pub(crate) const KEY: &str = "testkey";
pub(crate) const SECRET: &str = "a-secret-for-tests-of-at-least-32-bytes";
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

/// Killed when dropped.
pub(crate) struct Sfu {
    process: Child,
    pub(crate) url: String,
    _directory: tempfile::TempDir,
}

impl Sfu {
    pub(crate) async fn start() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let (http, tcp, udp) = (free_tcp(), free_tcp(), free_udp());
        let config = format!(
            "port: {http}\nbind_addresses: [\"127.0.0.1\"]\nlogging: {{level: warn}}\nkeys: {{{KEY}: {SECRET}}}\n\
             rtc: {{node_ip: 127.0.0.1, udp_port: {udp}, tcp_port: {tcp}, enable_loopback_candidate: true, \
             interfaces: {{includes: [lo]}}, ips: {{includes: [127.0.0.1/32]}}}}\n"
        );
        let path = directory.path().join("livekit.yaml");
        std::fs::write(&path, config).expect("the configuration");
        let process = Process::new(program())
            .arg("--config")
            .arg(&path)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("livekit-server, by LIVEKIT_SERVER or from `cargo xtask setup`");
        within("the SFU listens", async {
            let mut again = interval(Duration::from_millis(20));
            while TcpStream::connect(("127.0.0.1", http)).await.is_err() {
                again.tick().await;
            }
        })
        .await;
        Self { process, url: format!("ws://127.0.0.1:{http}"), _directory: directory }
    }

    /// Takes a track away from somebody without asking them.
    pub(crate) async fn unsubscribe(&self, identity: &str, track: &str) {
        let rooms = RoomClient::with_api_key(&self.url, KEY, SECRET);
        rooms.update_subscriptions("test", identity, vec![track.to_owned()], false).await.expect("unsubscribed");
    }

    pub(crate) async fn kill(&mut self) {
        self.process.kill().await.expect("killed");
    }
}

fn program() -> PathBuf {
    env::var_os("LIVEKIT_SERVER").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../target/tools/livekit-server"),
        PathBuf::from,
    )
}

fn free_tcp() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a free port").port()
}

fn free_udp() -> u16 {
    UdpSocket::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a free port").port()
}

pub(crate) fn token(identity: &str) -> Secret {
    let grants = VideoGrants { room_join: true, room: "test".into(), ..VideoGrants::default() };
    let token = AccessToken::with_api_key(KEY, SECRET).with_identity(identity).with_grants(grants);
    Secret(token.to_jwt().expect("a token"))
}

pub(crate) async fn within<T>(what: &str, wait: impl Future<Output = T>) -> T {
    timeout(DEADLINE, wait).await.unwrap_or_else(|_| panic!("not within {DEADLINE:?}: {what}"))
}

pub(crate) fn launch() -> EngineLaunch {
    EngineLaunch { program: env!("CARGO_BIN_EXE_call-engine").into(), library: None }
}

/// Sends a pattern small enough for two encoders on two cores, and a tone.
pub(crate) fn test_media(tone: u32) -> MediaSetup {
    MediaSetup {
        microphone: AudioInput::Tone { frequency: tone },
        speaker: AudioOutput::Null,
        camera: VideoInput::Pattern { width: 640, height: 360, fps: 20 },
        processing: AudioProcessing::default(),
    }
}

/// An engine and what it said.
pub(crate) struct Peer {
    pub(crate) engine: Engine,
    pub(crate) events: mpsc::Receiver<Event>,
    pub(crate) frames: FrameEndpoint,
    pub(crate) roster: Vec<Participant>,
}

impl Peer {
    pub(crate) async fn launch() -> Self {
        let (engine, mut events) = Engine::launch(launch()).expect("the engine starts");
        match within("ready", events.recv()).await {
            Some(Event::Ready { frames, sdk_version, .. }) => {
                assert!(
                    !sdk_version.is_empty(),
                    "the SDK library is beside the engine, or SCAIWAVE_LIVEKIT_LIBRARY names it"
                );
                Self { engine, events, frames, roster: Vec::new() }
            }
            other => panic!("{other:?} instead of ready"),
        }
    }

    pub(crate) async fn join(sfu: &Sfu, identity: &str, media: MediaSetup) -> Self {
        let peer = Self::launch().await;
        peer.ok(Command::Prepare { media }).await;
        let (url, token) = (sfu.url.clone(), token(identity));
        peer.ok(Command::Join { url, token, microphone: true, camera: true }).await;
        peer
    }

    pub(crate) async fn ok(&self, command: Command) {
        let what = format!("{command:?}");
        assert_eq!(self.engine.request(command).await, Ok(Reply::Done), "{what}");
    }

    /// The first event `wanted` says something about.
    pub(crate) async fn event<T>(&mut self, what: &str, mut wanted: impl FnMut(&Event) -> Option<T>) -> T {
        within(what, async {
            loop {
                let event = self.events.recv().await.unwrap_or_else(|| panic!("the engine ended before: {what}"));
                if let Event::Participants { participants } = &event {
                    self.roster.clone_from(participants);
                }
                if let Some(found) = wanted(&event) {
                    return found;
                }
            }
        })
        .await
    }

    /// Waits until the other one is as wanted.
    pub(crate) async fn other(
        &mut self,
        what: &str,
        identity: &str,
        wanted: impl Fn(&Participant) -> bool,
    ) -> Participant {
        let find =
            |roster: &[Participant]| roster.iter().find(|other| other.identity == identity && wanted(other)).cloned();
        if let Some(other) = find(&self.roster) {
            return other;
        }
        self.event(what, |event| match event {
            Event::Participants { participants } => find(participants),
            _ => None,
        })
        .await
    }

    pub(crate) async fn stats(&self) -> Stats {
        match self.engine.request(Command::Stats).await {
            Ok(Reply::Stats { stats }) => stats,
            other => panic!("{other:?} instead of stats"),
        }
    }

    /// Asks until the answer is as wanted.
    pub(crate) async fn stats_when(&self, what: &str, mut wanted: impl FnMut(&Stats) -> bool) -> Stats {
        let last = std::cell::RefCell::new(Stats::default());
        let ask = async {
            let mut again = interval(Duration::from_millis(50));
            loop {
                again.tick().await;
                let stats = self.stats().await;
                last.borrow_mut().clone_from(&stats);
                if wanted(&stats) {
                    return stats;
                }
            }
        };
        timeout(DEADLINE, ask)
            .await
            .unwrap_or_else(|_| panic!("not within {DEADLINE:?}: {what}; last: {:#?}", last.borrow()))
    }

    pub(crate) async fn show(&self, sid: &str, width: u32, height: u32) {
        let source = ViewSource::Track { sid: sid.into() };
        self.ok(Command::ShowVideo { views: vec![VideoView { view: 1, source, width, height }] }).await;
    }
}

pub(crate) fn track<'a>(stats: &'a Stats, identity: &str, kind: &str) -> Option<&'a TrackStats> {
    stats.tracks.iter().find(|track| track.identity == identity && track.kind == kind)
}
