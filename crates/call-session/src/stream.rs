//! What the server says: the event stream, and the answers of requests.

use std::time::Duration;

use call_model::{
    EventId, ParticipantId, RoomId, UnixMillis,
    client::{Admission, Input, ServerNews, Ticket},
};
use futures_util::future::join_all;
use scaiwave_client::{Client, ClientError, HistoryQuery, StreamUpdate};
use scaiwave_wire::{RoomState, StreamEvent, StreamFrame};
use tokio::time::sleep;

use crate::{
    actor::{Actor, Mail, OwnRooms, What},
    convert::{self, Skew, call_info, now},
    rooms::{Rooms, timeline_event},
    view::Link,
};

/// Tries for what must come in after a reconnect; the next reconnect tries again anyhow.
const TRIES: u32 = 5;
const PAUSE: Duration = Duration::from_millis(500);
/// History fetched of a room that was never opened: enough for its line in the list.
const PREVIEW_EVENTS: u32 = 5;
/// Rooms with a live call that are looked into before their ring is shown; more get their names a moment later.
const MAX_CALLING: usize = 8;

impl Actor {
    pub(crate) fn on_stream(&mut self, update: Option<StreamUpdate>) {
        let Some(signed) = &mut self.signed else { return };
        match update {
            Some(StreamUpdate::Connecting) => signed.link = Link::Connecting,
            Some(StreamUpdate::Online { server_name }) => {
                tracing::info!(server_name, "event stream up");
                signed.link = Link::Online;
            }
            Some(StreamUpdate::CaughtUp) => self.refresh_rooms(),
            Some(StreamUpdate::Offline { retry_in, reason }) => {
                let retry_in = i64::try_from(retry_in.as_millis()).unwrap_or(i64::MAX);
                signed.link = Link::Offline { retry_at: UnixMillis(now().0.saturating_add(retry_in)), reason };
            }
            Some(StreamUpdate::Event(frame)) => self.on_frame(*frame),
            Some(StreamUpdate::Missed(events)) => {
                let read = signed.rooms.last_read();
                for event in events {
                    signed.rooms.add_live(event, &signed.me.participant_id);
                }
                self.mark_read_on(read);
            }
            Some(StreamUpdate::SignedOut { reason }) => self.sign_out(Some(reason)),
            None => self.sign_out(Some(ClientError::SignedOut.to_string())),
        }
    }

    fn on_frame(&mut self, frame: StreamFrame) {
        let Some(signed) = &mut self.signed else { return };
        let at = now();
        signed.skew = Skew::measure(frame.ts, at);
        let skew = signed.skew;
        let read = signed.rooms.last_read();
        if let Some(event) = timeline_event(frame.clone()) {
            signed.rooms.add_live(event, &signed.me.participant_id);
        }
        self.mark_read_on(read);
        match frame.event {
            StreamEvent::CallInvite { mut call, from, timeout_ms, quiet, .. } => {
                self.learn_caller(&call.room_id, &from);
                // "from now on" needs no clocks that agree
                let timeout = i64::try_from(timeout_ms).unwrap_or(i64::MAX);
                let expires_at = UnixMillis(at.0.saturating_add(timeout));
                call.quiet = quiet.or(call.quiet);
                self.server(ServerNews::Invite { call: call_info(call, skew), expires_at });
            }
            StreamEvent::CallState { call } => self.server(ServerNews::CallChanged { call: call_info(call, skew) }),
            StreamEvent::CallInviteUpdate { call_id, participant_id, state, ring, .. } => {
                self.server(ServerNews::InviteChanged { call_id, participant: participant_id, state, ring });
            }
            StreamEvent::CallEnded { call_id, end_reason, ended_by, .. } => {
                self.server(ServerNews::CallEnded { call_id, reason: end_reason, by: ended_by });
            }
            StreamEvent::RoomMember { .. } => {
                self.refresh_rooms();
                if let Some(room_id) = frame.room_id {
                    self.fetch_state(room_id);
                }
            }
            StreamEvent::RoomMessage { sender_id, .. } | StreamEvent::CallStarted { sender_id, .. } => {
                if let Some(room_id) = frame.room_id {
                    self.learn_caller(&room_id, &sender_id);
                }
            }
            StreamEvent::RoomName { .. } | StreamEvent::RoomPhase { .. } => self.refresh_rooms(),
            StreamEvent::RoomRedaction { event_id, .. } => {
                if let Some(room_id) = frame.room_id {
                    self.with_rooms(|rooms| rooms.redact(&room_id, &event_id));
                }
            }
            StreamEvent::RoomReadMarker { unread_count, .. } => {
                if let Some(room_id) = frame.room_id {
                    self.with_rooms(|rooms| rooms.read_elsewhere(&room_id, unread_count));
                }
            }
            StreamEvent::RoomTopic { .. }
            | StreamEvent::RoomReaction { .. }
            | StreamEvent::Hello { .. }
            | StreamEvent::Typing { .. }
            | StreamEvent::Presence { .. }
            | StreamEvent::Other => {}
        }
    }

