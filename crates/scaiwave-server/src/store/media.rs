//! Files of messages and recordings: what is known about them, and who may see them.

use async_trait::async_trait;
use call_model::{EventId, MediaId, ParticipantId};
use scaiwave_wire::Timestamp;

use super::{Person, Stored};

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

/// Files as they are. One is seen by who uploaded it and by the members of rooms with an event that carries it, which a redacted
/// one no longer does. A thumbnail is seen with what it shows.
#[async_trait]
pub trait Media {
    /// A file, for somebody who may see it.
    async fn media_of(&self, viewer: &Person, id: &MediaId) -> Stored<Option<MediaRow>>;

    /// A file, whoever asks.
    async fn media(&self, id: &MediaId) -> Stored<Option<MediaRow>>;
}

/// Files being added and shown.
#[async_trait]
pub trait MediaChanges {
    /// Adds a file that lies in the object store, after its thumbnail if it has one. A recording is added without an uploader, and
    /// seen once an event carries it ([`Self::attach_media`]).
    async fn add_media(&mut self, new: &MediaRow) -> Stored<()>;

    /// Shows a file to whoever sees an event; `false`, and nothing is written, if the sender cannot see it themselves.
    async fn share_media(&mut self, sender: &Person, id: &MediaId, event: &EventId) -> Stored<bool>;

    /// Shows a file to whoever sees an event.
    async fn attach_media(&mut self, id: &MediaId, event: &EventId) -> Stored<()>;
}
