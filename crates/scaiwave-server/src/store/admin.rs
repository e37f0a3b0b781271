//! What only the admin commands do to rooms: they see every room, and ask nobody's power level.

use call_model::{ParticipantId, PowerLevel, RoomId};
use sqlx::Row;

use super::{Store, now, timestamp};

/// A room, as an administrator sees it.
#[derive(Clone, Debug)]
pub struct AnyRoom {
    /// Which.
    pub id: RoomId,
    /// What kind, as on the wire.
    pub room_type: String,
    /// Empty for a direct room.
    pub name: String,
    /// How many are in it.
    pub member_count: i64,
    /// Since when.
    pub created_at: jiff::Timestamp,
}

impl Store {
    /// Every room there is, or the one asked for.
    pub async fn every_room(&self, only: Option<&RoomId>) -> Result<Vec<AnyRoom>, sqlx::Error> {
        let rows = sqlx::query(
            "SELECT r.*, (SELECT count(*) FROM members m WHERE m.room_id = r.room_id AND m.membership = 'join') AS member_count
             FROM rooms r WHERE ?1 IS NULL OR r.room_id = ?1 ORDER BY r.created_at, r.room_id",
        )
        .bind(only.map(RoomId::as_str))
        .fetch_all(&self.read)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(AnyRoom {
                    id: row.get::<String, _>("room_id").into(),
                    room_type: row.get("room_type"),
                    name: row.get("name"),
                    member_count: row.get("member_count"),
                    created_at: timestamp(row.get("created_at"))?,
                })
            })
            .collect()
    }

    /// Puts somebody into a room, or gives a member another power level.
    pub async fn admin_put_member(
        &self,
        room: &RoomId,
        who: &ParticipantId,
        power: PowerLevel,
    ) -> Result<(), sqlx::Error> {
        let mut tx = self.begin().await?;
        sqlx::query(
            "INSERT INTO members (room_id, participant_id, membership, power_level, joined_at) VALUES (?, ?, 'join', ?, ?)
             ON CONFLICT DO UPDATE SET power_level = excluded.power_level, membership = 'join',
                 joined_at = CASE WHEN membership = 'join' THEN joined_at ELSE excluded.joined_at END",
        )
        .bind(room.as_str())
        .bind(who.as_str())
        .bind(i64::from(power.0))
        .bind(now().0)
        .execute(&mut *tx)
        .await?;
        tx.commit().await
    }

    /// Takes somebody out of a room; `false` if they were not in it.
    pub async fn admin_remove_member(&self, room: &RoomId, who: &ParticipantId) -> Result<bool, sqlx::Error> {
        let mut tx = self.begin().await?;
        let gone = sqlx::query(
            "UPDATE members SET membership = 'leave', changed_by = NULL,
                 left_position = (SELECT coalesce(max(stream_position), 0) FROM events)
             WHERE room_id = ? AND participant_id = ? AND membership = 'join'",
        )
        .bind(room.as_str())
        .bind(who.as_str())
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(gone.rows_affected() == 1)
    }
}
