//! What the person asks for.

use call_media::protocol::{
    AudioInput, AudioOutput, Command, DeviceKind, MAX_VIEWS, VideoInput, VideoView, ViewSource,
};
use call_model::{
    RoomId,
    client::{Click, Input, Media, OwnCall},
};
use scaiwave_client::HistoryQuery;
use scaiwave_wire::{MAX_HISTORY_PAGE, MessageContent, SendRequest};

use crate::{
    actor::{Actor, Answer, Mail, SignedIn, What},
    convert::{now, refuse},
    engine::list_devices,
    milestone::MilestoneKind,
    rooms::History,
    view::{UserCommand, UserError},
};

/// The longest message that is sent, in bytes: the API takes 64 KB of JSON.
const MAX_BODY_BYTES: usize = 60 * 1024;
const LOUDEST: f32 = 2.0;

type Taken = Result<(), UserError>;

impl Actor {
    pub(crate) fn on_command(&mut self, command: UserCommand, answer: Answer) {
        let taken = match command {
            UserCommand::SignIn { server, username, password } => {
                return self.sign_in(server, username, password, answer);
            }
            command => self.take(command),
        };
        // who asked may have stopped waiting
        let _ = answer.send(taken);
    }

    fn take(&mut self, command: UserCommand) -> Taken {
        match command {
            UserCommand::SignIn { .. } => Ok(()),
            UserCommand::SignOut => {
                self.signed()?;
                self.sign_out(None);
                Ok(())
            }
            UserCommand::OpenRoom { room_id } => self.open_room(room_id),
            UserCommand::SendMessage { room_id, body } => self.send_message(room_id, body),
            UserCommand::StartCall { room_id, call_type } => {
                if self.signed()?.rooms.get(&room_id).is_none() {
                    return Err(no_room());
                }
                let was_in = self.signed()?.machine.in_call();
                self.click(Click::Start { room_id, call_type })?;
                if !was_in {
                    self.milestone(MilestoneKind::Answered { call_id: None });
                }
                Ok(())
            }
            UserCommand::Answer { call_id, with_video } => {
                self.click(Click::Answer { call_id: call_id.clone(), with_video })?;
                self.milestone(MilestoneKind::Answered { call_id: Some(call_id) });
                Ok(())
            }
            UserCommand::Reject { call_id } => self.click(Click::Reject { call_id }),
            UserCommand::Leave => self.click(Click::Leave),
            UserCommand::EndForEveryone => self.click(Click::EndForEveryone),
            UserCommand::DismissCall => self.click(Click::Dismiss),
            UserCommand::SetMicrophone { on } => self.click(Click::SetMicrophone { on }),
            UserCommand::SetCamera { on } => self.click(Click::SetCamera { on }),
            UserCommand::SetVolume { identity, gain } => self.set_volume(identity, gain),
            UserCommand::SelectDevice { kind, device } => {
                self.select_device(kind, device);
                Ok(())
            }
            UserCommand::RefreshDevices => {
                self.refresh_devices();
                Ok(())
            }
            UserCommand::SetProcessing { processing } => {
                self.media.processing = processing;
                self.tell_engine(Command::SetProcessing { processing });
                Ok(())
            }
            UserCommand::DismissNotice { id } => {
                self.notices.retain(|notice| notice.id != id);
                Ok(())
            }
            UserCommand::ShowVideo { tiles } => {
                if tiles.len() > MAX_VIEWS {
                    return Err(refuse("too_many_views", "That is more pictures than can be drawn at once."));
                }
                self.drawn = tiles;
                self.show_video();
                Ok(())
            }
        }
    }

    fn signed(&self) -> Result<&SignedIn, UserError> {
        self.signed.as_ref().ok_or_else(|| refuse("not_signed_in", "Sign in first."))
    }

    /// A click of the call's machine; what it refuses, is refused.
    fn click(&mut self, click: Click) -> Taken {
        self.signed()?;
        match self.step(Input::Click(click)) {
            Some(refusal) => Err(refuse(refusal.code(), &refusal.to_string())),
            None => Ok(()),
        }
    }

