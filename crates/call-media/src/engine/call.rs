//! A call we are in: its room, its tracks, and what they are asked for.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{task::JoinHandle, time::timeout};
use tracing::{debug, warn};

use super::{
    audio::{input::Input, output::Output},
    frame_hub::FrameHub,
    livekit::{
        self,
        prelude::{
            ConnectionQuality, ConnectionState, LocalTrackPublication, RemoteParticipant, RemoteTrack,
            RemoteTrackPublication, Room, RoomEvent, TrackDimension, TrackSource,
        },
    },
    news::NewsSender,
    policy::{Demand, changes, demands},
    remote_audio, sdk,
    session::{Joined, Published},
    stats::{AudioCounters, VideoCounters, meter_stats},
    video::{capture::Capture, receive},
    watch::{Act, Watch},
};
use crate::protocol::{Connection, DisconnectReason, Quality, Stats, TrackStats, VideoView};

/// A track nobody draws yet flows so long before it is paused: its view is on its way.
const FRESH: Duration = Duration::from_secs(3);
/// A track that is shown and sends nothing for so long is asked for again.
const SILENT: Duration = Duration::from_secs(1);
/// Leaving takes no longer, whether the SFU answers or not.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// A subscribed track.
pub(crate) struct RemoteMedia {
    pub(crate) identity: String,
    pub(crate) counters: Counters,
    publication: RemoteTrackPublication,
    since: Instant,
    /// When it was last looked at while shown, and how many frames had come by then.
    seen: (Instant, u64),
    /// It was shown and nothing came between the last two looks.
    silent: bool,
    task: JoinHandle<()>,
}

/// By kind.
#[derive(Clone)]
pub(crate) enum Counters {
    Audio(Arc<AudioCounters>),
    Video(Arc<VideoCounters>),
}

impl RemoteMedia {
    fn is_fresh(&self) -> bool {
        self.since.elapsed() < FRESH
    }

    /// Asks the SFU again for a picture that is shown and does not come. The SDK sends each setting from a task of its own, so of two
    /// close together the older may arrive last and leave the track paused; this message says all of them at once.
    fn ask_again_if_silent(&mut self, size: TrackDimension) {
        let Counters::Video(counters) = &self.counters else { return };
        let ((looked, before), now) = (self.seen, counters.frames());
        if looked.elapsed() < SILENT {
            return;
        }
        self.seen = (Instant::now(), now);
        self.silent = now == before && !self.publication.is_muted();
        if self.silent {
            debug!(sid = %self.publication.sid(), "nothing comes: asked for again");
            self.publication.update_video_dimensions(size);
        }
    }

    /// Returns when nothing of the SDK is held any more.
    async fn end(self) {
        self.task.abort();
        let _ = self.task.await;
    }
}

/// What the room's events need beside the call.
pub(crate) struct Surroundings<'a> {
    pub(crate) output: &'a Output,
    pub(crate) hub: &'a Arc<FrameHub>,
    pub(crate) news: &'a NewsSender,
}

pub(crate) struct Call {
    pub(crate) room: Room,
    pub(crate) microphone: Option<LocalTrackPublication>,
    pub(crate) camera: Option<LocalTrackPublication>,
    pub(crate) remote: HashMap<String, RemoteMedia>,
    pub(crate) quality: HashMap<String, Quality>,
    started: Instant,
    connect_ms: u64,
    views: Vec<VideoView>,
    told: BTreeMap<String, Demand>,
    watch: Watch,
}

impl Call {
    /// The call, and its room's events.
    pub(crate) fn new(joined: Joined) -> (Self, tokio::sync::mpsc::UnboundedReceiver<RoomEvent>) {
        let Joined { room, events, started, connect_ms } = joined;
        let call = Self {
            room,
            microphone: None,
            camera: None,
            remote: HashMap::new(),
            quality: HashMap::new(),
            started,
            connect_ms,
            views: Vec::new(),
            told: BTreeMap::new(),
            watch: Watch::default(),
        };
        (call, events)
    }

    pub(crate) fn published(&mut self, published: Published) {
        self.microphone = published.microphone.or(self.microphone.take());
        self.camera = published.camera.or(self.camera.take());
    }

