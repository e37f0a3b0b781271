//! What people do to rooms. Every function here is one [`Change`]: rights are read and rows written in one transaction, so that two
//! changes at once come one after the other, and its news go out after the commit.

mod create;
mod members;
mod messages;
mod own;
mod settings;

use call_model::{EventId, ParticipantId, PowerLevel, RoomId};
use scaiwave_wire::{EVENT_MEMBER, ErrorCode, MemberContent, Membership, RoomEvent, RoomPhase, RoomType, StreamEvent};
use serde::Serialize;

pub(crate) use create::{create, direct};
pub(crate) use members::{ban, invite, join, kick, leave, rejoin, set_power, unban};
pub(crate) use messages::{edit, react, redact, send};
pub(crate) use own::{mark_read, set_muted_until, set_notification_mode};
pub(crate) use settings::{archive, close, rename, set_topic};

use crate::{
    App,
    error::{Answer, Failure},
    publish::{Place, Turn},
    store::{self, NewEvent, Person, RoomRow},
};

/// To whoever may not know whether a room exists.
pub(crate) fn no_room() -> Failure {
    Failure::new(ErrorCode::RoomNotFound, "There is no such room for you.")
}

fn no_message() -> Failure {
    Failure::new(ErrorCode::EventNotFound, "There is no such message in this room.")
}

fn forbidden(message: &str) -> Failure {
    Failure::new(ErrorCode::RoomForbidden, message)
}

/// Refuses to write into a room that is archived or closed.
pub(crate) fn takes_news(room: &RoomRow) -> Answer<()> {
    let frozen = |message| Err(Failure::new(ErrorCode::RoomFrozen, message));
    match room.phase {
        RoomPhase::Open => Ok(()),
        RoomPhase::Archived => frozen("The room is archived; an owner opens it again with rejoin."),
        RoomPhase::Closed => frozen("The room is closed for good."),
    }
}

/// A change under way. Dropped before its commit, it never happened.
struct Change<'a> {
    app: &'a App,
    turn: Turn<'a>,
    tx: Box<dyn store::Change>,
    by: &'a Person,
    /// As it was before the change, seen by who makes it.
    room: RoomRow,
    /// Who hears of it though not, or no longer, a member.
    also: Vec<ParticipantId>,
    news: Vec<(EventId, StreamEvent)>,
    position: u64,
}

impl<'a> Change<'a> {
    /// Of a room that who makes it may not even know.
    async fn of_any(app: &'a App, by: &'a Person, id: &RoomId) -> Answer<Self> {
        let turn = app.publisher.turn().await;
        let tx = app.store.begin().await?;
        Self::continuing(app, by, turn, tx, id).await
    }

    async fn continuing(
        app: &'a App,
        by: &'a Person,
        turn: Turn<'a>,
        mut tx: Box<dyn store::Change>,
        id: &RoomId,
    ) -> Answer<Self> {
        let room = tx.room_for_update(by, id).await?.ok_or_else(no_room)?;
        Ok(Self { app, turn, tx, by, room, also: Vec::new(), news: Vec::new(), position: 0 })
    }

    /// By a member.
    async fn by_member(app: &'a App, by: &'a Person, id: &RoomId) -> Answer<Self> {
        let change = Self::of_any(app, by, id).await?;
        if change.room.membership == Some(Membership::Join) { Ok(change) } else { Err(no_room()) }
    }

    /// A direct room is its two people and nothing else.
    fn not_direct(&self) -> Answer<()> {
        if self.room.room_type != RoomType::Dm {
            return Ok(());
        }
        let message = "A direct room always has its two people and no name: this cannot be done to it.";
        Err(Failure::new(ErrorCode::RoomTypeInvariant, message))
    }

    fn needs(&self, power: PowerLevel) -> Answer<()> {
        if self.room.power >= power {
            return Ok(());
        }
        Err(forbidden(&format!("This needs power level {} in the room; you have {}.", power.0, self.room.power.0)))
    }

    /// Keeps an event of the one who makes the change.
    async fn keep(&mut self, event_type: &str, content: &impl Serialize) -> Answer<RoomEvent> {
        let content = serde_json::to_value(content).map_err(Failure::internal)?;
        let new = NewEvent { room: &self.room.id, sender: &self.by.id, event_type, content, event_uuid: None };
        Ok(self.tx.add_event(new).await?.event)
    }

    /// Keeps the news of a change to a message.
    async fn keep_news(&mut self, event_type: &str, content: &impl Serialize, target: &EventId) -> Answer<RoomEvent> {
        let content = serde_json::to_value(content).map_err(Failure::internal)?;
        let new = NewEvent { room: &self.room.id, sender: &self.by.id, event_type, content, event_uuid: None };
        Ok(self.tx.add_news(new, target).await?)
    }

    /// To be told once committed.
    fn tell(&mut self, id: EventId, position: u64, event: StreamEvent) {
        self.news.push((id, event));
        self.position = position;
    }

    /// Keeps and tells that somebody's membership or rights are other ones now.
    async fn member_event(&mut self, content: MemberContent) -> Answer<u64> {
        let entry = self.keep(EVENT_MEMBER, &content).await?;
        let MemberContent { participant_id, membership, changed_by, power_level, reason } = content;
        let stream_position = Some(entry.stream_position);
        let event =
            StreamEvent::RoomMember { participant_id, membership, changed_by, power_level, reason, stream_position };
        self.tell(entry.id, entry.stream_position, event);
        Ok(entry.stream_position)
    }

    /// Commits, then tells everybody who is in the room by then.
    async fn commit(mut self) -> Answer<()> {
        let mut to = self.tx.member_ids(&self.room.id).await?;
        to.extend(self.also);
        self.tx.commit().await?;
        let place = Place::of(self.by, &self.room.id);
        for (id, event) in self.news {
            self.turn.to_all(&to, place, Some(id), event);
        }
        self.turn.advance(self.position);
        Ok(())
    }
}
