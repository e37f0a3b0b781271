//! Files: taken in as a stream, looked at, kept in the object store, given out to who may see them.

mod blobs;
mod kind;
mod signed;
mod thumbnail;

use std::ops::Range;

use axum::body::Body;
use call_model::MediaId;
use scaiwave_wire::{ErrorCode, SignedUrl};
use sha2::{Digest, Sha256};
use uuid::Uuid;

pub(crate) use self::kind::shown_inline;
use self::{
    blobs::{BlobError, Blobs, Upload},
    signed::SignedUrls,
    thumbnail::{Thumbnail, Thumbnails},
};
use crate::{
    config::Settings,
    error::{Answer, Failure},
    store::{MediaRow, Person, Store, now, timestamp},
};

/// Keeps files.
pub(crate) struct Media {
    store: Store,
    blobs: Blobs,
    thumbnails: Thumbnails,
    signed: SignedUrls,
    /// The largest file, bytes.
    pub(crate) max_bytes: u64,
}

/// A file on its way in. Dropped before [`Media::keep`], it leaves nothing behind.
pub(crate) struct Incoming {
    id: MediaId,
    upload: Upload,
    hash: Sha256,
    size: u64,
    max_bytes: u64,
    head: Vec<u8>,
}

/// What the uploader says about a file.
#[derive(Debug)]
pub(crate) struct Said {
    /// Any text.
    pub(crate) file_name: String,
    /// Believed only where it can do no harm.
    pub(crate) mime_type: Option<String>,
}

impl From<BlobError> for Failure {
    fn from(e: BlobError) -> Self {
        Self::internal(format_args!("object store: {e}"))
    }
}

/// There is none, as far as the caller may know.
pub(crate) fn no_such_media() -> Failure {
    Failure::new(ErrorCode::MediaNotFound, "There is no such media for you.")
}

impl Media {
    /// Opens the object store of a data directory.
    pub(crate) async fn open(store: Store, settings: &Settings) -> anyhow::Result<Self> {
        Ok(Self {
            store,
            blobs: Blobs::local(&settings.data_dir.join("blobs")).await?,
            thumbnails: Thumbnails::default(),
            signed: SignedUrls::open(&settings.data_dir, settings.signed_url)?,
            max_bytes: settings.max_upload,
        })
    }

    /// Begins to take a file in.
    pub(crate) async fn begin(&self) -> Answer<Incoming> {
        let id = MediaId::new(format!("med-{}", Uuid::new_v4().simple()));
        let upload = self.blobs.begin(&blob_key(&id)).await?;
        Ok(Incoming { id, upload, hash: Sha256::new(), size: 0, max_bytes: self.max_bytes, head: Vec::new() })
    }

    /// Keeps a file that came in whole, with a thumbnail where it is a picture.
    pub(crate) async fn keep(&self, mut incoming: Incoming, uploader: &Person, said: Said) -> Answer<MediaRow> {
        if incoming.size == 0 {
            return Err(Failure::validation("file: is empty"));
        }
        incoming.upload.finish().await?;
        let mut row = MediaRow {
            blob_key: blob_key(&incoming.id),
            id: incoming.id,
            tenant_id: uploader.tenant_id.clone(),
            uploader: Some(uploader.id.clone()),
            file_name: kind::safe_name(&said.file_name),
            mime_type: kind::mime_type(&incoming.head, said.mime_type.as_deref()).to_owned(),
            size: incoming.size,
            sha256: hex(&incoming.hash.finalize()),
            pixels: None,
            duration_ms: None,
            thumbnail: None,
            created_at: timestamp(now().0)?,
        };
        let mut small = None;
        if let Some(picture) = self.thumbnails.look(&self.blobs, &row).await {
            row.pixels = Some(picture.pixels);
            if let Some(thumbnail) = picture.thumbnail {
                small = Some(self.keep_thumbnail(&mut row, thumbnail).await?);
            }
        }
        let mut tx = self.store.begin().await?;
        if let Some((row, _)) = &small {
            tx.add_media(row).await?;
        }
        tx.add_media(&row).await?;
        tx.commit().await?;
        incoming.upload.keep();
        if let Some((_, upload)) = small {
            upload.keep();
        }
        Ok(row)
    }

    async fn keep_thumbnail(&self, of: &mut MediaRow, thumbnail: Thumbnail) -> Answer<(MediaRow, Upload)> {
        let id = MediaId::new(format!("med-thumb-{}", Uuid::new_v4().simple()));
        let mut upload = self.blobs.begin(&blob_key(&id)).await?;
        upload.write(&thumbnail.bytes).await?;
        upload.finish().await?;
        of.thumbnail = Some(id.clone());
        let row = MediaRow {
            blob_key: blob_key(&id),
            id,
            file_name: format!("thumbnail.{}", thumbnail.extension),
            mime_type: thumbnail.mime_type.to_owned(),
            size: thumbnail.bytes.len() as u64,
            sha256: hex(&Sha256::digest(&thumbnail.bytes)),
            pixels: Some(thumbnail.pixels),
            thumbnail: None,
            ..of.clone()
        };
        Ok((row, upload))
    }

    /// A file, for somebody who may see it; for everybody else it does not exist.
    pub(crate) async fn visible(&self, viewer: &Person, id: &MediaId) -> Answer<MediaRow> {
        self.store.media_of(viewer, id).await?.ok_or_else(no_such_media)
    }

    /// The bytes of a file, or some of them.
    pub(crate) async fn read(&self, row: &MediaRow, range: Range<u64>) -> Answer<Body> {
        Ok(Body::from_stream(self.blobs.read(&row.blob_key, range).await?))
    }

    /// An address of a file that needs no token for a while.
    pub(crate) fn sign(&self, id: &MediaId) -> Answer<SignedUrl> {
        self.signed.sign(id)
    }

    /// The file of a signed address.
    pub(crate) async fn signed(&self, id: &MediaId, expires: i64, signature: &str) -> Answer<MediaRow> {
        self.signed.check(id, expires, signature)?;
        self.store.media(id).await?.ok_or_else(no_such_media)
    }
}

impl Incoming {
    /// Takes the next bytes.
    pub(crate) async fn write(&mut self, bytes: &[u8]) -> Answer<()> {
        self.size += bytes.len() as u64;
        if self.size > self.max_bytes {
            return Err(too_large(self.max_bytes));
        }
        self.hash.update(bytes);
        let missing = kind::HEAD_BYTES.saturating_sub(self.head.len());
        self.head.extend_from_slice(&bytes[..bytes.len().min(missing)]);
        Ok(self.upload.write(bytes).await?)
    }
}

/// A file above the limit.
pub(crate) fn too_large(max_bytes: u64) -> Failure {
    let message = format!("file: at most {} MB (SCAIWAVE_MAX_UPLOAD_MB)", max_bytes >> 20);
    Failure::new(ErrorCode::ContentTooLarge, message)
}

fn blob_key(id: &MediaId) -> String {
    format!("media/{id}")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
