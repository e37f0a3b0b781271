//! A real SFU for one test, and the pieces of a call.

use std::{
    net::{TcpListener, TcpStream, UdpSocket},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use livekit_api::access_token::{AccessToken, VideoGrants};
use livekit_shared::{
    Room, RoomEvent,
    options::{DegradationPreference, TrackPublishOptions},
    prelude::*,
    webrtc::{
        audio_frame::AudioFrame,
        audio_source::{AudioSourceOptions, RtcAudioSource, native::NativeAudioSource},
        video_frame::{I420Buffer, VideoFrame, VideoRotation},
        video_source::{RtcVideoSource, VideoResolution, native::NativeVideoSource},
    },
};
use tokio::{sync::mpsc, task::JoinHandle};

const KEY: &str = "key";
const SECRET: &str = "a secret of at least thirty-two characters";

/// A `livekit-server` on loopback; ends with the test.
pub(crate) struct Sfu {
    process: Child,
    pub(crate) url: String,
    _folder: tempfile::TempDir,
}

impl Sfu {
    pub(crate) fn start() -> Self {
        let program = server_program();
        let folder = tempfile::tempdir().expect("a folder");
        let [port, tcp] = std::array::from_fn(|_| free_tcp_port());
        let udp = UdpSocket::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a port").port();
        let config = folder.path().join("sfu.yaml");
        let text = format!(
            "port: {port}\nbind_addresses: [\"127.0.0.1\"]\nrtc:\n  node_ip: 127.0.0.1\n  udp_port: {udp}\n  tcp_port: {tcp}\n  \
             enable_loopback_candidate: true\n  interfaces: {{includes: [lo]}}\n  ips: {{includes: [127.0.0.1/32]}}\n\
             keys: {{{KEY}: \"{SECRET}\"}}\n"
        );
        std::fs::write(&config, text).expect("the configuration");
        let log = std::fs::File::create(folder.path().join("sfu.log")).expect("a log");
        let process = Command::new(&program)
            .arg("--config")
            .arg(&config)
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap_or_else(|error| panic!("{} does not start: {error}", program.display()));
        let sfu = Self { process, url: format!("ws://127.0.0.1:{port}"), _folder: folder };
        let started = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(started.elapsed() < Duration::from_secs(20), "the SFU does not listen");
            std::thread::sleep(Duration::from_millis(20)); // nothing to await: the SFU says no word of it
        }
        sfu
    }

    pub(crate) fn token(&self, identity: &str, room: &str) -> String {
        let grants = VideoGrants { room_join: true, room: room.to_owned(), ..Default::default() };
        AccessToken::with_api_key(KEY, SECRET).with_identity(identity).with_grants(grants).to_jwt().expect("a token")
    }
}

impl Drop for Sfu {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn server_program() -> PathBuf {
    if let Some(path) = std::env::var_os("LIVEKIT_SERVER") {
        return path.into();
    }
    let installed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/tools/livekit-server");
    assert!(installed.is_file(), "no livekit-server: run `cargo xtask setup`, or set LIVEKIT_SERVER to its path");
    installed
}

fn free_tcp_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a port").port()
}

/// One end of a call.
pub(crate) struct Peer {
    pub(crate) room: Room,
    pub(crate) events: mpsc::UnboundedReceiver<RoomEvent>,
}

impl Peer {
    pub(crate) async fn join(sfu: &Sfu, identity: &str) -> Self {
        let mut options = RoomOptions::default();
        options.dynacast = true;
        options.adaptive_stream = true;
        let (room, events) =
            Room::connect(&sfu.url, &sfu.token(identity, "call"), options).await.expect("the room is joined");
        Self { room, events }
    }

    /// The first event that `wanted` takes.
    pub(crate) async fn event<T>(&mut self, what: &str, mut wanted: impl FnMut(RoomEvent) -> Option<T>) -> T {
        tokio::time::timeout(Duration::from_secs(20), async {
            loop {
                let event = self.events.recv().await.unwrap_or_else(|| panic!("the room ended before: {what}"));
                if let Some(found) = wanted(event) {
                    return found;
                }
            }
        })
        .await
        .unwrap_or_else(|_| panic!("never came: {what}"))
    }

    pub(crate) async fn publish_video(&self, source: &NativeVideoSource) -> LocalTrackPublication {
        let track = LocalVideoTrack::create_video_track("camera", RtcVideoSource::Native(source.clone()));
        let options = TrackPublishOptions {
            source: TrackSource::Camera,
            // a busy test machine must not make the picture smaller
            degradation_preference: Some(DegradationPreference::MaintainResolution),
            ..Default::default()
        };
        self.room
            .local_participant()
            .publish_track(LocalTrack::Video(track), options)
            .await
            .expect("video is published")
    }

    pub(crate) async fn publish_audio(&self, source: &NativeAudioSource) -> LocalTrackPublication {
        let track = LocalAudioTrack::create_audio_track("microphone", RtcAudioSource::Native(source.clone()));
        let options = TrackPublishOptions { source: TrackSource::Microphone, ..Default::default() };
        self.room
            .local_participant()
            .publish_track(LocalTrack::Audio(track), options)
            .await
            .expect("audio is published")
    }

    pub(crate) async fn subscribed(&mut self, kind: TrackKind) -> (RemoteTrack, RemoteTrackPublication) {
        self.event("a track is subscribed", |event| match event {
            RoomEvent::TrackSubscribed { track, publication, .. } if track.kind() == kind => Some((track, publication)),
            _ => None,
        })
        .await
    }
}

/// 540p of changing grey, 15 frames a second, until aborted.
pub(crate) fn pattern() -> (NativeVideoSource, JoinHandle<()>) {
    let source = NativeVideoSource::new(VideoResolution { width: 960, height: 540 }, false);
    let feed = source.clone();
    let task = tokio::spawn(async move {
        let mut tick = tokio::time::interval(Duration::from_millis(66));
        for shade in (0..=255u8).cycle() {
            tick.tick().await;
            let mut buffer = I420Buffer::new_black(960, 540);
            for (index, row) in buffer.data_mut().0.chunks_mut(960).enumerate() {
                row.fill(shade.wrapping_add(index as u8));
            }
            let feed = feed.clone();
            let frame = VideoFrame::new(VideoRotation::VideoRotation0, buffer);
            let taken = tokio::task::spawn_blocking(move || feed.capture_frame(&frame)).await;
            assert!(taken.expect("capturing does not panic"));
        }
    });
    (source, task)
}

/// A loud sine, until aborted.
pub(crate) fn tone(hertz: f32) -> (NativeAudioSource, JoinHandle<()>) {
    let source = NativeAudioSource::new(AudioSourceOptions::default(), 48_000, 1, 100);
    let feed = source.clone();
    let task = tokio::spawn(async move {
        let mut sample = 0u32;
        loop {
            let mut frame = AudioFrame::new(48_000, 1, 480);
            for value in frame.data.to_mut() {
                *value = ((sample as f32 * hertz * std::f32::consts::TAU / 48_000.0).sin() * 12_000.0) as i16;
                sample += 1;
            }
            feed.capture_frame(&frame).await.expect("sound is taken");
        }
    });
    (source, task)
}

/// The strongest frequency of a sound by its zero crossings, Hz.
pub(crate) fn pitch(samples: &[i16], rate: u32) -> f32 {
    let crossings = samples.windows(2).filter(|pair| pair[0] < 0 && pair[1] >= 0).count();
    crossings as f32 * rate as f32 / samples.len() as f32
}
