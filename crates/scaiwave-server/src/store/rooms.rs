//! Rooms, as each person sees them.

use call_model::{ParticipantId, PowerLevel, RoomId};
use scaiwave_wire::{Membership, RoomPhase, RoomType, Timestamp};
use sqlx::{Row, sqlite::SqliteRow};
use uuid::Uuid;

use super::{DEFAULT_TENANT, Person, Store, Write, from_word, now, timestamp, word};

/// A room, as somebody sees it.
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
    /// May be unset.
    pub workspace_id: Option<String>,
    /// Whether everybody of the tenant may join.
    pub is_public: bool,
    /// Open, archived or closed.
    pub phase: RoomPhase,
    /// Who made it.
    pub creator_id: ParticipantId,
    /// When.
    pub created_at: Timestamp,
    /// How many are in it.
    pub member_count: u64,
    /// The viewer's membership, if there ever was one.
    pub membership: Option<Membership>,
    /// The viewer's rights.
    pub power: PowerLevel,
}

/// A room to be made.
#[derive(Clone, Debug)]
pub struct NewRoom<'a> {
    /// Whose.
    pub tenant_id: &'a str,
    /// What kind.
    pub room_type: RoomType,
    /// Empty for a direct room.
    pub name: &'a str,
    /// May be unset.
    pub topic: Option<&'a str>,
    /// May be unset.
    pub workspace_id: Option<&'a str>,
    /// Whether everybody of the tenant may join.
    pub is_public: bool,
    /// With their rights; the first one makes it.
    pub members: &'a [(ParticipantId, PowerLevel)],
}

/// What the directory is asked for.
#[derive(Clone, Debug, Default)]
pub struct RoomFilter {
    /// Part of the name or topic.
    pub text: Option<String>,
    /// What kind.
    pub room_type: Option<RoomType>,
    /// How many at most.
    pub limit: u32,
    /// How many to leave out first.
    pub offset: u32,
}

// `?1` is the viewer. A direct room is named after the other one in it.
const ROOMS: &str = "SELECT r.*, m.membership, coalesce(m.power_level, 0) AS power_level,
       (SELECT count(*) FROM members c WHERE c.room_id = r.room_id AND c.membership = 'join') AS member_count,
       CASE WHEN r.room_type = 'dm' THEN coalesce(
           (SELECT p.display_name FROM members o JOIN participants p USING (participant_id)
            WHERE o.room_id = r.room_id AND o.participant_id <> ?1 LIMIT 1), r.name)
       ELSE r.name END AS shown_name
     FROM rooms r LEFT JOIN members m ON m.room_id = r.room_id AND m.participant_id = ?1";

// `?2` is the tenant, `?3` the kind, `?4` the text: what the directory shows to the viewer.
const DIRECTORY: &str = "phase = 'open' AND tenant_id = ?2 AND (?3 IS NULL OR room_type = ?3)
     AND (membership IN ('join', 'invite') OR is_public AND membership IS NOT 'ban')
     AND (?4 IS NULL OR shown_name LIKE ?4 ESCAPE '\\' OR topic LIKE ?4 ESCAPE '\\')";

pub(super) fn power(row: &SqliteRow) -> PowerLevel {
    PowerLevel(row.get::<i64, _>("power_level").clamp(0, 100) as u8)
}

fn room(row: &SqliteRow) -> Result<RoomRow, sqlx::Error> {
    Ok(RoomRow {
        id: row.get::<String, _>("room_id").into(),
        room_type: from_word(row.get("room_type"))?,
        name: row.get("shown_name"),
        topic: row.get("topic"),
        workspace_id: row.get("workspace_id"),
        is_public: row.get("is_public"),
        phase: from_word(row.get("phase"))?,
        creator_id: row.get::<String, _>("creator_id").into(),
        created_at: timestamp(row.get("created_at"))?,
        member_count: row.get::<i64, _>("member_count").unsigned_abs(),
        membership: row.get::<Option<String>, _>("membership").map(from_word).transpose()?,
        power: power(row),
    })
}

/// The two of a direct room, in one order.
fn direct_key(a: &ParticipantId, b: &ParticipantId) -> String {
    let (first, second) = if a <= b { (a, b) } else { (b, a) };
    format!("{first} {second}")
}

impl Store {
    /// The open rooms somebody is in.
    pub async fn rooms_of(&self, viewer: &ParticipantId) -> Result<Vec<RoomRow>, sqlx::Error> {
        self.rooms_in_phase(viewer, RoomPhase::Open).await
    }

    /// The rooms somebody is in that are open, archived or closed.
    pub async fn rooms_in_phase(&self, viewer: &ParticipantId, phase: RoomPhase) -> Result<Vec<RoomRow>, sqlx::Error> {
        let query = format!("{ROOMS} WHERE m.membership = 'join' AND r.phase = ?2 ORDER BY r.created_at, r.room_id");
        let rows = sqlx::query(&query).bind(viewer.as_str()).bind(word(phase)).fetch_all(&self.read).await?;
        rows.iter().map(room).collect()
    }

    /// One room, if the viewer is in it.
    pub async fn room_of(&self, viewer: &ParticipantId, id: &RoomId) -> Result<Option<RoomRow>, sqlx::Error> {
        let query = format!("{ROOMS} WHERE m.membership = 'join' AND r.room_id = ?2");
        let row = sqlx::query(&query).bind(viewer.as_str()).bind(id.as_str()).fetch_optional(&self.read).await?;
        row.as_ref().map(room).transpose()
    }

