//! Files of messages and recordings: what is known about them, and who may see them.

use call_model::{EventId, MediaId, ParticipantId};
use scaiwave_wire::Timestamp;
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

use super::{Person, Store, Write, timestamp};

/// A file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaRow {
    /// Which.
    pub id: MediaId,
    /// Of which tenant.
    pub tenant_id: String,
    /// Who uploaded it; nobody, if the server made it itself: then only the rooms it was posted to see it.
    pub uploader: Option<ParticipantId>,
    /// Where its bytes lie in the object store.
    pub blob_key: String,
    /// Made safe already.
    pub file_name: String,
    /// What the content looks like.
    pub mime_type: String,
    /// Bytes.
    pub size: u64,
    /// As hex.
    pub sha256: String,
    /// Pixels as shown, width and height.
    pub pixels: Option<(u32, u32)>,
    /// Of sound and video.
    pub duration_ms: Option<u64>,
    /// A small picture of it, a row of its own.
    pub thumbnail: Option<MediaId>,
    /// When.
    pub created_at: Timestamp,
}

// Seen by who uploaded it and by the members of rooms with an event that carries it, which a redacted one no longer does. A thumbnail
// is seen with what it shows.
const VISIBLE: &str = "SELECT m.* FROM media m
     WHERE m.media_id = ?1 AND m.tenant_id = ?2 AND (m.uploader_id = ?3 OR EXISTS (
         SELECT 1 FROM media_events c JOIN events e USING (event_id) JOIN members r USING (room_id)
         WHERE c.media_id IN (m.media_id, (SELECT p.media_id FROM media p WHERE p.thumbnail_id = m.media_id))
           AND e.redacted_at IS NULL AND r.participant_id = ?3 AND r.membership = 'join'))";

fn media(row: &SqliteRow) -> Result<MediaRow, sqlx::Error> {
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

async fn visible(db: &mut SqliteConnection, viewer: &Person, id: &MediaId) -> Result<Option<MediaRow>, sqlx::Error> {
    let row = sqlx::query(VISIBLE)
        .bind(id.as_str())
        .bind(&viewer.tenant_id)
        .bind(viewer.id.as_str())
        .fetch_optional(db)
        .await?;
    row.as_ref().map(media).transpose()
}

impl Store {
    /// Adds a file that lies in the object store, after its thumbnail if it has one. A recording is added without an uploader, and
    /// seen once an event carries it ([`Self::attach_media`]).
    pub async fn add_media(&self, tx: &mut Write, new: &MediaRow) -> Result<(), sqlx::Error> {
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
            .execute(&mut **tx)
            .await
            .map(drop)
    }

    /// A file, for somebody who may see it.
    pub async fn media_of(&self, viewer: &Person, id: &MediaId) -> Result<Option<MediaRow>, sqlx::Error> {
        visible(&mut *self.read.acquire().await?, viewer, id).await
    }

    /// A file, whoever asks.
    pub async fn media(&self, id: &MediaId) -> Result<Option<MediaRow>, sqlx::Error> {
        let row =
            sqlx::query("SELECT * FROM media WHERE media_id = ?").bind(id.as_str()).fetch_optional(&self.read).await?;
        row.as_ref().map(media).transpose()
    }

    /// Shows a file to whoever sees an event; `false`, and nothing is written, if the sender cannot see it themselves.
    pub async fn share_media(
        &self,
        tx: &mut Write,
        sender: &Person,
        id: &MediaId,
        event: &EventId,
    ) -> Result<bool, sqlx::Error> {
        let seen = visible(tx, sender, id).await?.is_some();
        if seen {
            self.attach_media(tx, id, event).await?;
        }
        Ok(seen)
    }

    /// Shows a file to whoever sees an event.
    pub async fn attach_media(&self, tx: &mut Write, id: &MediaId, event: &EventId) -> Result<(), sqlx::Error> {
        sqlx::query("INSERT INTO media_events VALUES (?, ?) ON CONFLICT DO NOTHING")
            .bind(id.as_str())
            .bind(event.as_str())
            .execute(&mut **tx)
            .await
            .map(drop)
    }
}
