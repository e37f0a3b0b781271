//! Rooms: connecting, leaving, and what they are made of.

use std::{collections::HashMap, fmt, sync::Arc, time::Duration};

use parking_lot::Mutex;
use tokio::{sync::mpsc, task::JoinHandle};

use crate::{
    client::{call, request},
    error::{EngineError, RoomError, RoomResult},
    handle::{Reap, reap},
    proto, router,
    webrtc::{peer_connection_factory::RtcConfiguration, stats::RtcStats, stats_wire},
};

mod connect;
pub(crate) mod disconnect_reason;
mod dispatcher;
mod event;
pub mod id;
pub mod options;
pub mod participant;
pub mod publication;
mod session;
pub mod track;
pub(crate) mod track_core;

pub use disconnect_reason::DisconnectReason;
pub use event::RoomEvent;
use id::{ParticipantIdentity, RoomSid};
use participant::{LocalParticipant, RemoteParticipant};
pub use participant::{ParticipantKind, ParticipantState};
use session::Session;

/// How long a left room may take to say its last event.
const LAST_EVENT: Duration = Duration::from_secs(5);

/// Of our own connection to the SFU.
#[derive(Debug, Clone, Copy, Eq, PartialEq)]
pub enum ConnectionState {
    /// Out.
    Disconnected,
    /// In.
    Connected,
    /// Lost, and tried again.
    Reconnecting,
}

/// How data travels.
#[derive(Debug, Clone, Copy, Eq, PartialEq)]
pub enum DataPacketKind {
    /// At most once.
    Lossy,
    /// In order, sent again when lost.
    Reliable,
}

/// Bytes for the others.
#[derive(Debug, Clone, Default)]
pub struct DataPacket {
    /// At most 15 KiB.
    pub payload: Vec<u8>,
    /// What they are about.
    pub topic: Option<String>,
    /// Sent again when lost.
    pub reliable: bool,
    /// For whom; empty for all.
    pub destination_identities: Vec<ParticipantIdentity>,
}

/// How a room is joined. Start from the default and set what differs.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RoomOptions {
    /// Receives every track from the start.
    pub auto_subscribe: bool,
    /// Tells the SFU that sizes will be told; telling them is up to the caller.
    pub adaptive_stream: bool,
    /// Encodes only the sizes somebody receives.
    pub dynacast: bool,
    /// How connections are made.
    pub rtc_config: RtcConfiguration,
    /// How often connecting is tried again.
    pub join_retries: u32,
    /// One connection for both directions.
    pub single_peer_connection: bool,
    /// For each try to reach the SFU.
    pub connect_timeout: Duration,
}

impl Default for RoomOptions {
    fn default() -> Self {
        Self {
            auto_subscribe: true,
            adaptive_stream: false,
            dynacast: false,
            rtc_config: RtcConfiguration::default(),
            join_retries: 3,
            single_peer_connection: true,
            connect_timeout: Duration::from_secs(5),
        }
    }
}

/// What can be rehearsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SimulateScenario {
    /// The signalling connection breaks: it is resumed.
    SignalReconnect,
    /// Somebody speaks.
    Speaker,
    /// The SFU's node dies.
    NodeFailure,
    /// The SFU takes us out.
    ServerLeave,
    /// The SFU moves us.
    Migration,
    /// Media over TCP.
    ForceTcp,
    /// Media over TLS.
    ForceTls,
    /// All is connected anew.
    FullReconnect,
    /// Resuming fails, all is connected anew.
    DisconnectSignalOnResume,
}

/// Counters of all connections.
#[derive(Debug, Clone)]
pub struct SessionStats {
    /// What we send.
    pub publisher_stats: Vec<RtcStats>,
    /// What we receive.
    pub subscriber_stats: Vec<RtcStats>,
}

/// A joined room. Dropping it leaves without waiting; [`close`](Self::close) waits.
pub struct Room {
    session: Arc<Session>,
    pump: Mutex<Option<JoinHandle<()>>>,
}

impl fmt::Debug for Room {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Room")
            .field("sid", &self.maybe_sid())
            .field("name", &self.name())
            .field("connection_state", &self.connection_state())
            .finish()
    }
}

impl Room {
    /// Joins. Must run inside a tokio runtime, which then carries the room's events. `url` is `ws://` or `wss://`.
    pub async fn connect(
        url: &str,
        token: &str,
        options: RoomOptions,
    ) -> RoomResult<(Self, mpsc::UnboundedReceiver<RoomEvent>)> {
        let session = Arc::new(connect::join(url, token, &options).await?);
        let listener = session.dispatcher.listen();
        session.dispatcher.dispatch(session.connected());
        let room_handle = session.handle.id();
        let events = router::register_room(room_handle);
        let pump = tokio::spawn(pump(Arc::clone(&session), events));
        let room = Self { session, pump: Mutex::new(Some(pump)) };
        // Only now the library tells what happens; without this within 15 s it closes the room.
        request!(ReadyForRoomEvent, proto::ReadyForRoomEventRequest { room_handle })?;
        Ok((room, listener))
    }

