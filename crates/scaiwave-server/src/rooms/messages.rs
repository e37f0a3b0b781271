use call_model::{EventId, ParticipantId, PowerLevel, RoomId};
use scaiwave_wire::{
    EVENT_MESSAGE, EVENT_REACTION, EVENT_REDACTION, ErrorCode, MAX_CONTENT_BYTES, MSGTYPE_MEDIA, Membership,
    MessageContent, ReactionContent, RedactRequest, RedactionContent, RoomEvent, RoomType, SendRequest, StreamEvent,
    Timestamp,
};
use serde_json::Value;

use super::{Change, forbidden, members::checked_reason, no_message, takes_news};
use crate::{
    App,
    error::{Answer, Failure},
    media::no_such_media,
    store::{NewEvent, Person},
};

/// A kind of message has no longer name.
const MAX_MSGTYPE: usize = 100;
/// The name of a language in `swp.code`.
const MAX_LANG: usize = 64;
/// An emoji, joined from several, or a `:name:`.
const MAX_EMOJI: usize = 64;
/// Different emojis at one message.
const MAX_EMOJIS: u32 = 20;

/// Content as it is kept. Known kinds must be whole; others are kept as they come.
fn checked(content: &MessageContent) -> Answer<Value> {
    let fail = |message: &str| Err(Failure::validation(message));
    let fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | ':');
    if content.msgtype.is_empty() || content.msgtype.len() > MAX_MSGTYPE || !content.msgtype.chars().all(fine) {
        return fail("content.msgtype: must not be empty: 1 to 100 letters, digits, '.', '_', '-' or ':'");
    }
    let string = |field: &str| match content.extra.get(field) {
        None | Some(Value::Null) => Ok(""),
        Some(Value::String(text)) => Ok(text.as_str()),
        Some(_) => Err(Failure::validation(format!("content.{field}: must be a string"))),
    };
    match content.msgtype.as_str() {
        "swp.text" if content.body.trim().is_empty() => return fail("content.body: must not be empty"),
        "swp.code" if content.body.trim().is_empty() => return fail("content.body: must not be empty"),
        "swp.code" if string("lang")?.len() > MAX_LANG => return fail("content.lang: at most 64 characters"),
        MSGTYPE_MEDIA if content.media_id.as_ref().is_none_or(|id| id.as_str().is_empty()) => {
            return fail("content.media_id: upload the file first and name it here");
        }
        _ => {}
    }
    let kept = serde_json::to_value(content).map_err(Failure::internal)?;
    if kept.to_string().len() > MAX_CONTENT_BYTES {
        return Err(Failure::new(ErrorCode::ContentTooLarge, "content: at most 64 KB as JSON"));
    }
    Ok(kept)
}

/// A message as the stream tells it, at a position of its own or of its edit.
fn told(event: &RoomEvent, content: MessageContent, stream_position: u64) -> StreamEvent {
    StreamEvent::RoomMessage {
        sender_id: event.sender_id.clone(),
        content,
        stream_position,
        origin_ts: event.origin_ts,
        edited_at: event.edited_at,
    }
}

impl Change<'_> {
    /// What a message refers to must be in the room.
    async fn refers_well(&mut self, content: &MessageContent) -> Answer<()> {
        let (tx, room) = (&mut self.tx, &self.room.id);
        if let Some(answered) = &content.reply_to_event_id
            && tx.entry_for_update(room, answered).await?.is_none()
        {
            return Err(Failure::validation("content.reply_to_event_id: there is no such event in this room"));
        }
        if content.mentions.is_empty() {
            return Ok(());
        }
        let members = tx.member_ids(room).await?;
        match content.mentions.iter().position(|mentioned| !members.contains(mentioned)) {
            Some(at) => Err(Failure::validation(format!("content.mentions[{at}]: is not a member of this room"))),
            None => Ok(()),
        }
    }

    /// The files a message carries are seen by the room from now on; its sender must see them.
    async fn share_media(&mut self, content: &MessageContent, event: &EventId) -> Answer<()> {
        for media in content.media() {
            if !self.tx.share_media(self.by, media, event).await? {
                return Err(no_such_media());
            }
        }
        Ok(())
    }

    /// In whose name somebody writes.
    async fn sender(&mut self, named: Option<ParticipantId>) -> Answer<ParticipantId> {
        let Some(named) = named.filter(|named| *named != self.by.id) else { return Ok(self.by.id.clone()) };
        if self.room.room_type == RoomType::Dm {
            let message = "In a direct room everybody speaks for themselves: leave as_participant_id out.";
            return Err(Failure::new(ErrorCode::RoomTypeInvariant, message));
        }
        self.needs(PowerLevel::OWNER)?;
        let member = self.tx.member_for_update(&self.room.id, &named).await?;
        if member.is_none_or(|member| member.membership != Membership::Join) {
            return Err(Failure::validation("as_participant_id: is not a member of this room"));
        }
        tracing::info!(room = %self.room.id, by = %self.by.id, for_whom = %named, "message in another's name");
        Ok(named)
    }

    /// A message of the room that has not been wiped.
    async fn message(&mut self, id: &EventId) -> Answer<RoomEvent> {
        let entry = self.tx.entry_for_update(&self.room.id, id).await?;
        let message = entry.filter(|entry| entry.event_type == EVENT_MESSAGE && entry.redacted_at.is_none());
        message.ok_or_else(no_message)
    }
}

