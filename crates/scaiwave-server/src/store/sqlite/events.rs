use async_trait::async_trait;
use call_model::{EventId, ParticipantId, RoomId};
use scaiwave_wire::RoomEvent;
use serde_json::Value;
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};
use uuid::Uuid;

use super::{Sqlite, SqliteChange};
use crate::store::{EventChanges, Events, NewEvent, Stored, StoredEvent, from_json, now, timestamp};

fn event(row: &SqliteRow) -> Stored<RoomEvent> {
    let created: i64 = row.get("created_at");
    let at = |column| row.get::<Option<i64>, _>(column).map(timestamp).transpose();
    Ok(RoomEvent {
        id: row.get::<String, _>("event_id").into(),
        room_id: row.get::<String, _>("room_id").into(),
        sender_id: row.get::<String, _>("sender_id").into(),
        event_type: row.get("event_type"),
        content: from_json(row.get("content"))?,
        stream_position: row.get::<i64, _>("stream_position").unsigned_abs(),
        origin_ts: created.div_euclid(1000),
        created_at: Some(timestamp(created)?),
        edited_at: at("edited_at")?,
        redacted_at: at("redacted_at")?,
        reactions: Vec::new(),
    })
}

async fn insert(db: &mut SqliteConnection, new: NewEvent<'_>, target: Option<&EventId>) -> Stored<RoomEvent> {
    let id = EventId::new(format!("evt-{}", Uuid::now_v7().simple()));
    let row = sqlx::query(
        "INSERT INTO events (event_id, room_id, sender_id, event_type, content, event_uuid, created_at, target_id)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING *",
    )
    .bind(id.as_str())
    .bind(new.room.as_str())
    .bind(new.sender.as_str())
    .bind(new.event_type)
    .bind(new.content.to_string())
    .bind(new.event_uuid.map(|uuid| uuid.to_string()))
    .bind(now().0)
    .bind(target.map(EventId::as_str))
    .fetch_one(&mut *db)
    .await?;
    event(&row)
}

#[async_trait]
impl Events for Sqlite {
    async fn history(&self, room: &RoomId, from: Option<u64>, backwards: bool, limit: u32) -> Stored<Vec<RoomEvent>> {
        let query = if backwards {
            "SELECT * FROM events WHERE room_id = ? AND target_id IS NULL AND stream_position < ?
             ORDER BY stream_position DESC LIMIT ?"
        } else {
            "SELECT * FROM events WHERE room_id = ? AND target_id IS NULL AND stream_position > ?
             ORDER BY stream_position LIMIT ?"
        };
        let start = from.map_or(if backwards { i64::MAX } else { 0 }, |from| i64::try_from(from).unwrap_or(i64::MAX));
        let rows = sqlx::query(query).bind(room.as_str()).bind(start).bind(limit).fetch_all(&self.read).await?;
        rows.iter().map(event).collect()
    }

    async fn events_since(&self, viewer: &ParticipantId, since: u64, limit: u32) -> Stored<Vec<RoomEvent>> {
        let rows = sqlx::query(
            "SELECT e.stream_position, e.room_id, e.event_type, coalesce(t.event_id, e.event_id) AS event_id,
                    coalesce(t.sender_id, e.sender_id) AS sender_id, coalesce(t.content, e.content) AS content,
                    coalesce(t.created_at, e.created_at) AS created_at, coalesce(t.edited_at, e.edited_at) AS edited_at,
                    coalesce(t.redacted_at, e.redacted_at) AS redacted_at
             FROM members m JOIN events e ON e.room_id = m.room_id
             LEFT JOIN events t ON t.event_id = e.target_id AND e.event_type = 'swp.room.message'
             WHERE m.participant_id = ? AND e.stream_position > ?
               AND (m.membership = 'join' OR m.membership = 'leave' AND e.stream_position <= m.left_position)
             ORDER BY e.stream_position LIMIT ?",
        )
        .bind(viewer.as_str())
        .bind(i64::try_from(since).unwrap_or(i64::MAX))
        .bind(limit)
        .fetch_all(&self.read)
        .await?;
        rows.iter().map(event).collect()
    }

    async fn stream_position(&self) -> Stored<u64> {
        let row = sqlx::query("SELECT coalesce(max(stream_position), 0) FROM events").fetch_one(&self.read).await?;
        Ok(row.get::<i64, _>(0).unsigned_abs())
    }
}

#[async_trait]
impl EventChanges for SqliteChange {
    async fn add_event(&mut self, new: NewEvent<'_>) -> Stored<StoredEvent> {
        if let Some(uuid) = new.event_uuid {
            let row = sqlx::query("SELECT * FROM events WHERE room_id = ? AND sender_id = ? AND event_uuid = ?")
                .bind(new.room.as_str())
                .bind(new.sender.as_str())
                .bind(uuid.to_string())
                .fetch_optional(&mut *self.0)
                .await?;
            if let Some(row) = row {
                return Ok(StoredEvent { event: event(&row)?, fresh: false });
            }
        }
        Ok(StoredEvent { event: insert(&mut self.0, new, None).await?, fresh: true })
    }

    async fn add_news(&mut self, new: NewEvent<'_>, target: &EventId) -> Stored<RoomEvent> {
        insert(&mut self.0, new, Some(target)).await
    }

    async fn entry_for_update(&mut self, room: &RoomId, id: &EventId) -> Stored<Option<RoomEvent>> {
        let row = sqlx::query("SELECT * FROM events WHERE event_id = ? AND room_id = ? AND target_id IS NULL")
            .bind(id.as_str())
            .bind(room.as_str())
            .fetch_optional(&mut *self.0)
            .await?;
        row.as_ref().map(event).transpose()
    }

    async fn edit_message(&mut self, id: &EventId, content: &Value) -> Stored<RoomEvent> {
        let row = sqlx::query(
            "UPDATE events SET original_content = coalesce(original_content, content), content = ?, edited_at = ?
             WHERE event_id = ? RETURNING *",
        )
        .bind(content.to_string())
        .bind(now().0)
        .bind(id.as_str())
        .fetch_one(&mut *self.0)
        .await?;
        event(&row)
    }

    async fn wipe_message(&mut self, id: &EventId) -> Stored<RoomEvent> {
        sqlx::query("DELETE FROM reactions WHERE event_id = ?").bind(id.as_str()).execute(&mut *self.0).await?;
        let row = sqlx::query(
            "UPDATE events SET content = '{}', original_content = NULL, redacted_at = ? WHERE event_id = ? RETURNING *",
        )
        .bind(now().0)
        .bind(id.as_str())
        .fetch_one(&mut *self.0)
        .await?;
        event(&row)
    }
}
