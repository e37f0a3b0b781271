//! What must stand in the environment before GTK and WebKit look at it.

/// Chooses the path for pictures: `web` draws them in the webview, on Linux too.
pub(crate) const STAGE_ENV: &str = "SCAIWAVE_CALLS_STAGE";

/// Switches the GPU off for what shows the page, where it would be slow or lose HTML over the video. The first thing `main` does.
#[cfg(target_os = "linux")]
pub(crate) fn prepare() {
    // Without a GPU WebKit's renderer runs on llvmpipe: a quarter of the frames at three times the cost. And with a native stage
    // below the webview some of the HTML above it went missing.
    let native_stage = std::env::var_os(STAGE_ENV).is_none_or(|stage| stage != "web");
    if native_stage || !has_render_node() {
        set_default("WEBKIT_DISABLE_DMABUF_RENDERER", "1");
        // GTK would load the system's OpenGL at the start and never use it: 15 MB, of which most is a compiler
        set_default("GDK_GL", "disable");
    }
}

/// What the person has set stays.
#[cfg(target_os = "linux")]
fn set_default(name: &str, value: &str) {
    if std::env::var_os(name).is_none() {
        // SAFETY: called before any other thread was started, so nobody reads the environment meanwhile.
        unsafe { std::env::set_var(name, value) };
    }
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn prepare() {}

#[cfg(target_os = "linux")]
fn has_render_node() -> bool {
    std::fs::read_dir("/dev/dri")
        .is_ok_and(|entries| entries.flatten().any(|entry| entry.file_name().to_string_lossy().starts_with("renderD")))
}
