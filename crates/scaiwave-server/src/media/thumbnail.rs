//! Small pictures. Decoding is the one place where a small upload can ask for much memory and time, so it is bounded: in bytes read,
//! in pixels, in memory, and in how many at once.

use std::{io::Cursor, sync::Arc};

use bytes::Bytes;
use image::{
    DynamicImage, ImageDecoder, ImageFormat, ImageReader, ImageResult, Limits,
    codecs::jpeg::JpegEncoder,
    metadata::Orientation::{self, Rotate90, Rotate90FlipH, Rotate270, Rotate270FlipH},
};
use tokio::sync::Semaphore;

use super::blobs::Blobs;
use crate::store::MediaRow;

/// Larger files get no thumbnail.
const MAX_BYTES: u64 = 32 << 20;
/// Larger pictures get no thumbnail; a camera's 24 megapixels do.
const MAX_PIXELS: u64 = 25_000_000;
/// What a decoder may take.
const MAX_MEMORY: u64 = 128 << 20;
/// The longer side.
const SIDE: u32 = 320;
const QUALITY: u8 = 80;
const PARALLEL: usize = 2;

/// Makes thumbnails, a few at a time.
pub(super) struct Thumbnails {
    turns: Arc<Semaphore>,
}

/// What a picture shows of itself.
pub(super) struct Picture {
    /// As shown, width and height.
    pub(super) pixels: (u32, u32),
    /// None, if making it would cost too much or the file is damaged.
    pub(super) thumbnail: Option<Thumbnail>,
}

/// A small picture.
pub(super) struct Thumbnail {
    pub(super) bytes: Vec<u8>,
    pub(super) mime_type: &'static str,
    pub(super) extension: &'static str,
    pub(super) pixels: (u32, u32),
}

impl Default for Thumbnails {
    fn default() -> Self {
        Self { turns: Arc::new(Semaphore::new(PARALLEL)) }
    }
}

impl Thumbnails {
    /// Looks at a file; `None` for what is no picture. A picture that cannot be decoded is still a file to be kept.
    pub(super) async fn look(&self, blobs: &Blobs, row: &MediaRow) -> Option<Picture> {
        let format = ImageFormat::from_mime_type(&row.mime_type).filter(ImageFormat::reading_enabled)?;
        if row.size > MAX_BYTES {
            return None;
        }
        let turn = self.turns.clone().acquire_owned().await.ok()?;
        let looked = match blobs.load(&row.blob_key).await {
            Ok(bytes) => {
                let look = move || {
                    let _turn = turn;
                    look(&bytes, format)
                };
                tokio::task::spawn_blocking(look).await
            }
            Err(e) => {
                tracing::warn!(media = %row.id, cause = %e, "a picture could not be read back");
                return None;
            }
        };
        match looked {
            Ok(Ok(picture)) => Some(picture),
            Ok(Err(e)) => {
                tracing::debug!(media = %row.id, cause = %e, "not a picture that can be decoded");
                None
            }
            Err(e) => {
                tracing::warn!(media = %row.id, cause = %e, "the decoder of a picture panicked");
                None
            }
        }
    }
}

fn look(bytes: &Bytes, format: ImageFormat) -> ImageResult<Picture> {
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_MEMORY);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    let mut decoder = reader.into_decoder()?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let (width, height) = decoder.dimensions();
    let lies = matches!(orientation, Rotate90 | Rotate270 | Rotate90FlipH | Rotate270FlipH);
    let pixels = if lies { (height, width) } else { (width, height) };
    let bearable = u64::from(width) * u64::from(height) <= MAX_PIXELS && decoder.total_bytes() <= MAX_MEMORY;
    let thumbnail = bearable.then(|| shrink(decoder, orientation)).and_then(Result::ok);
    Ok(Picture { pixels, thumbnail })
}

fn shrink(decoder: impl ImageDecoder, orientation: Orientation) -> ImageResult<Thumbnail> {
    let mut picture = DynamicImage::from_decoder(decoder)?;
    if picture.width().max(picture.height()) > SIDE {
        picture = picture.thumbnail(SIDE, SIDE);
    }
    picture.apply_orientation(orientation);
    let mut bytes = Vec::new();
    let (mime_type, extension) = if picture.color().has_alpha() {
        picture.to_rgba8().write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png)?;
        ("image/png", "png")
    } else {
        picture.to_rgb8().write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, QUALITY))?;
        ("image/jpeg", "jpg")
    };
    Ok(Thumbnail { bytes, mime_type, extension, pixels: (picture.width(), picture.height()) })
}
