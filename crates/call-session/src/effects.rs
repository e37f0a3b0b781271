//! Carries out what the call's machine asks for: requests to the server, orders to the engine, news for the person.

use std::time::Duration;

use call_media::protocol::{Command, Connection, Event, Notice, Secret};
use call_model::{
    CallId, RoomId,
    client::{Attempt, Click, Effect, EngineNews, EngineNo, Input, Notification},
};
use scaiwave_client::{Client, ClientError};
use scaiwave_wire::{Call, InitiateRequest, RejectReason};
use tokio::time::sleep;

use crate::{
    actor::{Actor, What},
    convert,
    engine::{CommandKind, EngineSlot, EngineWord},
    milestone::MilestoneKind,
    view::NoticeLevel,
};

/// Leave, reject and end are worth repeating when the network blinks; the server takes them any number of times.
const TRIES: u32 = 4;
const PAUSE: Duration = Duration::from_millis(500);

impl Actor {
    pub(crate) fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::ShowRing { call_id } => self.milestone(MilestoneKind::RingReceived { call_id }),
            Effect::StopRing { call_id, outcome } => {
                self.milestone(MilestoneKind::RingStopped { call_id, outcome: outcome.name().into() });
            }
            Effect::AskInitiate { attempt, room_id, call_type } => {
                let device_id = Some(self.config.device_id.clone());
                self.ask_in(attempt, room_id.clone(), move |client| async move {
                    client.initiate(&InitiateRequest { room_id, call_type, device_id }).await
                });
            }
            Effect::AskJoin { attempt, room_id, call_id } => {
                let device = self.config.device_id.clone();
                self.ask_in(attempt, room_id, move |client| async move { client.join(&call_id, &device).await });
            }
            Effect::AskLeave { room_id, call_id } => {
                let device = self.config.device_id.clone();
                self.tell(room_id, None, move |client| {
                    let (call_id, device) = (call_id.clone(), device.clone());
                    async move { client.leave(&call_id, &device).await }
                });
            }
            Effect::AskReject { room_id, call_id, busy } => {
                let device = self.config.device_id.clone();
                let reason = if busy { RejectReason::Busy } else { RejectReason::Declined };
                self.tell(room_id, None, move |client| {
                    let (call_id, device) = (call_id.clone(), device.clone());
                    async move { client.reject(&call_id, &device, reason).await }
                });
            }
            Effect::AskEnd { room_id, call_id } => {
                self.tell(room_id, Some("The call could not be ended"), move |client| {
                    let call_id = call_id.clone();
                    async move { client.end(&call_id).await }
                });
            }
            Effect::Heartbeat { call_id } => self.beat(call_id),
            Effect::FetchCall { call_id } => self.fetch_call(call_id),
            Effect::PrepareEngine { engine } => self.prepare_engine(engine),
            Effect::JoinMedia { ticket, microphone, camera, .. } => {
                self.tell_engine(Command::Join { url: ticket.url, token: Secret(ticket.token), microphone, camera });
            }
            Effect::SetMicrophone { on, .. } => self.tell_engine(Command::SetMicrophone { on }),
            Effect::SetCamera { on, .. } => self.tell_engine(Command::SetCamera { on }),
            Effect::StopEngine { .. } => self.stop_engine(),
            Effect::MediaConnected { call_id } => self.on_connected(call_id),
            Effect::MediaLost { call_id, engine_died } => {
                if engine_died {
                    self.milestone(MilestoneKind::EngineDied);
                }
                self.milestone(MilestoneKind::Reconnecting { call_id });
            }
            Effect::CallOver { call_id, outcome } => {
                tracing::info!(call = convert::call_name(call_id.as_ref()), outcome = outcome.name(), "call over");
                self.milestone(MilestoneKind::CallEnded { call_id, outcome: outcome.name().into() });
            }
            Effect::Notify(notification) => self.notify(notification),
            // answered to the one who clicked
            Effect::Refused(_) => {}
        }
    }

    /// Asks to be let into a call.
    fn ask_in<F>(&mut self, attempt: Attempt, room_id: RoomId, ask: impl FnOnce(Client) -> F + Send + 'static)
    where
        F: Future<Output = Result<scaiwave_wire::JoinGrant, ClientError>> + Send + 'static,
    {
        self.in_lane(room_id, move |client| async move { What::Asked(attempt, ask(client).await.map(Box::new)) });
    }

    /// Tells the server something it may hear twice; tries again while the trouble may pass.
    fn tell<F>(&mut self, room_id: RoomId, complaint: Option<&'static str>, tell: impl Fn(Client) -> F + Send + 'static)
    where
        F: Future<Output = Result<Call, ClientError>> + Send + 'static,
    {
        self.in_lane(room_id, move |client| async move {
            let mut tries = 1;
            let result = loop {
                match tell(client.clone()).await {
                    Err(error) if convert::may_pass(&error) && tries < TRIES => sleep(PAUSE * tries).await,
                    result => break result,
                }
                tries += 1;
            };
            match (result, complaint) {
                (Ok(call), _) => What::Call(Box::new(call)),
                (Err(error), Some(complaint)) => What::Trouble(format!("{complaint}: {error}")),
                (Err(error), None) => {
                    tracing::info!(%error, "the server was not told");
                    What::Nothing
                }
            }
        });
    }

    /// One request about a room at a time, in order: a leave must not overtake the join before it.
    fn in_lane<F>(&mut self, room_id: RoomId, work: impl FnOnce(Client) -> F + Send + 'static)
    where
        F: Future<Output = What> + Send + 'static,
    {
        let Some(signed) = &mut self.signed else { return };
        let (client, before) = (signed.client.clone(), signed.lanes.remove(&room_id));
        let task = self.spawn(async move {
            if let Some(before) = before {
                // however it went
                let _ = before.await;
            }
            work(client).await
        });
        if let Some(signed) = &mut self.signed {
            signed.lanes.retain(|_, task| !task.is_finished());
            signed.lanes.insert(room_id, task);
        }
    }

    fn beat(&self, call_id: CallId) {
        let Some(signed) = &self.signed else { return };
        let (client, device) = (signed.client.clone(), self.config.device_id.clone());
        self.spawn(async move {
            match client.heartbeat(&call_id, &device).await {
                Ok(()) => What::Nothing,
                Err(error) if convert::says_over(&error) => look_at(client, call_id).await,
                Err(error) => {
                    tracing::debug!(%error, "heartbeat not delivered");
                    What::Nothing
                }
            }
        });
    }

    fn fetch_call(&self, call_id: CallId) {
        let Some(signed) = &self.signed else { return };
        let client = signed.client.clone();
        self.spawn(look_at(client, call_id));
    }

    fn prepare_engine(&mut self, number: EngineNo) {
        match EngineSlot::launch(number, self.config.engine.clone(), &self.tasks, self.engine_mouth()) {
            Ok(slot) => {
                slot.send(Command::Prepare { media: self.media.clone() });
                self.engine = Some(slot);
            }
            Err(error) => {
                let news = EngineNews::Unavailable { message: error.to_string() };
                self.pending.push_back(Input::Engine { engine: number, news });
            }
        }
    }

    pub(crate) fn stop_engine(&mut self) {
        self.engine = None;
        self.outlets.frames.send_if_modified(|frames| frames.take().is_some());
    }

    fn on_connected(&mut self, call_id: CallId) {
        self.milestone(MilestoneKind::Connected { call_id });
        self.show_video();
        for (identity, gain) in &self.volumes {
            self.tell_engine(Command::SetVolume { identity: identity.clone(), gain: *gain });
        }
    }

    pub(crate) fn on_engine_word(&mut self, number: EngineNo, word: EngineWord) {
        if self.engine.as_ref().is_none_or(|slot| slot.number != number) {
            return;
        }
        match word {
            EngineWord::Event(event) => self.on_engine_event(number, event),
            EngineWord::Devices(devices) => self.devices = devices,
            EngineWord::Died => {
                tracing::warn!(engine = number.0, "the media engine's process ended");
                self.stop_engine();
                self.engine_news(number, EngineNews::Died);
            }
            EngineWord::Refused(CommandKind::Prepare, error) => {
                if convert::join_fault(&error) == call_model::client::JoinFault::Lasting {
                    self.stop_engine();
                    self.engine_news(number, EngineNews::Unavailable { message: error.message });
                }
            }
            EngineWord::Refused(CommandKind::Join, error) => {
                tracing::info!(code = ?error.code, %error, "the engine did not get into the call");
                let fault = convert::join_fault(&error);
                self.engine_news(number, EngineNews::JoinFailed { fault, message: error.message });
            }
            EngineWord::Refused(CommandKind::Other, error) => {
                tracing::info!(code = ?error.code, %error, "the engine refused a command");
            }
        }
    }

    fn engine_news(&mut self, engine: EngineNo, news: EngineNews) {
        self.step(Input::Engine { engine, news });
    }

    fn on_engine_event(&mut self, number: EngineNo, event: Event) {
        match event {
            Event::Ready { version, sdk_version, frames } => {
                tracing::info!(engine = number.0, version, sdk_version, "media engine up");
                self.outlets.frames.send_replace(Some(frames));
            }
            Event::Connection { state } => match state {
                Connection::Connecting => {}
                Connection::Connected => self.engine_news(number, EngineNews::Connected),
                Connection::Reconnecting => self.engine_news(number, EngineNews::Reconnecting),
                Connection::Disconnected { reason } => {
                    if let Some(slot) = &mut self.engine {
                        slot.participants.clear();
                    }
                    self.engine_news(number, EngineNews::Disconnected { reason: convert::media_end(reason) });
                }
            },
            Event::Participants { participants } => {
                if let Some(slot) = &mut self.engine {
                    slot.participants = participants;
                }
            }
            Event::FirstMedia { identity, kind } => self.milestone(MilestoneKind::FirstMedia { identity, kind }),
            Event::Devices { devices } => self.devices = devices,
            Event::Notice { notice } => self.on_device_notice(notice),
        }
    }

    /// Each is said once a session: a person without a microphone knows.
    fn on_device_notice(&mut self, notice: Notice) {
        let text = match notice {
            Notice::NoMicrophone { message } => {
                if let Some(slot) = &mut self.engine {
                    slot.listen_only = true;
                }
                message
            }
            Notice::NoSpeaker { message } => message,
            Notice::NoCamera { message } => {
                self.step(Input::Click(Click::SetCamera { on: false }));
                message
            }
            Notice::DeviceLost { name, .. } => {
                return self.notice(NoticeLevel::Warning, format!("{name} went away. The default is used now."), None);
            }
        };
        if self.said.insert(text.clone()) {
            self.notice(NoticeLevel::Warning, text, None);
        }
    }

    fn notify(&mut self, notification: Notification) {
        let Some(signed) = &self.signed else { return };
        let rooms = &signed.rooms;
        let (level, text, room_id) = match notification {
            Notification::MissedCall { room_id, from, quiet, .. } => {
                let caller = rooms.person(&from).display_name;
                let direct = rooms.get(&room_id).is_some_and(|room| room.is_direct);
                let place = if direct { String::new() } else { format!(" in {}", rooms.name(&room_id)) };
                // Warnings of a room pop up; what rang in silence is told in silence.
                let level = if quiet { NoticeLevel::Info } else { NoticeLevel::Warning };
                (level, format!("Missed call from {caller}{place}"), room_id)
            }
            Notification::AnsweredElsewhere { room_id } => {
                (NoticeLevel::Info, "Answered on another device".to_owned(), room_id)
            }
            Notification::DeclinedElsewhere { room_id } => {
                (NoticeLevel::Info, "Declined on another device".to_owned(), room_id)
            }
        };
        self.notice(level, text, Some(room_id));
    }
}

async fn look_at(client: Client, call_id: CallId) -> What {
    match client.call(&call_id).await {
        Ok(call) => What::Call(Box::new(call)),
        Err(error) if convert::says_over(&error) => What::CallUnknown(call_id),
        Err(error) => {
            tracing::info!(%error, "the call could not be looked at");
            What::Nothing
        }
    }
}
