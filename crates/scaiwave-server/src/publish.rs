//! From a commit to the sockets. Whoever changes what others see takes a [`Turn`] first and holds it over commit and publishing, so
//! that events leave in the order in which the changes were made.

use std::sync::Arc;

use axum::extract::ws::Utf8Bytes;
use call_model::{EventId, ParticipantId, RoomId};
use scaiwave_wire::{StreamEvent, StreamFrame, Timestamp};
use tokio::sync::{Mutex, MutexGuard};
use uuid::Uuid;

use crate::{
    hub::{Fanout, Hub},
    metrics::Metrics,
    store::Person,
};

/// Hands events to the connected sockets, in order.
#[derive(Debug)]
pub struct Publisher {
    /// Who is connected here.
    pub hub: Arc<Hub>,
    fanout: Arc<dyn Fanout>,
    metrics: Arc<Metrics>,
    order: Mutex<()>,
}

/// Where an event happens.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The tenant of the room, and so of everybody in it.
    pub tenant: &'a str,
    /// The room.
    pub room: &'a RoomId,
}

/// The right to commit and publish.
#[derive(Debug)]
pub struct Turn<'a> {
    publisher: &'a Publisher,
    _guard: MutexGuard<'a, ()>,
}

impl<'a> Place<'a> {
    /// A room that this person is in.
    pub fn of(person: &'a Person, room: &'a RoomId) -> Self {
        Self { tenant: &person.tenant_id, room }
    }
}

impl Publisher {
    /// A publisher nobody is connected to yet.
    pub fn new(metrics: Arc<Metrics>) -> Self {
        let hub = Arc::new(Hub::default());
        Self { fanout: hub.clone(), hub, metrics, order: Mutex::default() }
    }

    /// Makes a frame of something that passes (presence, typing): it has no id and no place in the stream.
    pub fn passing_frame(&self, tenant: &str, room: Option<&RoomId>, event: StreamEvent) -> Utf8Bytes {
        encode(&StreamFrame {
            id: None,
            room_id: room.cloned(),
            tenant_id: tenant.to_owned(),
            ts: Timestamp::now(),
            event,
        })
    }

    /// Sends what passes to several people; needs no turn, and is left out where a socket lags behind.
    pub fn offer<'p>(&self, to: impl IntoIterator<Item = &'p ParticipantId>, frame: &Utf8Bytes) {
        for person in to {
            self.fanout.offer(person, frame);
        }
    }

    /// Waits for its turn.
    pub async fn turn(&self) -> Turn<'_> {
        Turn { publisher: self, _guard: self.order.lock().await }
    }
}

impl Turn<'_> {
    /// Makes a frame of a room's event.
    pub fn frame(&self, place: Place<'_>, id: Option<EventId>, event: StreamEvent) -> Utf8Bytes {
        let frame = StreamFrame {
            id: Some(id.unwrap_or_else(|| EventId::new(format!("evt-{}", Uuid::now_v7().simple())))),
            room_id: Some(place.room.clone()),
            tenant_id: place.tenant.to_owned(),
            ts: Timestamp::now(),
            event,
        };
        encode(&frame)
    }

    /// Sends one frame to one person; says whether a socket took it.
    pub fn to(&self, to: &ParticipantId, frame: &Utf8Bytes) -> bool {
        self.publisher.fanout.send(to, frame)
    }

    /// Sends the same event to several people.
    pub fn to_all<'p>(
        &self,
        to: impl IntoIterator<Item = &'p ParticipantId>,
        place: Place<'_>,
        id: Option<EventId>,
        event: StreamEvent,
    ) {
        let frame = self.frame(place, id, event);
        for person in to {
            self.to(person, &frame);
        }
    }

    /// Counts what is told.
    pub fn metrics(&self) -> &Metrics {
        &self.publisher.metrics
    }

    /// Tells `sync` that the stream moved on.
    pub fn advance(&self, position: u64) {
        self.publisher.fanout.advance(position);
    }
}

/// A frame as text.
pub(crate) fn encode(frame: &StreamFrame) -> Utf8Bytes {
    match serde_json::to_string(frame) {
        Ok(text) => text.into(),
        Err(e) => unreachable!("frames are plain data: {e}"),
    }
}
