//! Where bytes lie: an object store behind a narrow type, so that a directory and S3 are the same to everybody else.

use std::{ops::Range, path::Path, sync::Arc};

use bytes::Bytes;
use futures_util::{StreamExt, stream::BoxStream};
use object_store::{
    GetOptions, GetRange, ObjectStore, ObjectStoreExt, WriteMultipart, local::LocalFileSystem, path::Path as Key,
};
use tokio::runtime::Handle;

/// The object store failed.
pub(super) type BlobError = object_store::Error;

/// An object store; cheap to clone.
#[derive(Clone)]
pub(super) struct Blobs {
    store: Arc<dyn ObjectStore>,
    // What an upload holds in memory, twice at most. S3 takes no parts below 5 MiB; a directory takes any.
    part: usize,
}

impl Blobs {
    /// A directory.
    pub(super) async fn local(directory: &Path) -> std::io::Result<Self> {
        let directory = directory.to_owned();
        let store = tokio::task::spawn_blocking(move || {
            std::fs::create_dir_all(&directory)?;
            remove_unfinished(&directory)?;
            LocalFileSystem::new_with_prefix(&directory).map_err(std::io::Error::other)
        })
        .await??;
        Ok(Self { store: Arc::new(store.with_fsync(true)), part: 256 * 1024 })
    }

    /// Begins to write a blob, which nobody can read before it is whole.
    pub(super) async fn begin(&self, key: &str) -> Result<Upload, BlobError> {
        let key = Key::from(key);
        let upload = self.store.put_multipart(&key).await?;
        let writer = WriteMultipart::new_with_chunk_size(upload, self.part);
        Ok(Upload { store: self.store.clone(), key, state: State::Writing(writer) })
    }

    /// Reads a blob, or some of it.
    pub(super) async fn read(
        &self,
        key: &str,
        range: Range<u64>,
    ) -> Result<BoxStream<'static, Result<Bytes, BlobError>>, BlobError> {
        if range.is_empty() {
            return Ok(futures_util::stream::empty().boxed());
        }
        let options = GetOptions { range: Some(GetRange::Bounded(range)), ..GetOptions::default() };
        Ok(self.store.get_opts(&Key::from(key), options).await?.into_stream())
    }

    /// Reads a whole blob into memory.
    pub(super) async fn load(&self, key: &str) -> Result<Bytes, BlobError> {
        self.store.get(&Key::from(key)).await?.bytes().await
    }
}

/// A blob being written. Dropped before [`Self::keep`], for whatever reason, it leaves nothing behind.
pub(super) struct Upload {
    store: Arc<dyn ObjectStore>,
    key: Key,
    state: State,
}

enum State {
    Writing(WriteMultipart),
    Whole,
    Kept,
}

impl Upload {
    /// Takes the next bytes; waits while the part before is still being written.
    pub(super) async fn write(&mut self, bytes: &[u8]) -> Result<(), BlobError> {
        if let State::Writing(writer) = &mut self.state {
            for piece in bytes.chunks(64 * 1024) {
                writer.wait_for_capacity(1).await?;
                writer.write(piece);
            }
        }
        Ok(())
    }

    /// Completes the blob; it can be read from now on.
    pub(super) async fn finish(&mut self) -> Result<(), BlobError> {
        // From here on there may be a blob to delete, also if nobody waits for the end.
        match std::mem::replace(&mut self.state, State::Whole) {
            State::Writing(writer) => writer.finish().await.map(drop),
            State::Whole | State::Kept => Ok(()),
        }
    }

    /// The blob stays.
    pub(super) fn keep(mut self) {
        self.state = State::Kept;
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        let (store, key) = (self.store.clone(), self.key.clone());
        let state = std::mem::replace(&mut self.state, State::Kept);
        let (State::Writing(_) | State::Whole, Ok(runtime)) = (&state, Handle::try_current()) else { return };
        runtime.spawn(async move {
            let cleaned = match state {
                State::Writing(writer) => writer.abort().await,
                State::Whole => store.delete(&key).await,
                State::Kept => Ok(()),
            };
            match cleaned {
                Ok(()) | Err(BlobError::NotFound { .. }) => {}
                Err(e) => tracing::warn!(%key, cause = %e, "what is left of an upload could not be removed"),
            }
        });
    }
}

/// Removes what a killed process was writing: the object store names such files `…#…`.
fn remove_unfinished(directory: &Path) -> std::io::Result<()> {
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            remove_unfinished(&entry.path())?;
        } else if entry.file_name().as_encoded_bytes().contains(&b'#') {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}