    /// Tells the server what has been read since, so that it does not count as unread later, here or on another device.
    pub(crate) fn mark_read_on(&self, before: Option<(RoomId, EventId)>) {
        let Some(signed) = &self.signed else { return };
        let read = signed.rooms.last_read();
        if read == before {
            return;
        }
        if let Some((room_id, event_id)) = read {
            let client = signed.client.clone();
            self.spawn(async move {
                if let Err(error) = client.mark_read(&room_id, &event_id).await {
                    tracing::info!(%error, room = %room_id, "read marker not set");
                }
                What::Nothing
            });
        }
    }

    fn server(&mut self, news: ServerNews) {
        self.step(Input::Server(news));
    }

    /// Fetches the names of a room in which somebody unknown speaks.
    fn learn_caller(&self, room_id: &RoomId, who: &ParticipantId) {
        if self.signed.as_ref().is_some_and(|signed| !signed.rooms.knows(who)) {
            self.fetch_state(room_id.clone());
        }
    }

    fn fetch_state(&self, room_id: RoomId) {
        let Some(signed) = &self.signed else { return };
        let client = signed.client.clone();
        self.spawn(async move {
            match client.room_state(&room_id).await {
                Ok(state) => What::State(Box::new(state)),
                Err(error) => {
                    tracing::info!(%error, room = %room_id, "room not fetched");
                    What::Nothing
                }
            }
        });
    }

    /// Own rooms with their live calls: the truth after a time offline.
    fn refresh_rooms(&self) {
        let Some(signed) = &self.signed else { return };
        let client = signed.client.clone();
        self.spawn(async move {
            let mut tries = 1;
            loop {
                let asked_at = now();
                match own_rooms(&client).await {
                    Err(error) if convert::may_pass(&error) && tries < TRIES => sleep(PAUSE * tries).await,
                    result => return What::Rooms { asked_at, result },
                }
                tries += 1;
            }
        });
    }

