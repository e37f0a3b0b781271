//! Who types where: told to the other members, and cleared by itself.

use std::{collections::HashMap, sync::Arc};

use call_model::{ParticipantId, RoomId, UnixMillis};
use parking_lot::Mutex;
use scaiwave_wire::{StreamEvent, TYPING_SECONDS};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::{agenda::Agenda, clock::Clock};
use crate::{error::Answer, publish::Publisher, store::Store};

const CLEARS_AFTER_MS: i64 = TYPING_SECONDS as i64 * 1000;
/// Who goes on typing is told again, since receivers clear it by themselves too, but not at every key.
const AGAIN_AFTER_MS: i64 = 1_000;

type Typist = (RoomId, ParticipantId);

/// Who types.
pub(crate) struct Typing {
    store: Store,
    publisher: Arc<Publisher>,
    clock: Clock,
    typists: Mutex<Typists>,
    rearm: Notify,
}

#[derive(Default)]
struct Typists {
    told_at: HashMap<Typist, UnixMillis>,
    clears: Agenda<Typist>,
}

impl Typists {
    /// Notes it; says whether others have to be told.
    fn set(&mut self, typist: &Typist, typing: bool, now: UnixMillis) -> bool {
        if !typing {
            self.told_at.remove(typist);
            return self.clears.set(typist, None).is_some();
        }
        self.clears.set(typist, Some(UnixMillis(now.0 + CLEARS_AFTER_MS)));
        let tell = self.told_at.get(typist).is_none_or(|told| told.0 + AGAIN_AFTER_MS <= now.0);
        if tell {
            self.told_at.insert(typist.clone(), now);
        }
        tell
    }

    /// Takes one off who has stopped without a word.
    fn clear(&mut self, now: UnixMillis) -> Option<Typist> {
        let typist = self.clears.pop(now)?;
        self.told_at.remove(&typist);
        Some(typist)
    }
}

impl Typing {
    /// Nobody types yet.
    pub(crate) fn new(store: Store, publisher: Arc<Publisher>, clock: Clock) -> Self {
        Self { store, publisher, clock, typists: Mutex::default(), rearm: Notify::new() }
    }

    /// A member types in a room, or stopped.
    pub(crate) async fn set(&self, room: &RoomId, who: &ParticipantId, typing: bool) -> Answer<()> {
        let typist = (room.clone(), who.clone());
        let tell = self.typists.lock().set(&typist, typing, self.clock.now());
        self.rearm.notify_one();
        if tell { self.tell(&typist, typing).await } else { Ok(()) }
    }

    async fn tell(&self, (room, who): &Typist, typing: bool) -> Answer<()> {
        let members = self.store.members(room).await?;
        let event = StreamEvent::Typing { participant_id: who.clone(), typing };
        let Some(typist) = members.iter().find(|member| member.person.id == *who) else { return Ok(()) };
        let frame = self.publisher.passing_frame(&typist.person.tenant_id, Some(room), event);
        self.publisher.offer(members.iter().map(|member| &member.person.id).filter(|id| *id != who), &frame);
        Ok(())
    }
}

/// Clears typing until told to stop.
pub(crate) async fn run(typing: Arc<Typing>, stop: CancellationToken) {
    loop {
        while let Some(typist) = { typing.typists.lock().clear(typing.clock.now()) } {
            if let Err(e) = typing.tell(&typist, false).await {
                tracing::error!(cause = ?e, "the end of typing could not be told; receivers clear it by themselves");
            }
        }
        let due = typing.typists.lock().clears.next();
        tokio::select! {
            () = stop.cancelled() => return,
            () = typing.rearm.notified() => {}
            () = typing.clock.sleep_until(due) => {}
        }
    }
}
