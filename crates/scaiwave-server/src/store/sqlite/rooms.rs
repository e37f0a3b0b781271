use async_trait::async_trait;
use call_model::{ParticipantId, PowerLevel, RoomId};
use scaiwave_wire::{Membership, RoomPhase, RoomType};
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};
use uuid::Uuid;

use super::{Sqlite, SqliteChange};
use crate::store::{
    DEFAULT_TENANT, MemberChanges, NewRoom, Person, RoomChanges, RoomFilter, RoomRow, Rooms, Stored, from_word, now,
    rooms::direct_key, timestamp, word,
};

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

fn room(row: &SqliteRow) -> Stored<RoomRow> {
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

async fn direct_room(db: &mut SqliteConnection, a: &ParticipantId, b: &ParticipantId) -> Stored<Option<RoomId>> {
    let row =
        sqlx::query("SELECT room_id FROM rooms WHERE direct_key = ?").bind(direct_key(a, b)).fetch_optional(db).await?;
    Ok(row.map(|row| row.get::<String, _>(0).into()))
}

#[async_trait]
impl Rooms for Sqlite {
    async fn rooms_of(&self, viewer: &ParticipantId) -> Stored<Vec<RoomRow>> {
        self.rooms_in_phase(viewer, RoomPhase::Open).await
    }

    async fn rooms_in_phase(&self, viewer: &ParticipantId, phase: RoomPhase) -> Stored<Vec<RoomRow>> {
        let query = format!("{ROOMS} WHERE m.membership = 'join' AND r.phase = ?2 ORDER BY r.created_at, r.room_id");
        let rows = sqlx::query(&query).bind(viewer.as_str()).bind(word(phase)).fetch_all(&self.read).await?;
        rows.iter().map(room).collect()
    }

    async fn room_of(&self, viewer: &ParticipantId, id: &RoomId) -> Stored<Option<RoomRow>> {
        let query = format!("{ROOMS} WHERE m.membership = 'join' AND r.room_id = ?2");
        let row = sqlx::query(&query).bind(viewer.as_str()).bind(id.as_str()).fetch_optional(&self.read).await?;
        row.as_ref().map(room).transpose()
    }

    async fn directory(&self, viewer: &Person, filter: &RoomFilter) -> Stored<(Vec<RoomRow>, u64)> {
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

    async fn add_room(
        &self,
        room_type: RoomType,
        name: &str,
        members: &[(ParticipantId, PowerLevel)],
    ) -> Stored<RoomId> {
        let is_public = room_type == RoomType::Public;
        let new =
            NewRoom { tenant_id: DEFAULT_TENANT, room_type, name, topic: None, workspace_id: None, is_public, members };
        let mut tx = SqliteChange(self.begin_immediate().await?);
        let id = tx.insert_room(&new).await?;
        tx.0.commit().await?;
        Ok(id)
    }

    async fn direct_room(&self, a: &ParticipantId, b: &ParticipantId) -> Stored<Option<RoomId>> {
        direct_room(&mut *self.read.acquire().await?, a, b).await
    }
}

#[async_trait]
impl RoomChanges for SqliteChange {
    async fn room_for_update(&mut self, viewer: &Person, id: &RoomId) -> Stored<Option<RoomRow>> {
        let query = format!("{ROOMS} WHERE r.tenant_id = ?2 AND r.room_id = ?3");
        let row = sqlx::query(&query)
            .bind(viewer.id.as_str())
            .bind(&viewer.tenant_id)
            .bind(id.as_str())
            .fetch_optional(&mut *self.0)
            .await?;
        row.as_ref().map(room).transpose()
    }

    async fn insert_room(&mut self, new: &NewRoom<'_>) -> Stored<RoomId> {
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
        .execute(&mut *self.0)
        .await?;
        for (member, power) in new.members {
            self.put_member(&id, member, Membership::Join, *power, &creator).await?;
        }
        Ok(id)
    }

    async fn direct_room_for_update(&mut self, a: &ParticipantId, b: &ParticipantId) -> Stored<Option<RoomId>> {
        direct_room(&mut self.0, a, b).await
    }

    async fn set_room_name(&mut self, id: &RoomId, name: &str) -> Stored<()> {
        let query = sqlx::query("UPDATE rooms SET name = ? WHERE room_id = ?").bind(name).bind(id.as_str());
        query.execute(&mut *self.0).await?;
        Ok(())
    }

    async fn set_room_topic(&mut self, id: &RoomId, topic: Option<&str>) -> Stored<()> {
        let query = sqlx::query("UPDATE rooms SET topic = ? WHERE room_id = ?").bind(topic).bind(id.as_str());
        query.execute(&mut *self.0).await?;
        Ok(())
    }

    async fn set_room_phase(&mut self, id: &RoomId, phase: RoomPhase) -> Stored<()> {
        let query = sqlx::query("UPDATE rooms SET phase = ? WHERE room_id = ?").bind(word(phase)).bind(id.as_str());
        query.execute(&mut *self.0).await?;
        Ok(())
    }
}
