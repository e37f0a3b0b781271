//! The main loop.

use std::{future::pending, process::ExitCode, sync::Arc, time::Duration};

use tokio::{
    sync::mpsc,
    task::JoinHandle,
    time::{MissedTickBehavior, interval},
};
use tracing::{error, info, warn};

use super::{
    call::{Call, Surroundings},
    devices::Devices,
    frame_hub::FrameHub,
    frame_server,
    livekit::prelude::RoomEvent,
    media::{Media, mark_in_use},
    news::{self, News, NewsSender},
    roster, sdk,
    session::{Joined, Plan, Published, camera_source, microphone_source, publish},
    stdio::{self, Incoming, Writer, fault},
};
use crate::protocol::{
    AudioInput, Connection, Device, DisconnectReason, EngineError, EngineErrorCode, Event, FrameEndpoint, MediaSetup,
    Notice, Participant, Reply,
};

/// How often levels are told, and tracks looked after; who comes, goes or sends is told at once.
const TICK: Duration = Duration::from_millis(100);

/// Runs the engine until the host ends it.
pub fn run() -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            error!(%error, "no runtime");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(serve()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            error!(%error, "the engine cannot work");
            ExitCode::FAILURE
        }
    }
}

async fn serve() -> std::io::Result<()> {
    let (out, written) = Writer::start()?;
    let requests = stdio::read()?;
    let hub = Arc::new(FrameHub::default());
    let frames = frame_server::start(hub.clone()).await?;
    let (news, told) = mpsc::channel(news::QUEUE);
    let engine = Engine::start(out, news, hub, frames).await;
    engine.main_loop(requests, told).await;
    // everything is told and the call is left; what threads still hold must not keep the process
    let _ = tokio::task::spawn_blocking(|| written.wait()).await;
    Ok(())
}

/// A join under way.
pub(super) struct Joining {
    pub(super) id: u64,
    pub(super) microphone: bool,
    pub(super) camera: bool,
    pub(super) task: JoinHandle<()>,
}

/// All state of the process.
pub(super) struct Engine {
    pub(super) out: Writer,
    pub(super) news: NewsSender,
    pub(super) hub: Arc<FrameHub>,
    pub(super) devices: Devices,
    pub(super) setup: MediaSetup,
    pub(super) media: Option<Media>,
    pub(super) call: Option<Call>,
    pub(super) joining: Option<Joining>,
    events: Option<mpsc::UnboundedReceiver<RoomEvent>>,
    roster: Vec<Participant>,
    devices_told: Vec<Device>,
    no_microphone_told: bool,
    pub(super) sdk: Result<String, EngineError>,
    pub(super) ended: bool,
}

impl Engine {
    async fn start(out: Writer, news: NewsSender, hub: Arc<FrameHub>, frames: FrameEndpoint) -> Self {
        let sdk = sdk::load();
        if let Err(error) = &sdk {
            error!(%error, "no SDK");
        }
        let sdk_version = sdk.clone().unwrap_or_default();
        let version = env!("CARGO_PKG_VERSION").to_owned();
        info!(version, sdk_version, "ready");
        out.event(Event::Ready { version, sdk_version, frames }).await;
        Self {
            devices: Devices::start(news.clone()),
            out,
            news,
            hub,
            setup: MediaSetup::default(),
            media: None,
            call: None,
            joining: None,
            events: None,
            roster: Vec::new(),
            devices_told: Vec::new(),
            no_microphone_told: false,
            sdk,
            ended: false,
        }
    }

    async fn main_loop(mut self, mut requests: mpsc::Receiver<Incoming>, mut told: mpsc::Receiver<News>) {
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !self.ended {
            tokio::select! {
                incoming = requests.recv() => match incoming {
                    Some(Incoming::Request(id, command)) => self.on_command(id, command).await,
                    Some(Incoming::Malformed { id, message }) => self.on_malformed(id, message).await,
                    None => {
                        info!("the host is gone");
                        self.ended = true;
                    }
                },
                Some(news) = told.recv() => self.on_news(news).await,
                event = next(&mut self.events) => self.on_room_event(event).await,
                _ = tick.tick() => self.on_tick(),
            }
        }
        self.leave(DisconnectReason::Left).await;
    }

    async fn on_malformed(&self, id: Option<u64>, message: String) {
        warn!(?id, message, "a line of the host's was refused");
        if let Some(id) = id {
            self.out.reply(id, Err(fault(EngineErrorCode::BadRequest, message))).await;
        }
    }

    async fn on_news(&mut self, news: News) {
        match news {
            News::Joined(result) => match *result {
                Ok(joined) => self.joined(joined).await,
                Err(error) => self.join_failed(error).await,
            },
            News::Published(published) => self.published(*published).await,
            News::Notice(notice) => self.notice(notice).await,
            News::CameraFailed { message } => {
                if let Some(camera) = self.call.as_ref().and_then(|call| call.camera.as_ref()) {
                    camera.mute();
                }
                self.out.event(Event::Notice { notice: Notice::NoCamera { message } }).await;
            }
            News::FirstMedia { identity, kind } => self.out.event(Event::FirstMedia { identity, kind }).await,
            News::Devices(devices) => {
                if let Some(media) = &self.media {
                    media.devices_changed(&devices);
                }
                self.tell_devices(devices).await;
            }
            News::DeviceUse => self.tell_devices(self.devices.known()).await,
        }
    }

    async fn notice(&mut self, notice: Notice) {
        if let Notice::NoMicrophone { .. } = notice {
            // listening only: the others see it, and the person is told once
            if let Some(media) = &self.media {
                media.input.set_on(false);
            }
            if let Some(microphone) = self.call.as_ref().and_then(|call| call.microphone.as_ref()) {
                microphone.mute();
            }
            if std::mem::replace(&mut self.no_microphone_told, true) {
                return;
            }
        }
        self.out.event(Event::Notice { notice }).await;
    }

