use std::collections::HashMap;

use async_trait::async_trait;
use call_model::{EventId, ParticipantId, PowerLevel, RoomId, server::Attention};
use scaiwave_wire::{Membership, NotificationMode, Timestamp};
use sqlx::{Encode, Row, SqliteConnection, Type, sqlite::SqliteRow};

use super::{Sqlite, SqliteChange, people::person, profiles::preferences, rooms::power};
use crate::{
    people::quiet_now,
    store::{
        MemberChanges, Members, ReadState, RoomMember, Stored, from_word, members::MAX_UNREAD, now, timestamp, word,
    },
};

/// No more columns than are read: a large room is read at every ring.
const MEMBERS: &str =
    "SELECT p.participant_id, p.tenant_id, p.local_id, p.display_name, p.avatar_url, p.participant_type,
       m.membership, m.changed_by, m.left_position, m.power_level, m.joined_at, m.notification_mode, m.muted_until
     FROM members m JOIN participants p USING (participant_id) WHERE m.room_id = ?";

fn member(row: &SqliteRow) -> Stored<RoomMember> {
    let muted_until = row.get::<Option<i64>, _>("muted_until").filter(|until| *until > now().0);
    Ok(RoomMember {
        person: person(row),
        power: power(row),
        membership: from_word(row.get("membership"))?,
        changed_by: row.get::<Option<String>, _>("changed_by").map(ParticipantId::from),
        was_in: row.get::<Option<i64>, _>("left_position").is_some(),
        joined_at: timestamp(row.get("joined_at"))?,
        notification_mode: from_word(row.get("notification_mode"))?,
        muted_until: muted_until.map(timestamp).transpose()?,
        participant_type: row.get("participant_type"),
    })
}

async fn member_of(db: &mut SqliteConnection, room: &RoomId, who: &ParticipantId) -> Stored<Option<RoomMember>> {
    let query = format!("{MEMBERS} AND m.participant_id = ?");
    let row = sqlx::query(&query).bind(room.as_str()).bind(who.as_str()).fetch_optional(db).await?;
    row.as_ref().map(member).transpose()
}

async fn set<V: for<'e> Encode<'e, sqlx::Sqlite> + Type<sqlx::Sqlite> + 'static>(
    db: &mut SqliteConnection,
    room: &RoomId,
    who: &ParticipantId,
    assignment: &str,
    value: V,
) -> Stored<()> {
    sqlx::query(&format!("UPDATE members SET {assignment} WHERE room_id = ? AND participant_id = ?"))
        .bind(value)
        .bind(room.as_str())
        .bind(who.as_str())
        .execute(&mut *db)
        .await?;
    Ok(())
}

#[async_trait]
impl Members for Sqlite {
    async fn members(&self, id: &RoomId) -> Stored<Vec<RoomMember>> {
        let query = format!("{MEMBERS} AND m.membership = 'join' ORDER BY m.joined_at, p.local_id");
        let rows = sqlx::query(&query).bind(id.as_str()).fetch_all(&self.read).await?;
        rows.iter().map(member).collect()
    }

    async fn listed_members(&self, id: &RoomId, banned: bool) -> Stored<Vec<RoomMember>> {
        let query = format!(
            "{MEMBERS} AND (m.membership IN ('join', 'invite') OR m.membership = 'ban' AND ?)
             ORDER BY m.membership <> 'join', m.joined_at, p.local_id"
        );
        let rows = sqlx::query(&query).bind(id.as_str()).bind(banned).fetch_all(&self.read).await?;
        rows.iter().map(member).collect()
    }

    async fn member(&self, room: &RoomId, who: &ParticipantId) -> Stored<Option<RoomMember>> {
        member_of(&mut *self.read.acquire().await?, room, who).await
    }

