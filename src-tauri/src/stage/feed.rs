//! From the engine's socket to pixels, on a thread of its own.

use std::{
    sync::{Arc, Weak},
    thread,
    time::Duration,
};

use call_media::frames::{Frame, FrameClient};
use call_session::FrameEndpoint;
use parking_lot::Mutex;
use tokio::sync::watch;
use yuv::{YuvPlanarImage, YuvRange, YuvStandardMatrix};

use super::VideoSurface;

/// Buffers kept for the next frames.
const POOL: usize = 16;
/// Before a connection that failed is tried again.
const RETRY: Duration = Duration::from_millis(200);

/// How a surface wants a view.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Want {
    /// Left and right changed.
    pub(crate) mirror: bool,
}

/// A frame as pixels. Its credit goes back to the engine when it was drawn or replaced.
pub(crate) struct Picture {
    pub(crate) frame: Frame,
    pub(crate) pixels: Pixels,
}

/// Four bytes a pixel: blue, green, red, unused; rows of `width * 4` bytes. Goes back into the pool when it is dropped.
pub(crate) struct Pixels {
    bytes: Vec<u8>,
    pool: Weak<Mutex<Vec<Vec<u8>>>>,
}

impl AsMut<[u8]> for Pixels {
    fn as_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }
}

impl Drop for Pixels {
    fn drop(&mut self) {
        if let Some(pool) = self.pool.upgrade() {
            let mut pool = pool.lock();
            if pool.len() < POOL {
                pool.push(std::mem::take(&mut self.bytes));
            }
        }
    }
}

/// Feeds a surface from each engine in turn.
pub(crate) fn start(frames: watch::Receiver<Option<FrameEndpoint>>, surface: Arc<dyn VideoSurface>) {
    let run = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        match runtime {
            Ok(runtime) => runtime.block_on(feed(frames, surface)),
            Err(error) => tracing::error!(%error, "no pictures"),
        }
    };
    if let Err(error) = thread::Builder::new().name("stage".into()).spawn(run) {
        tracing::error!(%error, "no pictures");
    }
}

async fn feed(mut frames: watch::Receiver<Option<FrameEndpoint>>, surface: Arc<dyn VideoSurface>) {
    let pool = Arc::new(Mutex::new(Vec::new()));
    loop {
        let endpoint = frames.borrow_and_update().clone();
        let changed = match endpoint {
            Some(endpoint) => tokio::select! {
                changed = frames.changed() => changed,
                () = follow(&endpoint, &*surface, &pool) => frames.changed().await,
            },
            None => frames.changed().await,
        };
        if changed.is_err() {
            return;
        }
    }
}

/// Follows one engine until it ends its side or sends nonsense.
async fn follow(endpoint: &FrameEndpoint, surface: &dyn VideoSurface, pool: &Arc<Mutex<Vec<Vec<u8>>>>) {
    loop {
        let mut client = match FrameClient::connect(endpoint).await {
            Ok(client) => client,
            Err(error) => {
                tracing::warn!(%error, "no pictures yet");
                tokio::time::sleep(RETRY).await;
                continue;
            }
        };
        loop {
            match client.next().await {
                Some(Ok(frame)) => {
                    if let Some(want) = surface.wants(frame.header.view)
                        && let Some(picture) = convert(frame, want, pool)
                    {
                        surface.present(picture);
                    }
                }
                Some(Err(error)) => return tracing::warn!(%error, "no more pictures"),
                None => return,
            }
        }
    }
}

fn convert(frame: Frame, want: Want, pool: &Arc<Mutex<Vec<Vec<u8>>>>) -> Option<Picture> {
    let (width, height) = (frame.header.width, frame.header.height);
    let mut bytes = pool.lock().pop().unwrap_or_default();
    bytes.resize(width as usize * height as usize * 4, 0);
    let planes = YuvPlanarImage {
        y_plane: frame.y(),
        y_stride: width,
        u_plane: frame.u(),
        u_stride: width / 2,
        v_plane: frame.v(),
        v_stride: width / 2,
        width,
        height,
    };
    let row = width * 4;
    if let Err(error) = yuv::yuv420_to_bgra(&planes, &mut bytes, row, YuvRange::Limited, YuvStandardMatrix::Bt601) {
        tracing::warn!(%error, "a frame that cannot be drawn");
        return None;
    }
    if want.mirror {
        for row in bytes.chunks_exact_mut(row as usize) {
            row.as_chunks_mut::<4>().0.reverse();
        }
    }
    Some(Picture { frame, pixels: Pixels { bytes, pool: Arc::downgrade(pool) } })
}
