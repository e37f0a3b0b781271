//! Who is in a room, and what they set there for themselves.

use call_model::{EventId, ParticipantId, PowerLevel, RoomId};
use scaiwave_wire::{Membership, NotificationMode, Timestamp};
use sqlx::{Encode, Row, Sqlite, Type, sqlite::SqliteRow};

use super::{Person, Store, Write, from_word, now, people::person, rooms::power, timestamp, word};

/// Messages beyond a read marker are counted up to here.
const MAX_UNREAD: u32 = 1000;

/// Somebody in a room.
#[derive(Clone, Debug)]
pub struct RoomMember {
    /// Who.
    pub person: Person,
    /// Rights.
    pub power: PowerLevel,
    /// In, out, …
    pub membership: Membership,
    /// Who made it so; unset for rooms of older servers.
    pub changed_by: Option<ParticipantId>,
    /// Whether they were in it before they left.
    pub was_in: bool,
    /// Since when.
    pub joined_at: Timestamp,
    /// What they want to be notified of.
    pub notification_mode: NotificationMode,
    /// Muted by them until then.
    pub muted_until: Option<Timestamp>,
    /// `human`, `agent`, …
    pub participant_type: String,
}

/// Where somebody has read up to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadState {
    /// The last one read, if anything was ever marked.
    pub event: Option<EventId>,
    /// Messages of others beyond it.
    pub unread: u64,
}

const MEMBERS: &str = "SELECT p.*, m.membership, m.changed_by, m.left_position, m.power_level, m.joined_at,
       m.notification_mode, m.muted_until
     FROM members m JOIN participants p USING (participant_id) WHERE m.room_id = ?";

fn member(row: &SqliteRow) -> Result<RoomMember, sqlx::Error> {
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

async fn set<V: for<'e> Encode<'e, Sqlite> + Type<Sqlite> + 'static>(
    tx: &mut Write,
    room: &RoomId,
    who: &ParticipantId,
    assignment: &str,
    value: V,
) -> Result<(), sqlx::Error> {
    sqlx::query(&format!("UPDATE members SET {assignment} WHERE room_id = ? AND participant_id = ?"))
        .bind(value)
        .bind(room.as_str())
        .bind(who.as_str())
        .execute(&mut **tx)
        .await
        .map(drop)
}

impl Store {
    /// Everybody in a room.
    pub async fn members(&self, id: &RoomId) -> Result<Vec<RoomMember>, sqlx::Error> {
        let query = format!("{MEMBERS} AND m.membership = 'join' ORDER BY m.joined_at, p.local_id");
        let rows = sqlx::query(&query).bind(id.as_str()).fetch_all(&self.read).await?;
        rows.iter().map(member).collect()
    }

    /// Everybody in a room, everybody invited, and on demand everybody kept out.
    pub async fn listed_members(&self, id: &RoomId, banned: bool) -> Result<Vec<RoomMember>, sqlx::Error> {
        let query = format!(
            "{MEMBERS} AND (m.membership IN ('join', 'invite') OR m.membership = 'ban' AND ?)
             ORDER BY m.membership <> 'join', m.joined_at, p.local_id"
        );
        let rows = sqlx::query(&query).bind(id.as_str()).bind(banned).fetch_all(&self.read).await?;
        rows.iter().map(member).collect()
    }

    /// Somebody's row in a room, in it or not.
    pub async fn member(&self, room: &RoomId, who: &ParticipantId) -> Result<Option<RoomMember>, sqlx::Error> {
        let query = format!("{MEMBERS} AND m.participant_id = ?");
        let row = sqlx::query(&query).bind(room.as_str()).bind(who.as_str()).fetch_optional(&self.read).await?;
        row.as_ref().map(member).transpose()
    }

    /// The same, inside of the transaction that will change it.
    pub async fn member_for_update(
        &self,
        tx: &mut Write,
        room: &RoomId,
        who: &ParticipantId,
    ) -> Result<Option<RoomMember>, sqlx::Error> {
        let query = format!("{MEMBERS} AND m.participant_id = ?");
        let row = sqlx::query(&query).bind(room.as_str()).bind(who.as_str()).fetch_optional(&mut **tx).await?;
        row.as_ref().map(member).transpose()
    }

    /// Who is in a room, as a change leaves it.
    pub async fn member_ids(&self, tx: &mut Write, room: &RoomId) -> Result<Vec<ParticipantId>, sqlx::Error> {
        let rows = sqlx::query("SELECT participant_id FROM members WHERE room_id = ? AND membership = 'join'")
            .bind(room.as_str())
            .fetch_all(&mut **tx)
            .await?;
        Ok(rows.iter().map(|row| row.get::<String, _>(0).into()).collect())
    }

