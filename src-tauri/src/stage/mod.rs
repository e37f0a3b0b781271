//! The pictures of a call: who draws them, where they stand, and what the engine is asked for.
//!
//! On Linux a native surface below the transparent webview draws them ([`native`]); elsewhere, and with `SCAIWAVE_CALLS_STAGE=web`,
//! the webview does, from the same socket.

#[cfg(target_os = "linux")]
mod feed;
mod geometry;
#[cfg(target_os = "linux")]
mod mask;
#[cfg(target_os = "linux")]
mod native;
#[cfg(target_os = "linux")]
mod pace;

use std::sync::Arc;

use call_session::{FrameEndpoint, Session, UserCommand, UserError};
use serde::Serialize;
use tauri::{AppHandle, Emitter, Manager, WebviewWindow, async_runtime};
use tokio::sync::watch;
use ts_rs::TS;

pub(crate) use self::geometry::StageLayout;
use crate::{environment::STAGE_ENV, report::Report};

/// Who draws the pictures of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[ts(export)]
pub(crate) enum StageKind {
    /// The shell, below the webview: leave the tiles transparent.
    Native,
    /// The webview, from `ws://127.0.0.1:{port}/`; the first message is `{"secret": …}`.
    WebSocket {
        /// On 127.0.0.1.
        port: u16,
        /// Random, for each start of the engine.
        secret: String,
    },
    /// The webview, but there is no engine now.
    None,
}

/// What a window draws now.
#[derive(Clone, Default)]
struct Asked {
    layout: Arc<StageLayout>,
    scale: f64,
    visible: bool,
}

/// The stage of the main window.
pub(crate) struct Stage {
    asked: watch::Sender<Asked>,
    frames: watch::Receiver<Option<FrameEndpoint>>,
    #[cfg(target_os = "linux")]
    native: Option<Arc<native::NativeSurface>>,
}

impl Stage {
    /// Follows the session's engines from now on.
    pub(crate) fn start(session: &Session, report: Report) -> Self {
        let (asked, changes) = watch::channel(Asked::default());
        async_runtime::spawn(ask_engine(session.clone(), changes));
        let frames = session.frames();
        #[cfg(target_os = "linux")]
        let native = draws_natively().then(|| {
            let surface = Arc::new(native::NativeSurface::new(report));
            feed::start(frames.clone(), surface.clone());
            surface
        });
        #[cfg(not(target_os = "linux"))]
        drop(report);
        Self {
            asked,
            frames,
            #[cfg(target_os = "linux")]
            native,
        }
    }

    /// Who draws.
    pub(crate) fn kind(&self) -> StageKind {
        if self.is_native() {
            return StageKind::Native;
        }
        web_kind(self.frames.borrow().as_ref())
    }

    /// Takes its place in a new main window.
    pub(crate) fn attach(&self, window: &WebviewWindow) -> tauri::Result<()> {
        #[cfg(target_os = "linux")]
        if let Some(surface) = &self.native {
            return surface.attach(window);
        }
        tell_changes(window.app_handle().clone(), self.frames.clone());
        Ok(())
    }

    /// Which pictures are drawn and where, whole.
    pub(crate) fn set_layout(&self, layout: StageLayout, scale: f64) {
        self.change(|asked| (asked.layout, asked.scale) = (Arc::new(layout), scale));
    }

    /// The window moved to another screen.
    pub(crate) fn set_scale(&self, scale: f64) {
        self.change(|asked| asked.scale = scale);
    }

    /// Nothing is asked for while nobody can see it.
    pub(crate) fn set_visible(&self, visible: bool) {
        self.change(|asked| asked.visible = visible);
    }

    fn change(&self, change: impl FnOnce(&mut Asked)) {
        self.asked.send_modify(change);
        #[cfg(target_os = "linux")]
        if let Some(surface) = &self.native {
            let asked = self.asked.borrow();
            surface.place(asked.layout.clone());
        }
    }

    #[cfg(target_os = "linux")]
    fn is_native(&self) -> bool {
        self.native.is_some()
    }

    #[cfg(not(target_os = "linux"))]
    fn is_native(&self) -> bool {
        false
    }
}

/// Somewhere pictures are drawn: the native stage now; picture-in-picture and a share in its own window can follow.
#[cfg(target_os = "linux")]
pub(crate) trait VideoSurface: Send + Sync {
    /// Which pictures it draws and where, whole.
    fn place(&self, layout: Arc<StageLayout>);
    /// Whether it draws this view, and how: frames of other views are given back undrawn.
    fn wants(&self, view: u32) -> Option<feed::Want>;
    /// The newest picture of a view; it replaces one that was not drawn yet.
    fn present(&self, picture: feed::Picture);
}

#[cfg(target_os = "linux")]
fn draws_natively() -> bool {
    std::env::var_os(STAGE_ENV).is_none_or(|stage| stage != "web")
}

fn web_kind(endpoint: Option<&FrameEndpoint>) -> StageKind {
    match endpoint {
        Some(FrameEndpoint { port, secret }) => StageKind::WebSocket { port: *port, secret: secret.0.clone() },
        None => StageKind::None,
    }
}

/// Tells the webview of each new engine.
fn tell_changes(app: AppHandle, mut frames: watch::Receiver<Option<FrameEndpoint>>) {
    async_runtime::spawn(async move {
        while frames.changed().await.is_ok() {
            let kind = web_kind(frames.borrow_and_update().as_ref());
            if let Err(error) = app.emit("stage", kind) {
                tracing::warn!(%error, "the window was not told of the new engine");
            }
        }
    });
}

/// Asks the engine for what is drawn; of several changes, for the newest.
async fn ask_engine(session: Session, mut changes: watch::Receiver<Asked>) {
    let mut last = Vec::new();
    while changes.changed().await.is_ok() {
        let asked = changes.borrow_and_update().clone();
        let tiles = if asked.visible { asked.layout.drawn(asked.scale) } else { Vec::new() };
        if tiles == last {
            continue;
        }
        match session.dispatch(UserCommand::ShowVideo { tiles: tiles.clone() }).await {
            Ok(()) => last = tiles,
            Err(UserError { code, message }) => tracing::debug!(code, message, "nothing to draw"),
        }
    }
}