    /// One room of somebody's tenant, in it or not, inside of the transaction that will change it.
    pub async fn room_for_update(
        &self,
        tx: &mut Write,
        viewer: &Person,
        id: &RoomId,
    ) -> Result<Option<RoomRow>, sqlx::Error> {
        let query = format!("{ROOMS} WHERE r.tenant_id = ?2 AND r.room_id = ?3");
        let row = sqlx::query(&query)
            .bind(viewer.id.as_str())
            .bind(&viewer.tenant_id)
            .bind(id.as_str())
            .fetch_optional(&mut **tx)
            .await?;
        row.as_ref().map(room).transpose()
    }

    /// The open rooms somebody may see, public ones and own ones; and how many there are in all.
    pub async fn directory(&self, viewer: &Person, filter: &RoomFilter) -> Result<(Vec<RoomRow>, u64), sqlx::Error> {
        let escaped = |text: &String| text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        let text = filter.text.as_ref().map(|text| format!("%{}%", escaped(text)));
        let kind = filter.room_type.map(word);
        let mut tx = self.read.begin().await?;
        let query = format!("SELECT count(*) FROM ({ROOMS}) WHERE {DIRECTORY}");
        let total = sqlx::query(&query)
            .bind(viewer.id.as_str())
            .bind(&viewer.tenant_id)
            .bind(&kind)
            .bind(&text)
            .fetch_one(&mut *tx)
            .await?;
        let query =
            format!("SELECT * FROM ({ROOMS}) WHERE {DIRECTORY} ORDER BY created_at, room_id LIMIT ?5 OFFSET ?6");
        let rows = sqlx::query(&query)
            .bind(viewer.id.as_str())
            .bind(&viewer.tenant_id)
            .bind(&kind)
            .bind(&text)
            .bind(filter.limit)
            .bind(filter.offset)
            .fetch_all(&mut *tx)
            .await?;
        Ok((rows.iter().map(room).collect::<Result<_, _>>()?, total.get::<i64, _>(0).unsigned_abs()))
    }

    /// Adds a room with its members; the first one made it.
    pub async fn add_room(
        &self,
        room_type: RoomType,
        name: &str,
        members: &[(ParticipantId, PowerLevel)],
    ) -> Result<RoomId, sqlx::Error> {
        let is_public = room_type == RoomType::Public;
        let new =
            NewRoom { tenant_id: DEFAULT_TENANT, room_type, name, topic: None, workspace_id: None, is_public, members };
        let mut tx = self.begin().await?;
        let id = self.insert_room(&mut tx, &new).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Adds a room with its members, within a transaction.
    pub async fn insert_room(&self, tx: &mut Write, new: &NewRoom<'_>) -> Result<RoomId, sqlx::Error> {
        let id = RoomId::new(format!("room-{}", Uuid::now_v7().simple()));
        let direct = match (new.room_type, new.members) {
            (RoomType::Dm, [(a, _), (b, _)]) => Some(direct_key(a, b)),
            _ => None,
        };
        let creator = new.members.first().map(|(id, _)| id.clone()).unwrap_or_else(|| ParticipantId::new(""));
        sqlx::query(
            "INSERT INTO rooms (room_id, tenant_id, room_type, name, topic, workspace_id, is_public, direct_key,
                                creator_id, created_at)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(id.as_str())
        .bind(new.tenant_id)
        .bind(word(new.room_type))
        .bind(new.name)
        .bind(new.topic)
        .bind(new.workspace_id)
        .bind(new.is_public)
        .bind(direct)
        .bind(creator.as_str())
        .bind(now().0)
        .execute(&mut **tx)
        .await?;
        for (member, power) in new.members {
            self.put_member(tx, &id, member, Membership::Join, *power, &creator).await?;
        }
        Ok(id)
    }

    /// The direct room of two people, if they have one.
    pub async fn direct_room(&self, a: &ParticipantId, b: &ParticipantId) -> Result<Option<RoomId>, sqlx::Error> {
        let row = sqlx::query("SELECT room_id FROM rooms WHERE direct_key = ?")
            .bind(direct_key(a, b))
            .fetch_optional(&self.read)
            .await?;
        Ok(row.map(|row| row.get::<String, _>(0).into()))
    }

    /// The same, inside of the transaction that will make it otherwise.
    pub async fn direct_room_for_update(
        &self,
        tx: &mut Write,
        a: &ParticipantId,
        b: &ParticipantId,
    ) -> Result<Option<RoomId>, sqlx::Error> {
        let row = sqlx::query("SELECT room_id FROM rooms WHERE direct_key = ?")
            .bind(direct_key(a, b))
            .fetch_optional(&mut **tx)
            .await?;
        Ok(row.map(|row| row.get::<String, _>(0).into()))
    }

    /// Gives a room another name.
    pub async fn set_room_name(&self, tx: &mut Write, id: &RoomId, name: &str) -> Result<(), sqlx::Error> {
        let query = sqlx::query("UPDATE rooms SET name = ? WHERE room_id = ?").bind(name).bind(id.as_str());
        query.execute(&mut **tx).await.map(drop)
    }

    /// Gives a room another topic, or none.
    pub async fn set_room_topic(&self, tx: &mut Write, id: &RoomId, topic: Option<&str>) -> Result<(), sqlx::Error> {
        let query = sqlx::query("UPDATE rooms SET topic = ? WHERE room_id = ?").bind(topic).bind(id.as_str());
        query.execute(&mut **tx).await.map(drop)
    }

    /// Opens, archives or closes a room.
    pub async fn set_room_phase(&self, tx: &mut Write, id: &RoomId, phase: RoomPhase) -> Result<(), sqlx::Error> {
        let query = sqlx::query("UPDATE rooms SET phase = ? WHERE room_id = ?").bind(word(phase)).bind(id.as_str());
        query.execute(&mut **tx).await.map(drop)
    }
}
