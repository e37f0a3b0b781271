//! What people are occupied with when it rings.

use std::collections::HashMap;

use call_model::{ParticipantId, RoomId, server::Attention};
use sqlx::{Row, sqlite::SqliteRow};

use super::{Store, now, profiles::preferences, timestamp};
use crate::people::quiet_now;

impl Store {
    /// The attention of a room's members: each fact is filled here and nowhere else.
    pub async fn attention(&self, room: &RoomId) -> Result<HashMap<ParticipantId, Attention>, sqlx::Error> {
        let now = now();
        let rows = sqlx::query(
            "SELECT m.participant_id,
                    EXISTS (SELECT 1 FROM call_devices d JOIN calls c USING (call_id)
                            WHERE d.participant_id = m.participant_id AND d.state <> 'left'
                              AND c.state IN ('ringing', 'active')) AS in_call,
                    p.presence IS 'busy' AS busy,
                    coalesce(m.muted_until > ?, FALSE) AS muted,
                    p.preferences
             FROM members m JOIN participants p USING (participant_id) WHERE m.room_id = ? AND m.membership = 'join'",
        )
        .bind(now.0)
        .bind(room.as_str())
        .fetch_all(&self.read)
        .await?;
        let at = timestamp(now.0)?;
        let attention = |row: &SqliteRow| -> Result<Attention, sqlx::Error> {
            Ok(Attention {
                in_call: row.get("in_call"),
                busy: row.get("busy"),
                muted: row.get("muted"),
                quiet_hours: quiet_now(&preferences(row.get("preferences"))?, at),
            })
        };
        rows.iter().map(|row| Ok((row.get::<String, _>("participant_id").into(), attention(row)?))).collect()
    }
}
