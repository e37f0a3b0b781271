//! The tray icon, where the desktop has a place for it.

use tauri::{
    AppHandle,
    menu::{Menu, MenuItem},
    tray::TrayIconBuilder,
};

use crate::{app, windows};

const OPEN: &str = "open";
const QUIT: &str = "quit";

/// Puts the icon into the tray once it is known that there is one.
#[cfg(target_os = "linux")]
pub(crate) fn offer(app: &AppHandle) {
    let app = app.clone();
    gtk::glib::MainContext::default().spawn_local(async move {
        if has_watcher().await {
            // the library that draws it is loaded at run time; where it is missing, the crate panics
            let built = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| build(&app)));
            if !matches!(built, Ok(Ok(()))) {
                tracing::warn!("no tray icon: libayatana-appindicator3 is missing");
            }
        }
    });
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn offer(app: &AppHandle) {
    if let Err(error) = build(app) {
        tracing::warn!(%error, "no tray icon");
    }
}

fn build(app: &AppHandle) -> tauri::Result<()> {
    let open = MenuItem::with_id(app, OPEN, "Open ScaiWave Calls", true, None::<&str>)?;
    let quit = MenuItem::with_id(app, QUIT, "Quit", true, None::<&str>)?;
    let mut tray = TrayIconBuilder::with_id("main")
        .tooltip("ScaiWave Calls")
        .menu(&Menu::with_items(app, &[&open, &quit])?)
        .on_menu_event(|app, event| match event.id().as_ref() {
            OPEN => windows::open_main(app),
            QUIT => app::quit(app),
            _ => {}
        });
    if let Some(icon) = app.default_window_icon() {
        tray = tray.icon(icon.clone());
    }
    tray.build(app)?;
    Ok(())
}

/// Whether a tray is there: building the icon says Ok without one too.
#[cfg(target_os = "linux")]
async fn has_watcher() -> bool {
    use gtk::{gio, glib::variant::ToVariant};
    const ASK_MS: i32 = 2000;
    let Ok(bus) = gio::bus_get_future(gio::BusType::Session).await else { return false };
    let answer = bus
        .call_future(
            Some("org.freedesktop.DBus"),
            "/org/freedesktop/DBus",
            "org.freedesktop.DBus",
            "NameHasOwner",
            Some(&("org.kde.StatusNotifierWatcher",).to_variant()),
            None,
            gio::DBusCallFlags::NONE,
            ASK_MS,
        )
        .await;
    answer.ok().and_then(|answer| answer.get::<(bool,)>()).is_some_and(|(has_owner,)| has_owner)
}
