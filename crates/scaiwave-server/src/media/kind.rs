//! What a file is: by its content, never by what the uploader says where a browser would believe it and run it.

/// So many bytes from the beginning tell it.
pub(super) const HEAD_BYTES: usize = 8 * 1024;
/// Longer names are cut.
const MAX_NAME_CHARS: usize = 200;
const UNKNOWN: &str = "application/octet-stream";
/// What has no marks of its own, and is as harmless as it says.
const BELIEVED: [&str; 5] = ["text/plain", "text/csv", "text/markdown", "text/vtt", "application/json"];

/// The type of a file that begins like this.
pub(super) fn mime_type(head: &[u8], said: Option<&str>) -> &'static str {
    match infer::get(head) {
        Some(kind) if runs_in_browsers(kind.mime_type()) => UNKNOWN,
        Some(kind) => kind.mime_type(),
        None => {
            let said = said.unwrap_or_default().split(';').next().unwrap_or_default().trim();
            BELIEVED.into_iter().find(|known| known.eq_ignore_ascii_case(said)).unwrap_or(UNKNOWN)
        }
    }
}

fn runs_in_browsers(mime_type: &str) -> bool {
    mime_type.starts_with("text/") || matches!(mime_type, "application/x-shockwave-flash" | "application/wasm")
}

/// Whether a browser may show it in place rather than save it.
pub(crate) fn shown_inline(mime_type: &str) -> bool {
    ["image/", "video/", "audio/"].iter().any(|family| mime_type.starts_with(family))
}

/// A name without directories and without characters that hide what it is.
pub(super) fn safe_name(given: &str) -> String {
    let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = last.chars().filter(|c| !hides(*c)).take(MAX_NAME_CHARS).collect();
    let name = name.trim().trim_start_matches('.');
    if name.is_empty() { "file".to_owned() } else { name.to_owned() }
}

/// Control characters, and those that turn the direction of what follows.
fn hides(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_content_decides_the_type() {
        for (head, said, is) in [
            (&b"\x89PNG\r\n\x1a\n"[..], Some("text/html"), "image/png"),
            (b"<!DOCTYPE html><script>alert(1)</script>", Some("image/png"), UNKNOWN),
            (b"  <html >", None, UNKNOWN),
            (b"<?xml version=\"1.0\"?><svg onload=\"alert(1)\"/>", Some("image/svg+xml"), UNKNOWN),
            (b"<svg onload=\"alert(1)\"/>", Some("image/svg+xml"), UNKNOWN),
            (b"alert(1)", Some("text/javascript"), UNKNOWN),
            (b"just words", Some("Text/Plain; charset=utf-8"), "text/plain"),
            (b"just words", None, UNKNOWN),
            (b"%PDF-1.7", None, "application/pdf"),
            (b"", Some("text/csv"), "text/csv"),
        ] {
            assert_eq!(mime_type(head, said), is, "{}", String::from_utf8_lossy(head));
        }
    }

    #[test]
    fn a_name_stays_readable_and_becomes_harmless() {
        for (given, safe) in [
            ("Plan für Ärzte.pdf", "Plan für Ärzte.pdf"),
            ("../../etc/passwd", "passwd"),
            ("C:\\Users\\x\\photo.png", "photo.png"),
            ("a\r\nSet-Cookie: b\0", "aSet-Cookie: b"),
            ("gnp\u{202e}.exe", "gnp.exe"),
            (".htaccess", "htaccess"),
            (" .. ", "file"),
            ("", "file"),
        ] {
            assert_eq!(safe_name(given), safe, "{given:?}");
        }
        assert_eq!(safe_name(&"ü".repeat(1000)).chars().count(), MAX_NAME_CHARS);
    }
}