    pub(crate) fn on_account_mail(&mut self, what: What) {
        match what {
            What::Vault(found) => self.on_vault(found),
            What::SignedIn(result) => self.on_signed_in(result),
            What::Kept(kept) => self.on_kept(kept),
            What::Rooms { asked_at, result: Ok(own) } => self.on_rooms(asked_at, own),
            What::Rooms { result: Err(error), .. } => self.trouble(format!("The rooms could not be fetched: {error}")),
            What::History(room_id, result) => self.on_history(room_id, result),
            What::Asked(attempt, result) => {
                let skew = self.signed.as_ref().map(|signed| signed.skew).unwrap_or_default();
                let result = match result {
                    Ok(grant) => Ok(Admission {
                        call: call_info(grant.call, skew),
                        ticket: Ticket { url: grant.livekit_url.to_string(), token: grant.livekit_token },
                    }),
                    Err(error) => Err(convert::refusal(&error)),
                };
                self.step(Input::Asked { attempt, result });
            }
            What::Call(call) => {
                let skew = self.signed.as_ref().map(|signed| signed.skew).unwrap_or_default();
                self.server(ServerNews::CallChanged { call: call_info(*call, skew) });
            }
            What::CallUnknown(call_id) => self.server(ServerNews::CallUnknown { call_id }),
            What::Trouble(message) => self.trouble(message),
            What::Nothing => {}
            What::State(state) => self.with_rooms(|rooms| rooms.set_state(*state)),
            What::LookedInto(state, newest) => {
                if let Some(signed) = &mut self.signed {
                    signed.rooms.set_looked_into(*state, newest, &signed.me.participant_id);
                }
            }
            What::Sent(room_id, uuid, result) => {
                let result = result.map_err(|error| error.to_string());
                self.with_rooms(|rooms| rooms.on_sent(&room_id, uuid, result.map(|event| *event)));
            }
        }
    }

    fn with_rooms(&mut self, change: impl FnOnce(&mut Rooms)) {
        if let Some(signed) = &mut self.signed {
            change(&mut signed.rooms);
        }
    }

    fn on_rooms(&mut self, asked_at: UnixMillis, OwnRooms { rooms, calling }: OwnRooms) {
        let Some(signed) = &mut self.signed else { return };
        let skew = signed.skew;
        let calls =
            rooms.iter().filter_map(|room| room.active_call.clone()).map(|call| call_info(call, skew)).collect();
        let mut fetch = signed.rooms.set_list(rooms);
        calling.into_iter().for_each(|state| signed.rooms.set_state(state));
        // who came and went while we were away
        fetch.extend(signed.rooms.open.clone().filter(|open| !fetch.contains(open)));
        self.look_into_rooms(fetch);
        self.server(ServerNews::LiveCalls { calls, asked_at });
    }

    /// Who is in each room, at once, then its newest messages; one room after the other.
    fn look_into_rooms(&self, rooms: Vec<RoomId>) {
        let Some(signed) = &self.signed else { return };
        let (client, mail, epoch) = (signed.client.clone(), self.mail.clone(), self.epoch);
        self.tasks.spawn(async move {
            for room_id in rooms {
                let looked = async {
                    let state = client.room_state(&room_id).await?;
                    let _ = mail.send(Mail::Account(epoch, What::State(Box::new(state.clone())))).await;
                    count_unread(&client, state).await
                };
                let what = looked.await.unwrap_or_else(|error| {
                    tracing::info!(%error, room = %room_id, "room not fetched");
                    What::Nothing
                });
                if mail.send(Mail::Account(epoch, what)).await.is_err() {
                    return;
                }
            }
        });
    }
}

async fn own_rooms(client: &Client) -> Result<OwnRooms, ClientError> {
    let rooms = client.rooms().await?;
    let calling = rooms.iter().filter(|room| room.active_call.is_some()).take(MAX_CALLING);
    let states = join_all(calling.map(|room| client.room_state(&room.id))).await;
    Ok(OwnRooms { rooms, calling: states.into_iter().flatten().collect() })
}

/// The newest messages, and how many are unread. The server counts those while messages come by the stream, so the count is good only
/// beside the newest message that it counts: it must be the same before and after that was fetched. In a room that never rests the last
/// look has to do.
async fn count_unread(client: &Client, mut before: RoomState) -> Result<What, ClientError> {
    let query = HistoryQuery { limit: Some(PREVIEW_EVENTS), ..HistoryQuery::default() };
    let mut tries = 1;
    loop {
        let newest = client.messages(&before.room.id, &query).await?.events;
        let after = client.room_state(&before.room.id).await?;
        let counted = |state: &RoomState| (state.unread_count, state.last_read_event_id.clone());
        if tries == TRIES || counted(&before) == counted(&after) {
            return Ok(What::LookedInto(Box::new(after), newest));
        }
        before = after;
        tries += 1;
    }
}