    /// Leaves, and returns when the last event is out.
    pub async fn close(&self) -> RoomResult<()> {
        let pump = self.pump.lock().take().ok_or(RoomError::AlreadyClosed)?;
        let room_handle = self.session.handle.id();
        let request = |request_async_id| proto::DisconnectRequest { room_handle, request_async_id, reason: None };
        let left: Result<proto::DisconnectCallback, _> = call!(Disconnect, request);
        let abort = pump.abort_handle();
        if tokio::time::timeout(LAST_EVENT, pump).await.is_err() {
            tracing::warn!("a left room did not say its last event");
            abort.abort();
            router::forget_room(room_handle);
            self.session.clear();
        }
        left.map(drop).map_err(Into::into)
    }

    /// Another listener for the events from now on.
    pub fn subscribe(&self) -> mpsc::UnboundedReceiver<RoomEvent> {
        self.session.dispatcher.listen()
    }

    /// Ourselves.
    pub fn local_participant(&self) -> LocalParticipant {
        self.session.local.clone()
    }

    /// Everybody else.
    pub fn remote_participants(&self) -> HashMap<ParticipantIdentity, RemoteParticipant> {
        self.session.remotes.read().clone()
    }

    /// Of our own connection.
    pub fn connection_state(&self) -> ConnectionState {
        *self.session.state.read()
    }

    /// From the token.
    pub fn name(&self) -> String {
        self.session.info.read().name.clone()
    }

    /// Free text.
    pub fn metadata(&self) -> String {
        self.session.info.read().metadata.clone()
    }

    /// Of the room's session, once known.
    pub fn maybe_sid(&self) -> Option<RoomSid> {
        self.session.info.read().sid.clone().map(RoomSid::from_library)
    }

    /// Counters of all connections.
    pub async fn get_stats(&self) -> Result<SessionStats, EngineError> {
        let room_handle = self.session.handle.id();
        let request = |request_async_id| proto::GetSessionStatsRequest { room_handle, request_async_id };
        let answer: proto::GetSessionStatsCallback = call!(GetSessionStats, request)?;
        match answer.message {
            Some(proto::get_session_stats_callback::Message::Result(stats)) => Ok(SessionStats {
                publisher_stats: stats_wire::convert(stats.publisher_stats),
                subscriber_stats: stats_wire::convert(stats.subscriber_stats),
            }),
            Some(proto::get_session_stats_callback::Message::Error(error)) => Err(EngineError::from_text(&error)),
            None => Err(EngineError::Internal("statistics had no result".into())),
        }
    }

    /// Rehearses a trouble.
    pub async fn simulate_scenario(&self, scenario: SimulateScenario) -> Result<(), EngineError> {
        let room_handle = self.session.handle.id();
        let scenario = connect::scenario_to_wire(scenario) as i32;
        let request = |request_async_id| proto::SimulateScenarioRequest { room_handle, scenario, request_async_id };
        let answer: proto::SimulateScenarioCallback = call!(SimulateScenario, request)?;
        answer.error.map_or(Ok(()), |error| Err(EngineError::from_text(&error)))
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        // The pump keeps the session, and so its handle, until the last event.
        if self.pump.lock().take().is_some() && self.connection_state() != ConnectionState::Disconnected {
            reap(Reap::Room(self.session.handle.id(), Vec::new()));
        }
    }
}

/// Translates the library's events until its last one.
async fn pump(session: Arc<Session>, mut events: mpsc::UnboundedReceiver<proto::room_event::Message>) {
    let mut said_goodbye = false;
    while let Some(message) = events.recv().await {
        if let proto::room_event::Message::Eos(_) = message {
            break;
        }
        if let Some(event) = session.translate(message) {
            said_goodbye |= matches!(event, RoomEvent::Disconnected { .. });
            session.dispatcher.dispatch(event);
        }
    }
    if !said_goodbye {
        // Leaving races with the library's own events: the last ones can be missing.
        session.dispatcher.dispatch(RoomEvent::ConnectionStateChanged(ConnectionState::Disconnected));
        session.dispatcher.dispatch(RoomEvent::Disconnected { reason: DisconnectReason::ClientInitiated });
    }
    router::forget_room(session.handle.id());
    events.close();
    while let Ok(message) = events.try_recv() {
        router::release_room_event(message);
    }
    session.clear();
}