    /// The one place where the SDK's events are understood. Who is there and what is muted is read from the room when it is told.
    pub(crate) async fn on_event(&mut self, event: RoomEvent, around: &Surroundings<'_>) -> Option<Connection> {
        match event {
            RoomEvent::TrackSubscribed { track, publication, participant } => {
                self.subscribed(track, publication, &participant, around).await;
            }
            RoomEvent::TrackUnsubscribed { publication, .. } | RoomEvent::TrackUnpublished { publication, .. } => {
                self.unsubscribed(publication.sid().as_str()).await;
            }
            RoomEvent::TrackSubscriptionFailed { error, track_sid, .. } => {
                warn!(%error, %track_sid, "a track cannot be received");
            }
            RoomEvent::ParticipantDisconnected(participant) => {
                let identity = participant.identity();
                self.quality.remove(identity.as_str());
                let gone: Vec<String> = self.tracks_of(identity.as_str());
                for sid in gone {
                    self.unsubscribed(&sid).await;
                }
            }
            RoomEvent::ConnectionQualityChanged { quality, participant } => {
                self.quality.insert(participant.identity().as_str().to_owned(), quality_of(quality));
            }
            RoomEvent::LocalTrackRepublished { publication, .. } => self.republished(publication),
            RoomEvent::Reconnecting => return Some(Connection::Reconnecting),
            RoomEvent::Reconnected => {
                // the SFU may have forgotten what we asked for
                self.told.clear();
                self.apply();
                return Some(Connection::Connected);
            }
            RoomEvent::Disconnected { reason } => {
                return Some(Connection::Disconnected { reason: reason_of(reason) });
            }
            _ => (),
        }
        None
    }

    async fn subscribed(
        &mut self,
        track: RemoteTrack,
        publication: RemoteTrackPublication,
        participant: &RemoteParticipant,
        around: &Surroundings<'_>,
    ) {
        let (sid, identity) = (publication.sid().to_string(), participant.identity().as_str().to_owned());
        self.unsubscribed(&sid).await;
        debug!(sid, identity, "subscribed");
        let (counters, task) = match track {
            RemoteTrack::Audio(track) => {
                let (counters, input) = (Arc::new(AudioCounters::default()), around.output.add(&identity));
                let task = remote_audio::receive(track, identity.clone(), counters.clone(), input, around.news.clone());
                (Counters::Audio(counters), tokio::spawn(task))
            }
            RemoteTrack::Video(track) => {
                let counters = Arc::new(VideoCounters::default());
                let (hub, news) = (around.hub.clone(), around.news.clone());
                let task = receive::receive(track, identity.clone(), counters.clone(), hub, news);
                (Counters::Video(counters), tokio::spawn(task))
            }
        };
        let now = Instant::now();
        self.remote.insert(
            sid,
            RemoteMedia { identity, counters, publication, since: now, seen: (now, 0), silent: false, task },
        );
        self.apply();
    }

    async fn unsubscribed(&mut self, sid: &str) {
        self.told.remove(sid);
        if let Some(media) = self.remote.remove(sid) {
            media.end().await;
        }
    }

    fn tracks_of(&self, identity: &str) -> Vec<String> {
        self.remote.iter().filter(|(_, media)| media.identity == identity).map(|(sid, _)| sid.clone()).collect()
    }

    fn republished(&mut self, publication: LocalTrackPublication) {
        match publication.source() {
            TrackSource::Camera => self.camera = Some(publication),
            TrackSource::Microphone => self.microphone = Some(publication),
            _ => (),
        }
    }

    /// What is drawn now.
    pub(crate) fn show(&mut self, views: Vec<VideoView>) {
        self.views = views;
        self.apply();
    }

    /// Tells the SFU what changed, also by time alone: a track does not stay fresh.
    pub(crate) fn apply(&mut self) {
        let video = self.remote.iter().filter(|(_, media)| matches!(media.counters, Counters::Video(_)));
        let wanted = demands(&self.views, video.map(|(sid, media)| (sid.as_str(), media.is_fresh())));
        for (sid, demand) in changes(&self.told, &wanted) {
            let Some(media) = self.remote.get(&sid) else { continue };
            debug!(sid, ?demand, "video");
            match demand {
                Demand::Fresh => (),
                Demand::Paused => media.publication.set_enabled(false),
                Demand::Shown { width, height } => {
                    media.publication.set_enabled(true);
                    media.publication.update_video_dimensions(TrackDimension(width, height));
                }
            }
        }
        for (sid, demand) in &wanted {
            match (*demand, self.remote.get_mut(sid)) {
                (Demand::Shown { width, height }, Some(media)) => {
                    media.ask_again_if_silent(TrackDimension(width, height))
                }
                (Demand::Paused | Demand::Fresh, Some(media)) => media.silent = false,
                (_, None) => (),
            }
        }
        self.told = wanted;
        self.bring_back_missing();
    }

