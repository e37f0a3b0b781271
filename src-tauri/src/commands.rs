//! What the webview may ask for; nothing else crosses. `capabilities/` says which window may call which.

use std::sync::Arc;

use call_session::{Snapshot, UserCommand, UserError};
use tauri::{AppHandle, State, WebviewWindow, ipc::Invoke};

use crate::{
    app::Shell,
    stage::{StageKind, StageLayout},
    windows,
};

/// Every command, for the builder.
pub(crate) fn handler() -> impl Fn(Invoke) -> bool + Send + Sync + 'static {
    tauri::generate_handler![snapshot, dispatch, set_stage, stage_kind, open_window, quit]
}

/// All there is to draw, as of now; the event `snapshot` brings each that follows.
#[tauri::command]
fn snapshot(shell: State<'_, Shell>) -> Arc<Snapshot> {
    shell.session.snapshots().borrow().clone()
}

/// Something the person asked for. The ring window may answer and reject, no more.
#[tauri::command]
async fn dispatch(window: WebviewWindow, shell: State<'_, Shell>, command: UserCommand) -> Result<(), UserError> {
    let about_a_ring = matches!(command, UserCommand::Answer { .. } | UserCommand::Reject { .. });
    if window.label() != windows::MAIN && !about_a_ring {
        return Err(refusal("not_allowed", "This window may only answer or reject."));
    }
    shell.session.dispatch(command).await
}

/// Which pictures the main window draws and where, whole.
///
/// Not `async`: layouts stay in the order in which they were asked for.
#[tauri::command]
fn set_stage(window: WebviewWindow, shell: State<'_, Shell>, layout: StageLayout) -> Result<(), UserError> {
    if !layout.is_sound() {
        return Err(refusal("bad_layout", "The window asked for pictures at impossible places."));
    }
    let scale = window.scale_factor().unwrap_or(1.0);
    shell.stage.set_layout(layout, scale);
    Ok(())
}

/// Who draws the pictures; the event `stage` says when that changes.
#[tauri::command]
fn stage_kind(shell: State<'_, Shell>) -> StageKind {
    shell.stage.kind()
}

/// Brings the main window to the front.
#[tauri::command]
async fn open_window(app: AppHandle) {
    windows::open_main(&app);
}

/// Leaves the call and ends the app.
#[tauri::command]
async fn quit(app: AppHandle) {
    crate::app::quit(&app);
}

fn refusal(code: &str, message: &str) -> UserError {
    UserError { code: code.into(), message: message.into() }
}