    /// How many are in a room or invited.
    pub async fn places_taken(&self, tx: &mut Write, room: &RoomId) -> Result<usize, sqlx::Error> {
        let row = sqlx::query("SELECT count(*) FROM members WHERE room_id = ? AND membership IN ('join', 'invite')")
            .bind(room.as_str())
            .fetch_one(&mut **tx)
            .await?;
        Ok(usize::try_from(row.get::<i64, _>(0)).unwrap_or(usize::MAX))
    }

    /// Who follows when the last owner leaves: the highest and longest member, unless there is another owner.
    pub async fn heir(&self, tx: &mut Write, room: &RoomId) -> Result<Option<ParticipantId>, sqlx::Error> {
        let row = sqlx::query(
            "SELECT participant_id, power_level FROM members WHERE room_id = ? AND membership = 'join'
             ORDER BY power_level DESC, joined_at, participant_id LIMIT 1",
        )
        .bind(room.as_str())
        .fetch_optional(&mut **tx)
        .await?;
        Ok(row.filter(|row| power(row) < PowerLevel::OWNER).map(|row| row.get::<String, _>(0).into()))
    }

    /// Whether somebody else owns the room, too.
    pub async fn has_other_owner(
        &self,
        tx: &mut Write,
        room: &RoomId,
        than: &ParticipantId,
    ) -> Result<bool, sqlx::Error> {
        let row = sqlx::query(
            "SELECT EXISTS (SELECT 1 FROM members WHERE room_id = ? AND participant_id <> ? AND membership = 'join'
                                                    AND power_level >= 100)",
        )
        .bind(room.as_str())
        .bind(than.as_str())
        .fetch_one(&mut **tx)
        .await?;
        Ok(row.get(0))
    }

    /// Says whether somebody is in a room, and with which rights.
    pub async fn put_member(
        &self,
        tx: &mut Write,
        room: &RoomId,
        who: &ParticipantId,
        membership: Membership,
        power: PowerLevel,
        by: &ParticipantId,
    ) -> Result<(), sqlx::Error> {
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
        .execute(&mut **tx)
        .await
        .map(drop)
    }

    /// Somebody came in with an event: what was said before counts as read.
    pub async fn came_at(
        &self,
        tx: &mut Write,
        room: &RoomId,
        who: &ParticipantId,
        position: u64,
    ) -> Result<(), sqlx::Error> {
        set(tx, room, who, "read_position = max(read_position, ?)", position.cast_signed()).await
    }

    /// Somebody who was in it went with an event, the last one that sync shows them.
    pub async fn went_at(
        &self,
        tx: &mut Write,
        room: &RoomId,
        who: &ParticipantId,
        position: u64,
    ) -> Result<(), sqlx::Error> {
        set(tx, room, who, "left_position = ?", position.cast_signed()).await
    }

    /// Sets somebody's rights.
    pub async fn set_power(
        &self,
        tx: &mut Write,
        room: &RoomId,
        who: &ParticipantId,
        power: PowerLevel,
    ) -> Result<(), sqlx::Error> {
        set(tx, room, who, "power_level = ?", i64::from(power.0)).await
    }

    /// Sets what somebody wants to be notified of.
    pub async fn set_notification_mode(
        &self,
        tx: &mut Write,
        room: &RoomId,
        who: &ParticipantId,
        mode: NotificationMode,
    ) -> Result<(), sqlx::Error> {
        set(tx, room, who, "notification_mode = ?", word(mode)).await
    }

    /// Mutes a room for somebody, or no longer.
    pub async fn set_muted_until(
        &self,
        tx: &mut Write,
        room: &RoomId,
        who: &ParticipantId,
        until: Option<Timestamp>,
    ) -> Result<(), sqlx::Error> {
        set(tx, room, who, "muted_until = ?", until.map(Timestamp::as_millisecond)).await
    }

    /// Moves somebody's read marker forwards; `false` if it stands there or further already.
    pub async fn set_read_marker(
        &self,
        tx: &mut Write,
        room: &RoomId,
        who: &ParticipantId,
        event: &EventId,
        position: u64,
    ) -> Result<bool, sqlx::Error> {
        let moved = sqlx::query(
            "UPDATE members SET read_event_id = ?1, read_position = ?2
             WHERE room_id = ?3 AND participant_id = ?4
               AND (read_position < ?2 OR read_position = ?2 AND read_event_id IS NOT ?1)",
        )
        .bind(event.as_str())
        .bind(position.cast_signed())
        .bind(room.as_str())
        .bind(who.as_str())
        .execute(&mut **tx)
        .await?;
        Ok(moved.rows_affected() == 1)
    }

    /// Where a member has read up to.
    pub async fn read_state(&self, room: &RoomId, who: &ParticipantId) -> Result<ReadState, sqlx::Error> {
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
}
