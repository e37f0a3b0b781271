use async_trait::async_trait;
use call_model::{ParticipantId, PowerLevel, RoomId};
use sqlx::Row;

use super::Sqlite;
use crate::store::{Admin, AnyRoom, Stored, now, timestamp};

#[async_trait]
impl Admin for Sqlite {
    async fn every_room(&self, only: Option<&RoomId>) -> Stored<Vec<AnyRoom>> {
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

    async fn admin_put_member(&self, room: &RoomId, who: &ParticipantId, power: PowerLevel) -> Stored<()> {
        let mut tx = self.begin_immediate().await?;
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
        tx.commit().await?;
        Ok(())
    }

    async fn admin_remove_member(&self, room: &RoomId, who: &ParticipantId) -> Stored<bool> {
        let mut tx = self.begin_immediate().await?;
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