/// Writes into a room; the same UUID twice is one message.
pub(crate) async fn send(app: &App, by: &Person, id: &RoomId, request: SendRequest) -> Answer<RoomEvent> {
    let content = checked(&request.content)?;
    let mut change = Change::by_member(app, by, id).await?;
    takes_news(&change.room)?;
    let sender = change.sender(request.as_participant_id).await?;
    change.refers_well(&request.content).await?;
    let new =
        NewEvent { room: id, sender: &sender, event_type: EVENT_MESSAGE, content, event_uuid: request.event_uuid };
    let stored = change.tx.add_event(new).await?;
    if stored.fresh {
        let event = &stored.event;
        change.share_media(&request.content, &event.id).await?;
        let message = told(event, request.content, event.stream_position);
        change.tell(event.id.clone(), event.stream_position, message);
        change.commit().await?;
    }
    Ok(stored.event)
}

/// Gives an own message other words, within a day.
pub(crate) async fn edit(
    app: &App,
    by: &Person,
    id: &RoomId,
    event: &EventId,
    content: MessageContent,
) -> Answer<RoomEvent> {
    let kept = checked(&content)?;
    let mut change = Change::by_member(app, by, id).await?;
    takes_news(&change.room)?;
    let before = change.message(event).await?;
    if before.sender_id != by.id {
        return Err(forbidden("Only who wrote a message edits it."));
    }
    let age = before.created_at.map_or(0, |at| Timestamp::now().as_millisecond() - at.as_millisecond());
    if u128::from(age.unsigned_abs()) > app.settings.edit_window.as_millis() {
        let message = "The message is too old to be edited; write a new one.";
        return Err(Failure::new(ErrorCode::EventTooOldToEdit, message));
    }
    change.refers_well(&content).await?;
    let mut edited = before;
    if edited.content != kept {
        change.share_media(&content, event).await?;
        edited = change.tx.edit_message(event, &kept).await?;
        let position = change.keep_news(EVENT_MESSAGE, &Value::Null, event).await?.stream_position;
        change.tell(event.clone(), position, told(&edited, content, position));
    }
    let edited = change.tx.with_reactions_in(edited).await?;
    change.commit().await?;
    Ok(edited)
}

/// Wipes a message; once more does nothing.
pub(crate) async fn redact(
    app: &App,
    by: &Person,
    id: &RoomId,
    event: &EventId,
    request: RedactRequest,
) -> Answer<RoomEvent> {
    let reason = checked_reason(request.reason)?;
    let mut change = Change::by_member(app, by, id).await?;
    takes_news(&change.room)?;
    let entry = change.tx.entry_for_update(id, event).await?;
    let before = entry.filter(|entry| entry.event_type == EVENT_MESSAGE).ok_or_else(no_message)?;
    if before.sender_id != by.id && change.room.power < PowerLevel::MODERATOR {
        let message = "Only who wrote a message, or a member with power level 50, redacts it.";
        return Err(Failure::new(ErrorCode::RedactForbidden, message));
    }
    if before.redacted_at.is_some() {
        return Ok(before);
    }
    let wiped = change.tx.wipe_message(event).await?;
    let content = RedactionContent { event_id: event.clone(), redacted_by: by.id.clone(), reason };
    let news = change.keep_news(EVENT_REDACTION, &content, event).await?;
    let RedactionContent { event_id, redacted_by, reason } = content;
    let stream_position = Some(news.stream_position);
    let told = StreamEvent::RoomRedaction { event_id, redacted_by, reason, stream_position };
    change.tell(news.id, news.stream_position, told);
    change.commit().await?;
    Ok(wiped)
}

/// Puts an emoji to a message, or takes one's own away; once more does nothing.
pub(crate) async fn react(
    app: &App,
    by: &Person,
    id: &RoomId,
    event: &EventId,
    emoji: String,
    removed: bool,
) -> Answer<RoomEvent> {
    let unfit = |c: char| c.is_control() || c.is_whitespace();
    if emoji.is_empty() || emoji.len() > MAX_EMOJI || emoji.chars().any(unfit) {
        return Err(Failure::validation("emoji: an emoji or :name:, 1 to 64 bytes without spaces"));
    }
    let mut change = Change::by_member(app, by, id).await?;
    takes_news(&change.room)?;
    let message = change.message(event).await?;
    let tx = &mut change.tx;
    if tx.has_reaction(event, &by.id, &emoji).await? != removed {
        return Ok(tx.with_reactions_in(message).await?);
    }
    if !removed && tx.emojis_with(event, &emoji).await? > MAX_EMOJIS {
        return Err(Failure::validation(format!(
            "emoji: a message takes {MAX_EMOJIS} different ones; use one of them"
        )));
    }
    let content = ReactionContent { event_id: event.clone(), emoji: emoji.clone(), removed };
    let news = change.keep_news(EVENT_REACTION, &content, event).await?;
    let (position, tx) = (news.stream_position, &mut change.tx);
    if removed {
        tx.remove_reaction(event, &by.id, &emoji).await?;
    } else {
        tx.add_reaction(event, &by.id, &emoji, position).await?;
    }
    let message = tx.with_reactions_in(message).await?;
    let (event_id, sender_id, stream_position) = (event.clone(), by.id.clone(), Some(position));
    change.tell(news.id, position, StreamEvent::RoomReaction { event_id, sender_id, emoji, removed, stream_position });
    change.commit().await?;
    Ok(message)
}