    fn open_room(&mut self, room_id: RoomId) -> Taken {
        self.signed()?;
        let Some(signed) = &mut self.signed else { return Ok(()) };
        let fetch = signed.rooms.open(&room_id).ok_or_else(no_room)?;
        self.mark_read_on(None);
        let Some(signed) = &self.signed else { return Ok(()) };
        if fetch {
            let client = signed.client.clone();
            self.spawn(async move {
                let query = HistoryQuery { limit: Some(MAX_HISTORY_PAGE), ..HistoryQuery::default() };
                let page = client.messages(&room_id, &query).await;
                What::History(room_id, page)
            });
        }
        Ok(())
    }

    pub(crate) fn on_history(
        &mut self,
        room_id: RoomId,
        result: Result<scaiwave_client::HistoryPage, scaiwave_client::ClientError>,
    ) {
        let Some(signed) = &mut self.signed else { return };
        let read = signed.rooms.last_read();
        let failed = result.as_ref().err().map(ToString::to_string);
        if let Some(room) = signed.rooms.get_mut(&room_id) {
            room.history = if failed.is_some() { History::Unasked } else { History::Here };
        }
        match (result, failed) {
            (Ok(page), _) => {
                signed.rooms.add_history(&room_id, page.events);
                self.mark_read_on(read);
            }
            (Err(_), message) => self.trouble(message.unwrap_or_default()),
        }
    }

    fn send_message(&mut self, room_id: RoomId, body: String) -> Taken {
        self.signed()?;
        let body = body.trim().to_owned();
        if body.is_empty() || body.len() > MAX_BODY_BYTES {
            return Err(refuse("bad_message", "A message has between 1 character and 60 KB of text."));
        }
        let Some(signed) = &mut self.signed else { return Ok(()) };
        let room = signed.rooms.get_mut(&room_id).ok_or_else(no_room)?;
        let Some(uuid) = room.begin_send(&body, now()) else {
            return Err(refuse("too_many_unsent", "Too many messages wait to be sent. Check the connection."));
        };
        let client = signed.client.clone();
        self.spawn(async move {
            let request =
                SendRequest { content: MessageContent::text(body), event_uuid: Some(uuid), as_participant_id: None };
            let sent = client.send(&room_id, &request).await.map(Box::new);
            What::Sent(room_id, uuid, sent)
        });
        Ok(())
    }

    fn set_volume(&mut self, identity: String, gain: f32) -> Taken {
        if !gain.is_finite() {
            return Err(refuse("bad_volume", "A volume lies between 0 and 2."));
        }
        let gain = gain.clamp(0.0, LOUDEST);
        self.volumes.insert(identity.clone(), gain);
        self.tell_engine(Command::SetVolume { identity, gain });
        Ok(())
    }

    /// Remembered for the next engine, told to the present one.
    fn select_device(&mut self, kind: DeviceKind, device: Option<String>) {
        match kind {
            DeviceKind::Microphone => self.media.microphone = AudioInput::Device { id: device.clone() },
            DeviceKind::Speaker => self.media.speaker = AudioOutput::Device { id: device.clone() },
            DeviceKind::Camera => self.media.camera = VideoInput::Device { id: device.clone() },
        }
        self.tell_engine(Command::SelectDevice { kind, device });
    }

    fn refresh_devices(&mut self) {
        if self.engine.is_some() {
            return self.tell_engine(Command::ListDevices);
        }
        let (launch, mail) = (self.config.engine.clone(), self.mail.clone());
        self.tasks.spawn(async move {
            let devices = list_devices(launch).await;
            let _ = mail.send(Mail::Devices(devices)).await;
        });
    }

    /// Which pictures are drawn, as the engine says it. Told again when an engine comes into the call.
    pub(crate) fn show_video(&self) {
        let connected = |signed: &SignedIn| match signed.machine.call().map(OwnCall::media) {
            Some(Media::Connected { .. } | Media::Reconnecting) => true,
            Some(Media::Apart { .. } | Media::Joining) | None => false,
        };
        if !self.signed.as_ref().is_some_and(connected) {
            return;
        }
        let views = self
            .drawn
            .iter()
            .map(|tile| VideoView {
                view: tile.view,
                source: match tile.video.as_str() {
                    "local" => ViewSource::LocalCamera,
                    sid => ViewSource::Track { sid: sid.to_owned() },
                },
                width: tile.width,
                height: tile.height,
            })
            .collect();
        self.tell_engine(Command::ShowVideo { views });
    }

    pub(crate) fn tell_engine(&self, command: Command) {
        if let Some(engine) = &self.engine {
            engine.send(command);
        }
    }
}

fn no_room() -> UserError {
    refuse("no_such_room", "You are not in that room.")
}
