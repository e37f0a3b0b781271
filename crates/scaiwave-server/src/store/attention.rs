//! What people are occupied with when it rings.

use std::collections::HashMap;

use call_model::{ParticipantId, RoomId, server::Attention};
use sqlx::Row;

use super::Store;

impl Store {
    /// The attention of a room's members. What is not kept yet is not so: each column is one fact, filled here and nowhere else.
    pub async fn attention(&self, room: &RoomId) -> Result<HashMap<ParticipantId, Attention>, sqlx::Error> {
        let rows = sqlx::query(
            "SELECT m.participant_id,
                    EXISTS (SELECT 1 FROM call_devices d JOIN calls c USING (call_id)
                            WHERE d.participant_id = m.participant_id AND d.state <> 'left'
                              AND c.state IN ('ringing', 'active')) AS in_call,
                    FALSE AS busy,
                    FALSE AS muted,
                    FALSE AS quiet_hours
             FROM members m WHERE m.room_id = ? AND m.membership = 'join'",
        )
        .bind(room.as_str())
        .fetch_all(&self.read)
        .await?;
        let attention = |row: &sqlx::sqlite::SqliteRow| Attention {
            in_call: row.get("in_call"),
            busy: row.get("busy"),
            muted: row.get("muted"),
            quiet_hours: row.get("quiet_hours"),
        };
        Ok(rows.iter().map(|row| (row.get::<String, _>("participant_id").into(), attention(row))).collect())
    }
}
