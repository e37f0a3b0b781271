//! Rooms and who is in them.

use call_model::{ParticipantId, PowerLevel, RoomId};
use scaiwave_wire::{Membership, RoomType, Timestamp};
use sqlx::{Row, sqlite::SqliteRow};
use uuid::Uuid;

use super::{DEFAULT_TENANT, Person, Store, from_word, now, timestamp, word};

/// A room, as one of its members sees it.
#[derive(Clone, Debug)]
pub struct RoomRow {
    /// Which.
    pub id: RoomId,
    /// What kind.
    pub room_type: RoomType,
    /// For a direct room the other person's name.
    pub name: String,
    /// May be unset.
    pub topic: Option<String>,
    /// Who made it.
    pub creator_id: ParticipantId,
    /// When.
    pub created_at: Timestamp,
    /// How many are in it.
    pub member_count: u64,
    /// The viewer's rights.
    pub power: PowerLevel,
}

/// Somebody in a room.
#[derive(Clone, Debug)]
pub struct RoomMember {
    /// Who.
    pub person: Person,
    /// Rights.
    pub power: PowerLevel,
    /// In, out, …
    pub membership: Membership,
    /// Since when.
    pub joined_at: Timestamp,
    /// `human`, `agent`, …
    pub participant_type: String,
}

// A direct room is named after the other one in it.
const ROOMS: &str = "SELECT r.*, m.power_level,
       (SELECT count(*) FROM members c WHERE c.room_id = r.room_id AND c.membership = 'join') AS member_count,
       CASE WHEN r.room_type = 'dm' THEN coalesce(
           (SELECT p.display_name FROM members o JOIN participants p USING (participant_id)
            WHERE o.room_id = r.room_id AND o.participant_id <> m.participant_id LIMIT 1), r.name)
       ELSE r.name END AS shown_name
     FROM rooms r JOIN members m ON m.room_id = r.room_id
     WHERE m.participant_id = ? AND m.membership = 'join'";

fn power(row: &SqliteRow) -> PowerLevel {
    PowerLevel(row.get::<i64, _>("power_level").clamp(0, 100) as u8)
}

fn room(row: &SqliteRow) -> Result<RoomRow, sqlx::Error> {
    Ok(RoomRow {
        id: row.get::<String, _>("room_id").into(),
        room_type: from_word(row.get("room_type"))?,
        name: row.get("shown_name"),
        topic: row.get("topic"),
        creator_id: row.get::<String, _>("creator_id").into(),
        created_at: timestamp(row.get("created_at"))?,
        member_count: row.get::<i64, _>("member_count").unsigned_abs(),
        power: power(row),
    })
}

impl Store {
    /// The rooms somebody is in.
    pub async fn rooms_of(&self, viewer: &ParticipantId) -> Result<Vec<RoomRow>, sqlx::Error> {
        let query = format!("{ROOMS} ORDER BY r.created_at, r.room_id");
        let rows = sqlx::query(&query).bind(viewer.as_str()).fetch_all(&self.read).await?;
        rows.iter().map(room).collect()
    }

    /// One room, if the viewer is in it.
    pub async fn room_of(&self, viewer: &ParticipantId, id: &RoomId) -> Result<Option<RoomRow>, sqlx::Error> {
        let query = format!("{ROOMS} AND r.room_id = ?");
        let row = sqlx::query(&query).bind(viewer.as_str()).bind(id.as_str()).fetch_optional(&self.read).await?;
        row.as_ref().map(room).transpose()
    }

    /// Everybody in a room.
    pub async fn members(&self, id: &RoomId) -> Result<Vec<RoomMember>, sqlx::Error> {
        let rows = sqlx::query(
            "SELECT p.*, m.membership, m.power_level, m.joined_at FROM members m JOIN participants p USING (participant_id)
             WHERE m.room_id = ? AND m.membership = 'join' ORDER BY m.joined_at, p.local_id",
        )
        .bind(id.as_str())
        .fetch_all(&self.read)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(RoomMember {
                    person: Person {
                        id: row.get::<String, _>("participant_id").into(),
                        tenant_id: row.get("tenant_id"),
                        local_id: row.get("local_id"),
                        display_name: row.get("display_name"),
                    },
                    power: power(row),
                    membership: from_word(row.get("membership"))?,
                    joined_at: timestamp(row.get("joined_at"))?,
                    participant_type: row.get("participant_type"),
                })
            })
            .collect()
    }

    /// Adds a room with its members; the first one made it.
    pub async fn add_room(
        &self,
        room_type: RoomType,
        name: &str,
        members: &[(ParticipantId, PowerLevel)],
    ) -> Result<RoomId, sqlx::Error> {
        let id = RoomId::new(format!("room-{}", Uuid::now_v7().simple()));
        let creator = members.first().map(|(id, _)| id.as_str()).unwrap_or_default();
        let now = now().0;
        let mut tx = self.begin().await?;
        sqlx::query(
            "INSERT INTO rooms (room_id, tenant_id, room_type, name, creator_id, created_at) VALUES (?, ?, ?, ?, ?, ?)",
        )
        .bind(id.as_str())
        .bind(DEFAULT_TENANT)
        .bind(word(room_type))
        .bind(name)
        .bind(creator)
        .bind(now)
        .execute(&mut *tx)
        .await?;
        for (member, power) in members {
            sqlx::query("INSERT INTO members VALUES (?, ?, 'join', ?, ?)")
                .bind(id.as_str())
                .bind(member.as_str())
                .bind(i64::from(power.0))
                .bind(now)
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        Ok(id)
    }

    /// The direct room of two people, if they have one.
    pub async fn direct_room(&self, a: &ParticipantId, b: &ParticipantId) -> Result<Option<RoomId>, sqlx::Error> {
        let row = sqlx::query(
            "SELECT r.room_id FROM rooms r JOIN members a USING (room_id) JOIN members b USING (room_id)
             WHERE r.room_type = 'dm' AND a.participant_id = ? AND b.participant_id = ?",
        )
        .bind(a.as_str())
        .bind(b.as_str())
        .fetch_optional(&self.read)
        .await?;
        Ok(row.map(|row| row.get::<String, _>(0).into()))
    }
}
