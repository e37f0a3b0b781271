//! Embeds the built webview and makes a permission of each command, so that `capabilities/` decides which window may call what.

fn main() {
    let commands = tauri_build::AppManifest::new().commands(&[
        "snapshot",
        "dispatch",
        "set_stage",
        "stage_kind",
        "open_window",
        "quit",
    ]);
    tauri_build::try_build(tauri_build::Attributes::new().app_manifest(commands))
        .expect("tauri.conf.json or capabilities/ is wrong");
}
