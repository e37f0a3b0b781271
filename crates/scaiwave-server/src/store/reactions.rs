//! Emojis at messages.

use std::collections::HashMap;

use call_model::{EventId, ParticipantId};
use scaiwave_wire::{Reaction, RoomEvent};
use sqlx::{Row, SqliteConnection};

use super::{Store, Write};

/// People named at one emoji; the rest is counted.
const MAX_NAMED: u32 = 100;

/// Adds to each event what people put to it.
async fn add_reactions(db: &mut SqliteConnection, events: &mut [RoomEvent]) -> Result<(), sqlx::Error> {
    let ids = serde_json::Value::from_iter(events.iter().map(|event| event.id.as_str()));
    let rows = sqlx::query(
        "SELECT * FROM (
             SELECT event_id, emoji, sender_id, stream_position,
                    count(*) OVER (PARTITION BY event_id, emoji) AS total,
                    row_number() OVER (PARTITION BY event_id, emoji ORDER BY stream_position) AS nth
             FROM reactions WHERE event_id IN (SELECT value FROM json_each(?))
         ) WHERE nth <= ? ORDER BY stream_position",
    )
    .bind(ids.to_string())
    .bind(MAX_NAMED)
    .fetch_all(db)
    .await?;
    let mut by_event: HashMap<EventId, &mut Vec<Reaction>> =
        events.iter_mut().map(|event| (event.id.clone(), &mut event.reactions)).collect();
    for row in rows {
        let Some(reactions) = by_event.get_mut(&EventId::from(row.get::<String, _>("event_id"))) else { continue };
        let (emoji, sender) = (row.get::<String, _>("emoji"), ParticipantId::from(row.get::<String, _>("sender_id")));
        match reactions.iter_mut().find(|known| known.emoji == emoji) {
            Some(known) => known.sender_ids.push(sender),
            None => {
                let count = row.get::<i64, _>("total").unsigned_abs();
                reactions.push(Reaction { emoji, count, sender_ids: vec![sender] });
            }
        }
    }
    Ok(())
}

impl Store {
    /// Adds to each event what people put to it.
    pub async fn with_reactions(&self, mut events: Vec<RoomEvent>) -> Result<Vec<RoomEvent>, sqlx::Error> {
        add_reactions(&mut *self.read.acquire().await?, &mut events).await?;
        Ok(events)
    }

    /// Adds to one event what people put to it, as a change leaves it.
    pub async fn with_reactions_in(&self, tx: &mut Write, mut event: RoomEvent) -> Result<RoomEvent, sqlx::Error> {
        add_reactions(tx, std::slice::from_mut(&mut event)).await?;
        Ok(event)
    }

    /// Whether somebody put an emoji to an event.
    pub async fn has_reaction(
        &self,
        tx: &mut Write,
        event: &EventId,
        sender: &ParticipantId,
        emoji: &str,
    ) -> Result<bool, sqlx::Error> {
        let row =
            sqlx::query("SELECT EXISTS (SELECT 1 FROM reactions WHERE event_id = ? AND sender_id = ? AND emoji = ?)")
                .bind(event.as_str())
                .bind(sender.as_str())
                .bind(emoji)
                .fetch_one(&mut **tx)
                .await?;
        Ok(row.get(0))
    }

    /// How many different emojis an event would have with this one.
    pub async fn emojis_with(&self, tx: &mut Write, event: &EventId, emoji: &str) -> Result<u32, sqlx::Error> {
        let row = sqlx::query("SELECT count(DISTINCT emoji) + 1 FROM reactions WHERE event_id = ? AND emoji <> ?")
            .bind(event.as_str())
            .bind(emoji)
            .fetch_one(&mut **tx)
            .await?;
        Ok(row.get(0))
    }

    /// Puts an emoji to an event.
    pub async fn add_reaction(
        &self,
        tx: &mut Write,
        event: &EventId,
        sender: &ParticipantId,
        emoji: &str,
        position: u64,
    ) -> Result<(), sqlx::Error> {
        sqlx::query("INSERT INTO reactions (event_id, sender_id, emoji, stream_position) VALUES (?, ?, ?, ?)")
            .bind(event.as_str())
            .bind(sender.as_str())
            .bind(emoji)
            .bind(position.cast_signed())
            .execute(&mut **tx)
            .await
            .map(drop)
    }

    /// Takes an emoji away.
    pub async fn remove_reaction(
        &self,
        tx: &mut Write,
        event: &EventId,
        sender: &ParticipantId,
        emoji: &str,
    ) -> Result<(), sqlx::Error> {
        sqlx::query("DELETE FROM reactions WHERE event_id = ? AND sender_id = ? AND emoji = ?")
            .bind(event.as_str())
            .bind(sender.as_str())
            .bind(emoji)
            .execute(&mut **tx)
            .await
            .map(drop)
    }
}
