//! Takes signs of life and tells who shares a room. One task tells, so that changes leave in their order.

use std::{collections::HashMap, sync::Arc, time::Duration};

use call_model::{DeviceId, ParticipantId, UnixMillis};
use parking_lot::Mutex;
use scaiwave_wire::{ChosenPresence, PresenceStatus, StreamEvent};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{
    board::{Board, Change},
    clock::Clock,
};
use crate::{
    error::Answer,
    publish::Publisher,
    store::{Store, Stored},
};

/// Who shares a direct room with a message not older than this sees through `appear_offline`.
const CLOSE_MS: i64 = 24 * 3_600_000;
/// After an error, so that it does not spin.
const PAUSE: Duration = Duration::from_secs(1);

/// Who is there.
pub(crate) struct Presence {
    store: Store,
    publisher: Arc<Publisher>,
    clock: Clock,
    board: Mutex<Board>,
    rearm: Notify,
}

/// Somebody's open stream.
pub(crate) struct Here<'a> {
    presence: &'a Presence,
    who: ParticipantId,
    stream: Uuid,
}

impl Drop for Here<'_> {
    fn drop(&mut self) {
        self.presence.on_board(|board, now| board.close(&self.who, self.stream, now));
    }
}

impl Presence {
    /// Nobody is there yet; what people set by hand is remembered.
    pub(crate) async fn open(store: Store, publisher: Arc<Publisher>, clock: Clock) -> Stored<Self> {
        let mut board = Board::default();
        for (who, chosen) in store.chosen_presences().await? {
            board.choose(&who, Some(chosen), clock.now());
        }
        Ok(Self { store, publisher, clock, board: Mutex::new(board), rearm: Notify::new() })
    }

    fn on_board(&self, change: impl FnOnce(&mut Board, UnixMillis)) {
        change(&mut self.board.lock(), self.clock.now());
        self.rearm.notify_one();
    }

    /// A stream was opened; it counts until the answer is dropped.
    pub(crate) fn here(&self, who: &ParticipantId, stream: Uuid) -> Here<'_> {
        self.on_board(|board, now| board.open(who, stream, now));
        Here { presence: self, who: who.clone(), stream }
    }

    /// A device was heard of.
    pub(crate) fn beat(&self, who: &ParticipantId, device: DeviceId, active: bool) {
        self.on_board(|board, now| board.beat(who, device, active, now));
    }

    /// Sets a presence by hand; `None` resets it.
    pub(crate) async fn choose(&self, who: &ParticipantId, chosen: Option<ChosenPresence>) -> Answer<()> {
        self.store.set_chosen_presence(who, chosen).await?;
        self.on_board(|board, now| board.choose(who, chosen, now));
        Ok(())
    }

    /// What somebody set by hand; `Busy` wants no disturbance.
    #[allow(dead_code)] // who rings asks
    pub(crate) fn chosen(&self, who: &ParticipantId) -> Option<ChosenPresence> {
        self.board.lock().chosen(who)
    }

    /// As somebody sees their own.
    pub(crate) fn own(&self, who: &ParticipantId) -> PresenceStatus {
        self.board.lock().seen(who, self.clock.now()).own
    }

    /// The presence of several people in the viewer's eyes; who is unknown to the viewer's tenant is left out. AIs are always there.
    pub(crate) async fn of(
        &self,
        viewer: &ParticipantId,
        tenant: &str,
        ids: &[ParticipantId],
    ) -> Answer<HashMap<ParticipantId, PresenceStatus>> {
        let kinds = self.store.participant_types(tenant, ids).await?;
        let now = self.clock.now();
        let mut statuses = HashMap::new();
        for (id, kind) in kinds {
            let seen = self.board.lock().seen(&id, now);
            let status = if kind != "human" {
                PresenceStatus::Online
            } else if id == *viewer {
                seen.own
            } else if seen.close != seen.others && self.close(&id).await?.contains(viewer) {
                seen.close
            } else {
                seen.others
            };
            statuses.insert(id, status);
        }
        Ok(statuses)
    }

    async fn close(&self, who: &ParticipantId) -> Stored<Vec<ParticipantId>> {
        self.store.direct_partners(who, UnixMillis(self.clock.now().0 - CLOSE_MS)).await
    }

    async fn tell(&self, Change { who, before, after }: Change) -> Answer<()> {
        let Some(person) = self.store.person(&who).await? else { return Ok(()) };
        let frame = |status| {
            let event = StreamEvent::Presence { participant_id: who.clone(), status };
            self.publisher.passing_frame(&person.tenant_id, None, event)
        };
        if before.own != after.own {
            self.publisher.offer([&who], &frame(after.own));
        }
        let differ = before.close != before.others || after.close != after.others;
        let close = if differ { self.close(&who).await? } else { Vec::new() };
        if before.close != after.close {
            self.publisher.offer(&close, &frame(after.close));
        }
        if before.others != after.others {
            let others = self.store.acquaintances(&who).await?;
            self.publisher.offer(others.iter().filter(|id| !close.contains(id)), &frame(after.others));
        }
        Ok(())
    }
}

/// Tells of changes until told to stop.
pub(crate) async fn run(presence: Arc<Presence>, stop: CancellationToken) {
    loop {
        let changes = presence.board.lock().settle(presence.clock.now());
        for change in changes {
            if let Err(e) = presence.tell(change).await {
                tracing::error!(cause = ?e, "a presence could not be told");
                tokio::time::sleep(PAUSE).await;
            }
        }
        let due = presence.board.lock().due();
        tokio::select! {
            () = stop.cancelled() => return,
            () = presence.rearm.notified() => {}
            () = presence.clock.sleep_until(due) => {}
        }
    }
}
