use async_trait::async_trait;
use call_model::{ParticipantId, UnixMillis};
use scaiwave_wire::ChosenPresence;
use sqlx::{Row, sqlite::SqliteRow};

use super::Sqlite;
use crate::store::{Presence, Stored, from_word, presence::CROWD, word};

fn ids(rows: &[SqliteRow]) -> Vec<ParticipantId> {
    rows.iter().map(|row| row.get::<String, _>("participant_id").into()).collect()
}

#[async_trait]
impl Presence for Sqlite {
    async fn chosen_presences(&self) -> Stored<Vec<(ParticipantId, ChosenPresence)>> {
        let rows = sqlx::query("SELECT participant_id, presence FROM participants WHERE presence IS NOT NULL")
            .fetch_all(&self.read)
            .await?;
        rows.iter().zip(ids(&rows)).map(|(row, id)| Ok((id, from_word(row.get("presence"))?))).collect()
    }

    async fn set_chosen_presence(&self, who: &ParticipantId, chosen: Option<ChosenPresence>) -> Stored<()> {
        sqlx::query("UPDATE participants SET presence = ? WHERE participant_id = ?")
            .bind(chosen.map(word))
            .bind(who.as_str())
            .execute(&self.write)
            .await?;
        Ok(())
    }

    async fn acquaintances(&self, who: &ParticipantId) -> Stored<Vec<ParticipantId>> {
        let rows = sqlx::query(
            "SELECT DISTINCT o.participant_id FROM members m JOIN members o USING (room_id)
             WHERE m.participant_id = ?1 AND m.membership = 'join' AND o.membership = 'join' AND o.participant_id <> ?1
               AND (SELECT count(*) FROM members c WHERE c.room_id = m.room_id AND c.membership = 'join') <= ?2",
        )
        .bind(who.as_str())
        .bind(CROWD)
        .fetch_all(&self.read)
        .await?;
        Ok(ids(&rows))
    }

    async fn direct_partners(&self, who: &ParticipantId, since: UnixMillis) -> Stored<Vec<ParticipantId>> {
        let rows = sqlx::query(
            "SELECT DISTINCT o.participant_id FROM members m JOIN members o USING (room_id) JOIN rooms r USING (room_id)
             WHERE m.participant_id = ?1 AND m.membership = 'join' AND o.membership = 'join' AND o.participant_id <> ?1
               AND r.room_type = 'dm'
               AND EXISTS (SELECT 1 FROM events e WHERE e.room_id = r.room_id AND e.event_type = ?2 AND e.created_at > ?3)",
        )
        .bind(who.as_str())
        .bind(scaiwave_wire::EVENT_MESSAGE)
        .bind(since.0)
        .fetch_all(&self.read)
        .await?;
        Ok(ids(&rows))
    }

    async fn participant_types(&self, tenant: &str, ids: &[ParticipantId]) -> Stored<Vec<(ParticipantId, String)>> {
        let mut query = sqlx::QueryBuilder::new("SELECT participant_id, participant_type FROM participants");
        query.push(" WHERE tenant_id = ").push_bind(tenant).push(" AND participant_id IN (");
        let mut list = query.separated(", ");
        for id in ids {
            list.push_bind(id.as_str());
        }
        let rows = query.push(")").build().fetch_all(&self.read).await?;
        Ok(rows.iter().zip(self::ids(&rows)).map(|(row, id)| (id, row.get("participant_type"))).collect())
    }
}
