use async_trait::async_trait;
use call_model::{EventId, MediaId, ParticipantId};
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

use super::{Sqlite, SqliteChange};
use crate::store::{Media, MediaChanges, MediaRow, Person, Stored, timestamp};

const VISIBLE: &str = "SELECT m.* FROM media m
     WHERE m.media_id = ?1 AND m.tenant_id = ?2 AND (m.uploader_id = ?3 OR EXISTS (
         SELECT 1 FROM media_events c JOIN events e USING (event_id) JOIN members r USING (room_id)
         WHERE c.media_id IN (m.media_id, (SELECT p.media_id FROM media p WHERE p.thumbnail_id = m.media_id))
           AND e.redacted_at IS NULL AND r.participant_id = ?3 AND r.membership = 'join'))";

fn media(row: &SqliteRow) -> Stored<MediaRow> {
    let number = |column| row.get::<Option<i64>, _>(column).map(i64::unsigned_abs);
    let side = |column| number(column).and_then(|side| u32::try_from(side).ok());
    Ok(MediaRow {
        id: row.get::<String, _>("media_id").into(),
        tenant_id: row.get("tenant_id"),
        uploader: row.get::<Option<String>, _>("uploader_id").map(Into::into),
        blob_key: row.get("blob_key"),
        file_name: row.get("file_name"),
        mime_type: row.get("mime_type"),
        size: row.get::<i64, _>("size").unsigned_abs(),
        sha256: row.get("sha256"),
        pixels: side("width").zip(side("height")),
        duration_ms: number("duration_ms"),
        thumbnail: row.get::<Option<String>, _>("thumbnail_id").map(Into::into),
        created_at: timestamp(row.get("created_at"))?,
    })
}

async fn visible(db: &mut SqliteConnection, viewer: &Person, id: &MediaId) -> Stored<Option<MediaRow>> {
    let row = sqlx::query(VISIBLE)
        .bind(id.as_str())
        .bind(&viewer.tenant_id)
        .bind(viewer.id.as_str())
        .fetch_optional(db)
        .await?;
    row.as_ref().map(media).transpose()
}

#[async_trait]
impl Media for Sqlite {
    async fn media_of(&self, viewer: &Person, id: &MediaId) -> Stored<Option<MediaRow>> {
        visible(&mut *self.read.acquire().await?, viewer, id).await
    }

    async fn media(&self, id: &MediaId) -> Stored<Option<MediaRow>> {
        let row =
            sqlx::query("SELECT * FROM media WHERE media_id = ?").bind(id.as_str()).fetch_optional(&self.read).await?;
        row.as_ref().map(media).transpose()
    }
}

#[async_trait]
impl MediaChanges for SqliteChange {
    async fn add_media(&mut self, new: &MediaRow) -> Stored<()> {
        let signed = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        sqlx::query("INSERT INTO media VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
            .bind(new.id.as_str())
            .bind(&new.tenant_id)
            .bind(new.uploader.as_ref().map(ParticipantId::as_str))
            .bind(&new.blob_key)
            .bind(&new.file_name)
            .bind(&new.mime_type)
            .bind(signed(new.size))
            .bind(&new.sha256)
            .bind(new.pixels.map(|(width, _)| width))
            .bind(new.pixels.map(|(_, height)| height))
            .bind(new.duration_ms.map(signed))
            .bind(new.thumbnail.as_ref().map(MediaId::as_str))
            .bind(new.created_at.as_millisecond())
            .execute(&mut *self.0)
            .await?;
        Ok(())
    }

    async fn share_media(&mut self, sender: &Person, id: &MediaId, event: &EventId) -> Stored<bool> {
        let seen = visible(&mut self.0, sender, id).await?.is_some();
        if seen {
            self.attach_media(id, event).await?;
        }
        Ok(seen)
    }

    async fn attach_media(&mut self, id: &MediaId, event: &EventId) -> Stored<()> {
        sqlx::query("INSERT INTO media_events VALUES (?, ?) ON CONFLICT DO NOTHING")
            .bind(id.as_str())
            .bind(event.as_str())
            .execute(&mut *self.0)
            .await?;
        Ok(())
    }
}
