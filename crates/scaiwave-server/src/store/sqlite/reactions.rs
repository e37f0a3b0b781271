use std::collections::HashMap;

use async_trait::async_trait;
use call_model::{EventId, ParticipantId};
use scaiwave_wire::{Reaction, RoomEvent};
use sqlx::{Row, SqliteConnection};

use super::{Sqlite, SqliteChange};
use crate::store::{ReactionChanges, Reactions, Stored, reactions::MAX_NAMED};

/// Adds to each event what people put to it.
async fn add_reactions(db: &mut SqliteConnection, events: &mut [RoomEvent]) -> Stored<()> {
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

#[async_trait]
impl Reactions for Sqlite {
    async fn with_reactions(&self, mut events: Vec<RoomEvent>) -> Stored<Vec<RoomEvent>> {
        add_reactions(&mut *self.read.acquire().await?, &mut events).await?;
        Ok(events)
    }
}

#[async_trait]
impl ReactionChanges for SqliteChange {
    async fn with_reactions_in(&mut self, mut event: RoomEvent) -> Stored<RoomEvent> {
        add_reactions(&mut self.0, std::slice::from_mut(&mut event)).await?;
        Ok(event)
    }

    async fn has_reaction(&mut self, event: &EventId, sender: &ParticipantId, emoji: &str) -> Stored<bool> {
        let row =
            sqlx::query("SELECT EXISTS (SELECT 1 FROM reactions WHERE event_id = ? AND sender_id = ? AND emoji = ?)")
                .bind(event.as_str())
                .bind(sender.as_str())
                .bind(emoji)
                .fetch_one(&mut *self.0)
                .await?;
        Ok(row.get(0))
    }

    async fn emojis_with(&mut self, event: &EventId, emoji: &str) -> Stored<u32> {
        let row = sqlx::query("SELECT count(DISTINCT emoji) + 1 FROM reactions WHERE event_id = ? AND emoji <> ?")
            .bind(event.as_str())
            .bind(emoji)
            .fetch_one(&mut *self.0)
            .await?;
        Ok(row.get(0))
    }

    async fn add_reaction(
        &mut self,
        event: &EventId,
        sender: &ParticipantId,
        emoji: &str,
        position: u64,
    ) -> Stored<()> {
        sqlx::query("INSERT INTO reactions (event_id, sender_id, emoji, stream_position) VALUES (?, ?, ?, ?)")
            .bind(event.as_str())
            .bind(sender.as_str())
            .bind(emoji)
            .bind(position.cast_signed())
            .execute(&mut *self.0)
            .await?;
        Ok(())
    }

    async fn remove_reaction(&mut self, event: &EventId, sender: &ParticipantId, emoji: &str) -> Stored<()> {
        sqlx::query("DELETE FROM reactions WHERE event_id = ? AND sender_id = ? AND emoji = ?")
            .bind(event.as_str())
            .bind(sender.as_str())
            .bind(emoji)
            .execute(&mut *self.0)
            .await?;
        Ok(())
    }
}
