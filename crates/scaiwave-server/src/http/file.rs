//! Giving out a file: whole or a range of it, once or only if it changed, in headers that let no browser run it.

use axum::{
    body::Body,
    extract::FromRequestParts,
    http::{
        HeaderMap, HeaderName, HeaderValue, Method, StatusCode,
        header::{
            ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_SECURITY_POLICY,
            CONTENT_TYPE, ETAG, IF_NONE_MATCH, IF_RANGE, RANGE, X_CONTENT_TYPE_OPTIONS,
        },
        request::Parts,
    },
    response::{IntoResponse, Response},
};
use http_range_header::{RangeUnsatisfiableError, parse_range_header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use scaiwave_wire::ErrorCode;

use crate::{
    error::{Answer, Failure},
    media::{Media, shown_inline},
    store::MediaRow,
};

/// What RFC 5987 lets stand in an extended parameter.
const ATTR_CHAR: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// How a file is asked for.
pub(super) struct Asked {
    headers: HeaderMap,
    // Without the body.
    head: bool,
}

impl<S: Send + Sync> FromRequestParts<S> for Asked {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self { headers: parts.headers.clone(), head: parts.method == Method::HEAD })
    }
}

impl aide::OperationInput for Asked {}

impl Asked {
    fn header(&self, name: &HeaderName) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Whether the caller has this very content already.
    fn has(&self, etag: &str) -> bool {
        let known = self.header(&IF_NONE_MATCH).unwrap_or_default();
        known.split(',').map(str::trim).any(|known| known == "*" || known.trim_start_matches("W/") == etag)
    }

    /// The one range asked for. What is malformed, several or of another content is answered by the whole file, as HTTP allows.
    fn range(&self, row: &MediaRow, etag: &str) -> Result<Option<std::ops::Range<u64>>, RangeUnsatisfiableError> {
        let other_content = self.header(&IF_RANGE).is_some_and(|known| known != etag);
        let ranges = self.header(&RANGE).filter(|_| !self.head && !other_content).map(parse_range_header);
        let Some(Ok(ranges)) = ranges.filter(|ranges| ranges.as_ref().is_ok_and(|ranges| ranges.len() == 1)) else {
            return Ok(None);
        };
        let valid = ranges.validate(row.size)?;
        Ok(valid.first().map(|range| *range.start()..range.end() + 1))
    }
}

/// Answers with a file, or with what was asked of it.
pub(super) async fn deliver(media: &Media, row: MediaRow, asked: &Asked) -> Answer<Response> {
    let etag = format!("\"{}\"", row.sha256);
    if asked.has(&etag) {
        return Ok((StatusCode::NOT_MODIFIED, [(ETAG, header(etag)?)]).into_response());
    }
    let Ok(range) = asked.range(&row, &etag) else {
        let failure = Failure::new(ErrorCode::RangeNotSatisfiable, format!("The file has {} bytes.", row.size));
        let length = header(format!("bytes */{}", row.size))?;
        return Ok(([(CONTENT_RANGE, length)], failure).into_response());
    };
    let mut response = Response::default();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, header(row.mime_type.clone())?);
    headers.insert(CONTENT_DISPOSITION, header(disposition(&row))?);
    headers.insert(ETAG, header(etag)?);
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    // The content never changes, but who may see it does.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox; default-src 'none'"));
    if let Some(range) = &range {
        let stands = format!("bytes {}-{}/{}", range.start, range.end - 1, row.size);
        headers.insert(CONTENT_RANGE, header(stands)?);
    }
    let status = if range.is_some() { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
    let range = range.unwrap_or(0..row.size);
    headers.insert(CONTENT_LENGTH, HeaderValue::from(range.end - range.start));
    *response.status_mut() = status;
    *response.body_mut() = if asked.head { Body::empty() } else { media.read(&row, range).await? };
    Ok(response)
}

fn header(value: String) -> Answer<HeaderValue> {
    HeaderValue::try_from(value).map_err(Failure::internal)
}

/// RFC 6266: a plain name for the old, the true one encoded.
fn disposition(row: &MediaRow) -> String {
    let how = if shown_inline(&row.mime_type) { "inline" } else { "attachment" };
    let plain = |c: char| if c.is_ascii_alphanumeric() || " .-_()".contains(c) { c } else { '_' };
    let fallback: String = row.file_name.chars().map(plain).collect();
    let encoded = utf8_percent_encode(&row.file_name, ATTR_CHAR);
    format!("{how}; filename=\"{fallback}\"; filename*=UTF-8''{encoded}")
}
