//! What the host asks for. Everything it sends is checked here.

use std::collections::HashSet;

use super::{
    livekit::prelude::LocalTrackPublication,
    media::{Media, mark_in_use, with_device},
    news::{self, News},
    run::{Engine, Joining},
    sdk,
    session::{Plan, camera_source, connect, microphone_source, publish},
    stdio::fault,
};
use crate::{
    frames::MAX_SIDE,
    protocol::{
        AudioInput, Command, Connection, DeviceKind, DisconnectReason, EngineError, EngineErrorCode, Event, MAX_VIEWS,
        MediaSetup, Reply, Secret, Stats, VideoInput, VideoView,
    },
};

const LONGEST_URL: usize = 2_048;
const LONGEST_TOKEN: usize = 64 * 1024;
const LONGEST_NAME: usize = 1_024;

type Outcome = Result<Reply, EngineError>;

impl Engine {
    pub(super) async fn on_command(&mut self, id: u64, command: Command) {
        let outcome = match command {
            Command::Join { url, token, microphone, camera } => {
                match self.join(id, url, token, microphone, camera).await {
                    // answered when it is done
                    Ok(()) => return,
                    Err(error) => Err(error),
                }
            }
            Command::ListDevices => return self.list_devices(id),
            Command::Prepare { media } => self.prepare(media),
            Command::Leave => {
                self.leave(DisconnectReason::Left).await;
                Ok(Reply::Done)
            }
            Command::SetMicrophone { on } => self.switch_microphone(on).await,
            Command::SetCamera { on } => self.switch_camera(on).await,
            Command::SetVolume { identity, gain } => self.set_volume(&identity, gain),
            Command::SetProcessing { processing } => {
                self.change_setup(MediaSetup { processing, ..self.setup.clone() });
                Ok(Reply::Done)
            }
            Command::SelectDevice { kind, device } => self.select_device(kind, device),
            Command::ShowVideo { views } => self.show_video(views),
            Command::Stats => Ok(Reply::Stats { stats: self.stats() }),
            Command::Shutdown => {
                self.leave(DisconnectReason::Left).await;
                self.ended = true;
                Ok(Reply::Done)
            }
        };
        self.out.reply(id, outcome).await;
    }

    fn prepare(&mut self, media: MediaSetup) -> Outcome {
        self.sdk.clone()?;
        self.change_setup(media);
        self.open_media();
        Ok(Reply::Done)
    }

    fn open_media(&mut self) -> &Media {
        self.media.get_or_insert_with(|| Media::open(&self.setup, self.hub.clone(), &self.news))
    }

    fn change_setup(&mut self, setup: MediaSetup) {
        let before = std::mem::replace(&mut self.setup, setup);
        if let Some(media) = &self.media {
            media.change(&before, &self.setup);
        }
    }

    async fn join(
        &mut self,
        id: u64,
        url: String,
        token: Secret,
        microphone: bool,
        camera: bool,
    ) -> Result<(), EngineError> {
        self.sdk.clone()?;
        if self.call.is_some() || self.joining.is_some() {
            return Err(bad("already in a call: leave it first"));
        }
        if !(url.starts_with("ws://") || url.starts_with("wss://")) || url.len() > LONGEST_URL {
            return Err(bad("the media server's address must be ws:// or wss://"));
        }
        if token.0.is_empty() || token.0.len() > LONGEST_TOKEN {
            return Err(bad("that is no token"));
        }
        self.open_media();
        let news = self.news.clone();
        let task = tokio::spawn(async move {
            let result = connect(url, token.0).await;
            news::tell(&news, News::Joined(Box::new(result)));
        });
        self.joining = Some(Joining { id, microphone, camera, task });
        self.out.event(Event::Connection { state: Connection::Connecting }).await;
        Ok(())
    }

    fn list_devices(&self, id: u64) {
        let (list, known, out) = (self.devices.list(), self.devices.known(), self.out.clone());
        let in_use: HashSet<String> = mark_in_use(known, self.media.as_ref())
            .into_iter()
            .filter(|device| device.in_use)
            .map(|device| device.id)
            .collect();
        tokio::spawn(async move {
            let outcome = match list.await {
                Ok(mut devices) => {
                    devices.iter_mut().for_each(|device| device.in_use = in_use.contains(&device.id));
                    Ok(Reply::Devices { devices })
                }
                Err(_) => Err(fault(EngineErrorCode::Internal, "devices cannot be listed: restart the call")),
            };
            out.reply(id, outcome).await;
        });
    }

