//! From what a person types to the server's origin.

use url::{Host, Url};

use crate::ClientError;

/// Reads `chat.example.org`, `localhost:8000`, `https://chat.example.org/anything` as an origin. A bare host is spoken to by https,
/// a loopback one by http; http to anywhere else is refused.
pub(crate) fn parse(typed: &str) -> Result<Url, ClientError> {
    let bad = || ClientError::BadAddress { address: typed.chars().take(200).collect() };
    let trimmed = typed.trim();
    let url = if trimmed.contains("://") {
        Url::parse(trimmed).map_err(|_| bad())?
    } else {
        let as_https = Url::parse(&format!("https://{trimmed}")).map_err(|_| bad())?;
        if is_loopback(&as_https) { Url::parse(&format!("http://{trimmed}")).map_err(|_| bad())? } else { as_https }
    };
    if url.host_str().is_none_or(str::is_empty) || !url.username().is_empty() || url.password().is_some() {
        return Err(bad());
    }
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(&url) => {}
        "http" => return Err(ClientError::Insecure { server: display(&url) }),
        _ => return Err(bad()),
    }
    url.join("/").map_err(|_| bad()).map(|mut origin| {
        origin.set_query(None);
        origin.set_fragment(None);
        origin
    })
}

/// The host and port, as a person would write them.
pub(crate) fn display(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_bare_host_is_https_and_a_loopback_one_http() {
        assert_eq!(parse("chat.example.org").unwrap().as_str(), "https://chat.example.org/");
        assert_eq!(parse(" chat.example.org:8443 ").unwrap().as_str(), "https://chat.example.org:8443/");
        assert_eq!(parse("localhost:8000").unwrap().as_str(), "http://localhost:8000/");
        assert_eq!(parse("127.0.0.1:8000").unwrap().as_str(), "http://127.0.0.1:8000/");
        assert_eq!(parse("[::1]:8000").unwrap().as_str(), "http://[::1]:8000/");
    }

    #[test]
    fn only_the_origin_of_a_pasted_address_counts() {
        assert_eq!(parse("https://chat.example.org/rooms/1?x=2#y").unwrap().as_str(), "https://chat.example.org/");
        assert_eq!(parse("chat.example.org/rooms").unwrap().as_str(), "https://chat.example.org/");
    }

    #[test]
    fn plain_http_is_for_loopback_alone() {
        assert!(
            matches!(parse("http://chat.example.org"), Err(ClientError::Insecure { server }) if server == "chat.example.org")
        );
        assert_eq!(parse("http://127.0.0.1:1").unwrap().as_str(), "http://127.0.0.1:1/");
    }

    #[test]
    fn what_is_no_address_is_named() {
        for typed in [
            "",
            "   ",
            "two words",
            "ftp://chat.example.org",
            "https://",
            "https://me:secret@chat.example.org",
            "a:b:c",
        ] {
            assert!(matches!(parse(typed), Err(ClientError::BadAddress { .. })), "{typed:?}");
        }
    }
}