    async fn tell_devices(&mut self, devices: Vec<Device>) {
        let devices = mark_in_use(devices, self.media.as_ref());
        if devices != self.devices_told {
            self.devices_told.clone_from(&devices);
            self.out.event(Event::Devices { devices }).await;
        }
    }

    async fn joined(&mut self, joined: Joined) {
        let (Some(joining), Some(media)) = (&mut self.joining, &self.media) else {
            // left meanwhile
            return Call::new(joined).0.close().await;
        };
        let (call, events) = Call::new(joined);
        let has_microphone = self.setup.microphone != AudioInput::None;
        let microphone = has_microphone.then(|| (microphone_source(), joining.microphone && !media.input.is_missing()));
        let camera = media.capture.size().map(|size| (camera_source(size), joining.camera));
        media.input.publish(microphone.as_ref().map(|(source, _)| source.clone()));
        media.input.set_on(microphone.as_ref().is_some_and(|(_, on)| *on));
        media.capture.publish(camera.as_ref().map(|(source, _)| source.clone()));
        media.capture.set_on(joining.camera);
        let (participant, news) = (call.room.local_participant(), self.news.clone());
        joining.task = tokio::spawn(async move {
            let published = publish(participant, Plan { microphone, camera }).await;
            news::tell(&news, News::Published(Box::new(published)));
        });
        (self.call, self.events) = (Some(call), Some(events));
        self.out.event(Event::Connection { state: Connection::Connected }).await;
        self.tell_roster();
    }

    async fn published(&mut self, published: Published) {
        let (Some(call), Some(joining)) = (&mut self.call, self.joining.take()) else { return };
        let result = published.error.clone().map_or(Ok(Reply::Done), Err);
        call.published(published);
        // what was switched while it was published
        self.set_microphone(joining.microphone);
        self.set_camera(joining.camera);
        self.out.reply(joining.id, result).await;
    }

    async fn join_failed(&mut self, error: EngineError) {
        let Some(joining) = self.joining.take() else { return };
        warn!(%error, "not joined");
        self.close_media().await;
        let state = Connection::Disconnected { reason: DisconnectReason::Lost };
        self.out.event(Event::Connection { state }).await;
        self.out.reply(joining.id, Err(error)).await;
    }

    async fn on_room_event(&mut self, event: Option<RoomEvent>) {
        let (Some(call), Some(media)) = (&mut self.call, &self.media) else { return };
        let Some(event) = event else {
            self.events = None;
            return self.leave(DisconnectReason::Lost).await;
        };
        let around = Surroundings { output: &media.output, hub: &self.hub, news: &self.news };
        let urgent = changes_the_roster(&event);
        match call.on_event(event, &around).await {
            Some(Connection::Disconnected { reason }) => self.leave(reason).await,
            Some(state) => self.out.event(Event::Connection { state }).await,
            None if urgent => self.tell_roster(),
            None => (),
        }
    }

    /// Out of the call, whoever wanted it; devices are closed, and nothing of the SDK is held any more.
    pub(super) async fn leave(&mut self, reason: DisconnectReason) {
        let mut joining = self.joining.take();
        if let Some(joining) = &mut joining {
            joining.task.abort();
            // until what it holds of the SDK is let go
            let _ = (&mut joining.task).await;
        }
        let was_in_call = joining.is_some() || self.call.is_some();
        self.events = None;
        let call = self.call.take();
        if let Some(media) = &self.media {
            media.input.publish(None);
            media.capture.publish(None);
        }
        if let Some(call) = call {
            call.close().await;
        }
        self.close_media().await;
        self.roster.clear();
        if let Some(joining) = joining {
            self.out.reply(joining.id, Err(fault(EngineErrorCode::NotInCall, "left before the call was joined"))).await;
        }
        if was_in_call {
            info!(?reason, "out of the call");
            self.out.event(Event::Connection { state: Connection::Disconnected { reason } }).await;
        }
    }

    async fn close_media(&mut self) {
        self.hub.clear();
        if let Some(media) = self.media.take() {
            // waits for its threads, one of which may wait for a device
            let _ = tokio::task::spawn_blocking(move || media.close()).await;
        }
    }

    fn on_tick(&mut self) {
        if let Some(call) = &mut self.call {
            call.apply();
        }
        self.tell_roster();
    }

    fn tell_roster(&mut self) {
        let (Some(call), Some(media)) = (&self.call, &self.media) else { return };
        let roster = roster::participants(call, &media.input, &media.capture);
        if roster != self.roster && self.out.try_event(Event::Participants { participants: roster.clone() }) {
            self.roster = roster;
        }
    }
}

/// Somebody waits to see this; louder and quieter can wait for the next tick.
fn changes_the_roster(event: &RoomEvent) -> bool {
    matches!(
        event,
        RoomEvent::ParticipantConnected(_)
            | RoomEvent::ParticipantDisconnected(_)
            | RoomEvent::TrackPublished { .. }
            | RoomEvent::TrackUnpublished { .. }
            | RoomEvent::TrackSubscribed { .. }
            | RoomEvent::TrackUnsubscribed { .. }
            | RoomEvent::TrackMuted { .. }
            | RoomEvent::TrackUnmuted { .. }
    )
}

/// The next event of the room, never while there is none.
async fn next(events: &mut Option<mpsc::UnboundedReceiver<RoomEvent>>) -> Option<RoomEvent> {
    match events {
        Some(events) => events.recv().await,
        None => pending().await,
    }
}
