//! The main window: made when it is first needed, kept (hidden) while there is a call, given up otherwise.

use tauri::{AppHandle, Manager, WebviewUrl, WebviewWindow, WebviewWindowBuilder, Window, WindowEvent};

use crate::app::Shell;

/// The main window's label.
pub(crate) const MAIN: &str = "main";

/// Brings the main window to the front; makes it if there is none. May be called from any thread.
pub(crate) fn open_main(app: &AppHandle) {
    let handle = app.clone();
    let opened = app.run_on_main_thread(move || {
        let result = match handle.get_webview_window(MAIN) {
            Some(window) => raise(&window),
            None => build(&handle),
        };
        if let Err(error) = result {
            tracing::error!(%error, "the window does not open");
        }
        handle.state::<Shell>().stage.set_visible(true);
    });
    if let Err(error) = opened {
        tracing::error!(%error, "the window does not open");
    }
}

/// Closing the window ends neither the call nor the process: the ring works without it.
pub(crate) fn on_event(window: &Window, event: &WindowEvent) {
    if window.label() != MAIN {
        return;
    }
    let shell = window.state::<Shell>();
    match event {
        WindowEvent::CloseRequested { api, .. } => {
            shell.stage.set_visible(false);
            let in_call = shell.session.snapshots().borrow().call.is_some();
            if in_call && window.hide().is_ok() {
                // comes back in a moment, with the call as it was
                api.prevent_close();
            }
        }
        WindowEvent::ScaleFactorChanged { scale_factor, .. } => shell.stage.set_scale(*scale_factor),
        _ => {}
    }
}

fn raise(window: &WebviewWindow) -> tauri::Result<()> {
    window.show()?;
    window.unminimize()?;
    window.set_focus()
}

fn build(app: &AppHandle) -> tauri::Result<()> {
    let window = WebviewWindowBuilder::new(app, MAIN, WebviewUrl::App("index.html".into()))
        .title("ScaiWave Calls")
        .inner_size(1120.0, 740.0)
        .min_inner_size(480.0, 420.0)
        .visible(false)
        .build()?;
    app.state::<Shell>().stage.attach(&window)?;
    window.show()?;
    window.set_focus()
}
