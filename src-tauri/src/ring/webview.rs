//! The ring window as a webview (`ring.html`), where there is no GTK.

use call_session::{Session, view::Ring};
use tauri::{AppHandle, Manager, WebviewUrl, WebviewWindowBuilder, async_runtime};

use super::Face;
use crate::app::Shell;

const LABEL: &str = "ring";

/// Opens the window with the first ring and closes it with the last; the page draws whatever rings from the snapshot.
pub(crate) fn follow(app: &AppHandle) {
    let (app, session) = (app.clone(), app.state::<Shell>().session.clone());
    async_runtime::spawn(watch(app, session));
}

async fn watch(app: AppHandle, session: Session) {
    let mut snapshots = session.snapshots();
    loop {
        let first = snapshots.borrow_and_update().rings.iter().find(|ring| ring.pops_up).cloned();
        let window = app.get_webview_window(LABEL);
        let changed = match (first, window) {
            (Some(ring), None) => open(&app, &ring),
            (None, Some(window)) => window.destroy(),
            _ => Ok(()),
        };
        if let Err(error) = changed {
            tracing::error!(%error, "the ring window");
        }
        if snapshots.changed().await.is_err() {
            return;
        }
    }
}

fn open(app: &AppHandle, ring: &Ring) -> tauri::Result<()> {
    WebviewWindowBuilder::new(app, LABEL, WebviewUrl::App("ring.html".into()))
        .title(Face::of(ring).title)
        .inner_size(380.0, 190.0)
        .resizable(false)
        .decorations(false)
        .always_on_top(true)
        .focused(false)
        .build()?;
    Ok(())
}
