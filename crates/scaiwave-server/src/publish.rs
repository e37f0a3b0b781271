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
};

/// Hands events to the connected sockets, in order.
#[derive(Debug)]
pub struct Publisher {
    /// Who is connected here.
    pub hub: Arc<Hub>,
    fanout: Arc<dyn Fanout>,
    tenant_id: String,
    metrics: Arc<Metrics>,
    order: Mutex<()>,
}

/// The right to commit and publish.
#[derive(Debug)]
pub struct Turn<'a> {
    publisher: &'a Publisher,
    _guard: MutexGuard<'a, ()>,
}

impl Publisher {
    /// A publisher nobody is connected to yet.
    pub fn new(tenant_id: &str, metrics: Arc<Metrics>) -> Self {
        let hub = Arc::new(Hub::default());
        Self { fanout: hub.clone(), hub, tenant_id: tenant_id.to_owned(), metrics, order: Mutex::default() }
    }

    /// Makes a frame of something that passes (presence, typing): it has no id and no place in the stream.
    pub fn passing_frame(&self, room: Option<&RoomId>, event: StreamEvent) -> Utf8Bytes {
        encode(&StreamFrame {
            id: None,
            room_id: room.cloned(),
            tenant_id: self.tenant_id.clone(),
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
    pub fn frame(&self, id: Option<EventId>, room: &RoomId, event: StreamEvent) -> Utf8Bytes {
        let frame = StreamFrame {
            id: Some(id.unwrap_or_else(|| EventId::new(format!("evt-{}", Uuid::now_v7().simple())))),
            room_id: Some(room.clone()),
            tenant_id: self.publisher.tenant_id.clone(),
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
        id: Option<EventId>,
        room: &RoomId,
        event: StreamEvent,
    ) {
        let frame = self.frame(id, room, event);
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