    /// Subscribes anew to what is not received at all, and to pictures that are shown and stand still though asked for again.
    fn bring_back_missing(&mut self) {
        if self.room.connection_state() != ConnectionState::Connected {
            // everything comes anew afterwards
            self.watch = Watch::default();
            return;
        }
        let participants = self.room.remote_participants();
        let missing: BTreeMap<String, RemoteTrackPublication> = participants
            .values()
            .flat_map(|participant| participant.track_publications())
            .map(|(sid, publication)| (sid.to_string(), publication))
            .filter(|(sid, _)| self.remote.get(sid).is_none_or(|media| media.silent))
            .collect();
        let sids: Vec<String> = missing.keys().cloned().collect();
        for (sid, act) in self.watch.look(Instant::now(), &sids) {
            warn!(sid, ?act, "a track does not come");
            missing[&sid].set_subscribed(act == Act::Ask);
        }
    }

    pub(crate) fn stats(&self, input: &Input, capture: &Capture) -> Stats {
        let identity = self.room.local_participant().identity().as_str().to_owned();
        let mut tracks = Vec::new();
        if let Some(microphone) = &self.microphone {
            let (shared, sid) = (&input.shared, microphone.sid().to_string());
            let frames = shared.frames.load(std::sync::atomic::Ordering::Relaxed);
            tracks.push(meter_stats(&shared.meter.lock(), identity.clone(), sid, frames));
        }
        if let Some(camera) = &self.camera {
            // how long our own picture took to come from our own camera is nobody's latency
            let stats = capture.counters.stats(identity, camera.sid().to_string(), self.started);
            tracks.push(TrackStats { latency_ms: None, first_ms: None, ..stats });
        }
        let mut remote: Vec<TrackStats> = self
            .remote
            .iter()
            .map(|(sid, media)| match &media.counters {
                Counters::Audio(counters) => counters.stats(media.identity.clone(), sid.clone(), self.started),
                Counters::Video(counters) => counters.stats(media.identity.clone(), sid.clone(), self.started),
            })
            .collect();
        remote.sort_by(|a, b| (&a.identity, &a.sid).cmp(&(&b.identity, &b.sid)));
        tracks.extend(remote);
        Stats { connect_ms: Some(self.connect_ms), tracks, sdk_handles: sdk::live_handles(), ..Stats::default() }
    }

    /// Leaves and lets go of everything.
    pub(crate) async fn close(mut self) {
        for (_, media) in self.remote.drain() {
            media.end().await;
        }
        match timeout(CLOSE_TIMEOUT, self.room.close()).await {
            Ok(Ok(())) => (),
            Ok(Err(error)) => debug!(%error, "already out of the call"),
            Err(_) => warn!("the SFU did not answer to our leaving"),
        }
    }
}

fn quality_of(quality: ConnectionQuality) -> Quality {
    match quality {
        ConnectionQuality::Excellent => Quality::Excellent,
        ConnectionQuality::Good => Quality::Good,
        ConnectionQuality::Poor => Quality::Poor,
        ConnectionQuality::Lost => Quality::Lost,
    }
}

fn reason_of(reason: livekit::DisconnectReason) -> DisconnectReason {
    match reason {
        livekit::DisconnectReason::ClientInitiated => DisconnectReason::Left,
        livekit::DisconnectReason::DuplicateIdentity => DisconnectReason::DuplicateIdentity,
        livekit::DisconnectReason::ParticipantRemoved => DisconnectReason::Removed,
        livekit::DisconnectReason::RoomDeleted | livekit::DisconnectReason::RoomClosed => DisconnectReason::RoomDeleted,
        _ => DisconnectReason::Lost,
    }
}