    async fn read_state(&self, room: &RoomId, who: &ParticipantId) -> Stored<ReadState> {
        let row = sqlx::query(
            "SELECT m.read_event_id, (SELECT count(*) FROM (
                 SELECT 1 FROM events e
                 WHERE e.room_id = m.room_id AND e.target_id IS NULL AND e.stream_position > m.read_position
                   AND e.event_type = 'swp.room.message' AND e.redacted_at IS NULL AND e.sender_id <> m.participant_id
                 LIMIT ?)) AS unread
             FROM members m WHERE m.room_id = ? AND m.participant_id = ?",
        )
        .bind(MAX_UNREAD)
        .bind(room.as_str())
        .bind(who.as_str())
        .fetch_optional(&self.read)
        .await?;
        Ok(row.map_or_else(ReadState::default, |row| ReadState {
            event: row.get::<Option<String>, _>("read_event_id").map(EventId::from),
            unread: row.get::<i64, _>("unread").unsigned_abs(),
        }))
    }

    async fn attention(&self, room: &RoomId) -> Stored<HashMap<ParticipantId, Attention>> {
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
        let attention = |row: &SqliteRow| -> Stored<Attention> {
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

#[async_trait]
impl MemberChanges for SqliteChange {
    async fn member_for_update(&mut self, room: &RoomId, who: &ParticipantId) -> Stored<Option<RoomMember>> {
        member_of(&mut self.0, room, who).await
    }

    async fn member_ids(&mut self, room: &RoomId) -> Stored<Vec<ParticipantId>> {
        let rows = sqlx::query("SELECT participant_id FROM members WHERE room_id = ? AND membership = 'join'")
            .bind(room.as_str())
            .fetch_all(&mut *self.0)
            .await?;
        Ok(rows.iter().map(|row| row.get::<String, _>(0).into()).collect())
    }

    async fn places_taken(&mut self, room: &RoomId) -> Stored<usize> {
        let row = sqlx::query("SELECT count(*) FROM members WHERE room_id = ? AND membership IN ('join', 'invite')")
            .bind(room.as_str())
            .fetch_one(&mut *self.0)
            .await?;
        Ok(usize::try_from(row.get::<i64, _>(0)).unwrap_or(usize::MAX))
    }

    async fn heir(&mut self, room: &RoomId) -> Stored<Option<ParticipantId>> {
        let row = sqlx::query(
            "SELECT participant_id, power_level FROM members WHERE room_id = ? AND membership = 'join'
             ORDER BY power_level DESC, joined_at, participant_id LIMIT 1",
        )
        .bind(room.as_str())
        .fetch_optional(&mut *self.0)
        .await?;
        Ok(row.filter(|row| power(row) < PowerLevel::OWNER).map(|row| row.get::<String, _>(0).into()))
    }

    async fn has_other_owner(&mut self, room: &RoomId, than: &ParticipantId) -> Stored<bool> {
        let row = sqlx::query(
            "SELECT EXISTS (SELECT 1 FROM members WHERE room_id = ? AND participant_id <> ? AND membership = 'join'
                                                    AND power_level >= 100)",
        )
        .bind(room.as_str())
        .bind(than.as_str())
        .fetch_one(&mut *self.0)
        .await?;
        Ok(row.get(0))
    }

    async fn put_member(
        &mut self,
        room: &RoomId,
        who: &ParticipantId,
        membership: Membership,
        power: PowerLevel,
        by: &ParticipantId,
    ) -> Stored<()> {
        sqlx::query(
            "INSERT INTO members (room_id, participant_id, membership, power_level, joined_at, changed_by)
             VALUES (?, ?, ?, ?, ?, ?)
             ON CONFLICT DO UPDATE SET membership = excluded.membership, power_level = excluded.power_level,
                                       joined_at = excluded.joined_at, changed_by = excluded.changed_by",
        )
        .bind(room.as_str())
        .bind(who.as_str())
        .bind(word(membership))
        .bind(i64::from(power.0))
        .bind(now().0)
        .bind(by.as_str())
        .execute(&mut *self.0)
        .await?;
        Ok(())
    }

    async fn came_at(&mut self, room: &RoomId, who: &ParticipantId, position: u64) -> Stored<()> {
        set(&mut self.0, room, who, "read_position = max(read_position, ?)", position.cast_signed()).await
    }

    async fn went_at(&mut self, room: &RoomId, who: &ParticipantId, position: u64) -> Stored<()> {
        set(&mut self.0, room, who, "left_position = ?", position.cast_signed()).await
    }

    async fn set_power(&mut self, room: &RoomId, who: &ParticipantId, power: PowerLevel) -> Stored<()> {
        set(&mut self.0, room, who, "power_level = ?", i64::from(power.0)).await
    }

    async fn set_notification_mode(
        &mut self,
        room: &RoomId,
        who: &ParticipantId,
        mode: NotificationMode,
    ) -> Stored<()> {
        set(&mut self.0, room, who, "notification_mode = ?", word(mode)).await
    }

    async fn set_muted_until(&mut self, room: &RoomId, who: &ParticipantId, until: Option<Timestamp>) -> Stored<()> {
        set(&mut self.0, room, who, "muted_until = ?", until.map(Timestamp::as_millisecond)).await
    }

    async fn set_read_marker(
        &mut self,
        room: &RoomId,
        who: &ParticipantId,
        event: &EventId,
        position: u64,
    ) -> Stored<bool> {
        let moved = sqlx::query(
            "UPDATE members SET read_event_id = ?1, read_position = ?2
             WHERE room_id = ?3 AND participant_id = ?4
               AND (read_position < ?2 OR read_position = ?2 AND read_event_id IS NOT ?1)",
        )
        .bind(event.as_str())
        .bind(position.cast_signed())
        .bind(room.as_str())
        .bind(who.as_str())
        .execute(&mut *self.0)
        .await?;
        Ok(moved.rows_affected() == 1)
    }
}