    async fn switch_microphone(&mut self, on: bool) -> Outcome {
        let (Some(call), Some(media)) = (&self.call, &self.media) else {
            return self.while_joining(|joining| joining.microphone = on);
        };
        if on && (media.input.is_missing() || self.setup.microphone == AudioInput::None) {
            return Err(fault(EngineErrorCode::Device, "there is no microphone: connect one, or choose another"));
        }
        if self.joining.is_some() {
            return self.while_joining(|joining| joining.microphone = on);
        }
        if call.microphone.is_none() && on {
            let source = microphone_source();
            media.input.publish(Some(source.clone()));
            self.publish_late(Plan { microphone: Some((source, true)), camera: None }).await?;
        }
        self.set_microphone(on);
        Ok(Reply::Done)
    }

    async fn switch_camera(&mut self, on: bool) -> Outcome {
        let (Some(call), Some(media)) = (&self.call, &self.media) else {
            return self.while_joining(|joining| joining.camera = on);
        };
        if on && self.setup.camera == VideoInput::None {
            return Err(fault(EngineErrorCode::Device, "there is no camera: connect one, or choose another"));
        }
        if self.joining.is_some() {
            return self.while_joining(|joining| joining.camera = on);
        }
        if let (None, true, Some(size)) = (&call.camera, on, media.capture.size()) {
            let source = camera_source(size);
            media.capture.publish(Some(source.clone()));
            self.publish_late(Plan { microphone: None, camera: Some((source, true)) }).await?;
        }
        self.set_camera(on);
        Ok(Reply::Done)
    }

    /// Before the tracks are published there is nothing to mute: it is remembered until they are.
    fn while_joining(&mut self, switch: impl FnOnce(&mut Joining)) -> Outcome {
        let joining = self.joining.as_mut().ok_or_else(|| fault(EngineErrorCode::NotInCall, "not in a call"))?;
        switch(joining);
        Ok(Reply::Done)
    }

    /// A track of a kind that was not there at join.
    async fn publish_late(&mut self, plan: Plan) -> Result<(), EngineError> {
        let Some(call) = &mut self.call else { return Ok(()) };
        let published = publish(call.room.local_participant(), plan).await;
        let error = published.error.clone();
        call.published(published);
        error.map_or(Ok(()), Err)
    }

    pub(super) fn set_microphone(&self, on: bool) {
        let (Some(call), Some(media)) = (&self.call, &self.media) else { return };
        let on = on && !media.input.is_missing();
        media.input.set_on(on);
        set_muted(call.microphone.as_ref(), !on);
    }

    pub(super) fn set_camera(&self, on: bool) {
        let (Some(call), Some(media)) = (&self.call, &self.media) else { return };
        media.capture.set_on(on);
        set_muted(call.camera.as_ref(), !on);
    }

    fn set_volume(&self, identity: &str, gain: f32) -> Outcome {
        if !(0.0..=2.0).contains(&gain) || identity.len() > LONGEST_NAME {
            return Err(bad("a volume is from 0.0 to 2.0"));
        }
        let media = self.media.as_ref().ok_or_else(|| fault(EngineErrorCode::NotInCall, "not in a call"))?;
        media.output.set_volume(identity, gain);
        Ok(Reply::Done)
    }

    fn select_device(&mut self, kind: DeviceKind, device: Option<String>) -> Outcome {
        if let Some(id) = &device
            && !self.devices.known().iter().any(|known| known.kind == kind && known.id == *id)
        {
            return Err(fault(EngineErrorCode::Device, "that device is not there any more: choose another"));
        }
        self.change_setup(with_device(&self.setup, kind, device));
        Ok(Reply::Done)
    }

    fn show_video(&mut self, views: Vec<VideoView>) -> Outcome {
        let mut seen = HashSet::new();
        if views.len() > MAX_VIEWS || !views.iter().all(|view| seen.insert(view.view)) {
            return Err(bad(format!("at most {MAX_VIEWS} views, each with a number of its own")));
        }
        let sound = |side: u32| (2..=MAX_SIDE).contains(&side);
        if !views.iter().all(|view| sound(view.width) && sound(view.height)) {
            return Err(bad(format!("a view's sides are from 2 to {MAX_SIDE}")));
        }
        let call = self.call.as_mut().ok_or_else(|| fault(EngineErrorCode::NotInCall, "not in a call"))?;
        self.hub.show(views.clone());
        call.show(views);
        Ok(Reply::Done)
    }

    fn stats(&self) -> Stats {
        let idle = || Stats { sdk_handles: sdk::live_handles(), ..Stats::default() };
        let (Some(call), Some(media)) = (&self.call, &self.media) else { return idle() };
        Stats {
            views: self.hub.stats(),
            audio_drops: media.drops.snapshot(),
            ..call.stats(&media.input, &media.capture)
        }
    }
}

fn set_muted(publication: Option<&LocalTrackPublication>, muted: bool) {
    match publication {
        Some(publication) if muted && !publication.is_muted() => publication.mute(),
        Some(publication) if !muted && publication.is_muted() => publication.unmute(),
        _ => (),
    }
}

fn bad(message: impl Into<String>) -> EngineError {
    fault(EngineErrorCode::BadRequest, message)
}
