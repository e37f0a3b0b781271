use call_model::{EventId, RoomId};
use scaiwave_wire::{ErrorCode, Membership, NotificationMode, ReadMarker, StreamEvent, Timestamp};

use super::Change;
use crate::{
    App,
    error::{Answer, Failure},
    publish::Place,
    store::Person,
};

/// Sets what the caller wants to be notified of.
pub(crate) async fn set_notification_mode(
    app: &App,
    person: &Person,
    id: &RoomId,
    mode: NotificationMode,
) -> Answer<()> {
    let mut change = Change::by_member(app, person, id).await?;
    change.tx.set_notification_mode(id, &person.id, mode).await?;
    change.commit_own().await
}

/// Mutes the room for the caller, or no longer.
pub(crate) async fn set_muted_until(app: &App, person: &Person, id: &RoomId, until: Option<Timestamp>) -> Answer<()> {
    if until.is_some_and(|until| until <= Timestamp::now()) {
        return Err(Failure::validation("muted_until: a time to come, or null to hear again"));
    }
    let mut change = Change::by_member(app, person, id).await?;
    change.tx.set_muted_until(id, &person.id, until).await?;
    change.commit_own().await
}

impl Change<'_> {
    /// Commits what the caller set for themselves; their own devices look again.
    async fn commit_own(self) -> Answer<()> {
        self.tx.commit().await?;
        let event = StreamEvent::RoomMember {
            participant_id: self.by.id.clone(),
            membership: Membership::Join,
            changed_by: self.by.id.clone(),
            power_level: Some(self.room.power),
            reason: None,
            stream_position: None,
        };
        self.turn.to_all([&self.by.id], Place::of(self.by, &self.room.id), None, event);
        Ok(())
    }
}

/// Moves the caller's read marker to an entry of the timeline, never backwards.
pub(crate) async fn mark_read(app: &App, person: &Person, id: &RoomId, event: &EventId) -> Answer<ReadMarker> {
    let mut change = Change::by_member(app, person, id).await?;
    let entry = change.tx.entry_for_update(id, event).await?;
    let entry = entry.ok_or_else(|| Failure::new(ErrorCode::EventNotFound, "There is no such event in this room."))?;
    let moved = change.tx.set_read_marker(id, &person.id, event, entry.stream_position).await?;
    change.tx.commit().await?;
    let state = app.store.read_state(id, &person.id).await?;
    // Before the first marker, what was there at joining counts as read: a marker older than that changes nothing.
    let event_id = state.event.unwrap_or_else(|| event.clone());
    if moved {
        let event = StreamEvent::RoomReadMarker { event_id: event_id.clone(), unread_count: state.unread };
        change.turn.to_all([&person.id], Place::of(person, id), None, event);
    }
    Ok(ReadMarker { event_id, unread_count: state.unread })
}
