use call_model::{PowerLevel, RoomId};
use scaiwave_wire::{
    EVENT_NAME, EVENT_PHASE, EVENT_TOPIC, NameContent, PhaseContent, RoomPhase, StreamEvent, TopicContent,
};

use super::{
    Change,
    create::{checked_name, checked_topic},
    takes_news,
};
use crate::{App, error::Answer, store::Person};

/// Gives a room another name.
pub(crate) async fn rename(app: &App, by: &Person, id: &RoomId, name: &str) -> Answer<()> {
    let name = checked_name(name)?;
    let mut change = Change::by_member(app, by, id).await?;
    change.not_direct()?;
    takes_news(&change.room)?;
    change.needs(PowerLevel::MODERATOR)?;
    if change.room.name == name {
        return Ok(());
    }
    change.tx.set_room_name(id, name).await?;
    let entry = change.keep(EVENT_NAME, &NameContent { name: name.to_owned() }).await?;
    let (changed_by, stream_position) = (Some(by.id.clone()), Some(entry.stream_position));
    let event = StreamEvent::RoomName { name: name.to_owned(), changed_by, stream_position };
    change.tell(entry.id, entry.stream_position, event);
    change.commit().await
}

/// Gives a room another topic, or none.
pub(crate) async fn set_topic(app: &App, by: &Person, id: &RoomId, topic: Option<&str>) -> Answer<()> {
    let topic = checked_topic(topic)?;
    let mut change = Change::by_member(app, by, id).await?;
    takes_news(&change.room)?;
    change.needs(PowerLevel::MODERATOR)?;
    if change.room.topic.as_deref() == topic {
        return Ok(());
    }
    change.tx.set_room_topic(id, topic).await?;
    let topic = topic.map(str::to_owned);
    let entry = change.keep(EVENT_TOPIC, &TopicContent { topic: topic.clone() }).await?;
    let (changed_by, stream_position) = (Some(by.id.clone()), Some(entry.stream_position));
    change.tell(entry.id, entry.stream_position, StreamEvent::RoomTopic { topic, changed_by, stream_position });
    change.commit().await
}

/// Freezes a room until it is opened again.
pub(crate) async fn archive(app: &App, by: &Person, id: &RoomId) -> Answer<()> {
    set_phase(Change::by_member(app, by, id).await?, RoomPhase::Archived).await
}

/// Freezes a room for good.
pub(crate) async fn close(app: &App, by: &Person, id: &RoomId) -> Answer<()> {
    set_phase(Change::by_member(app, by, id).await?, RoomPhase::Closed).await
}

/// By who made the room, or an owner. The same once more does nothing; from closed there is no way back.
pub(super) async fn set_phase(mut change: Change<'_>, phase: RoomPhase) -> Answer<()> {
    change.not_direct()?;
    if change.room.creator_id != change.by.id {
        change.needs(PowerLevel::OWNER)?;
    }
    if change.room.phase == phase {
        return Ok(());
    }
    if change.room.phase == RoomPhase::Closed {
        return takes_news(&change.room);
    }
    let (app, id) = (change.app, change.room.id.clone());
    change.tx.set_room_phase(&id, phase).await?;
    let entry = change.keep(EVENT_PHASE, &PhaseContent { state: phase }).await?;
    let (changed_by, stream_position) = (change.by.id.clone(), entry.stream_position);
    change.tell(entry.id, stream_position, StreamEvent::RoomPhase { state: phase, changed_by, stream_position });
    change.commit().await?;
    match phase {
        RoomPhase::Archived | RoomPhase::Closed => app.calls.room_closed(&id).await,
        RoomPhase::Open => Ok(()),
    }
}
