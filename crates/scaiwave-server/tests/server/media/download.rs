use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{download, fetch, header, noise, upload};
use crate::world::{World, http};

#[tokio::test]
async fn what_was_uploaded_comes_back_byte_for_byte() {
    let world = World::start().await;
    let alice = world.sign_in("alice").await;
    let bytes = noise(1_000_000);
    let media = upload(&alice, "noise.bin", "application/octet-stream", &bytes).await;
    assert!(media["media_id"].as_str().unwrap().starts_with("med-"), "{media}");
    let sha256: String = Sha256::digest(&bytes).iter().map(|b| format!("{b:02x}")).collect();
    assert_eq!(
        (&media["sha256"], &media["size"], &media["mime_type"], &media["scan_status"], &media["file_name"]),
        (&json!(sha256), &json!(1_000_000), &json!("application/octet-stream"), &json!("clean"), &json!("noise.bin"))
    );
    for nothing in ["thumbnail_id", "width", "height"] {
        assert_eq!(media.get(nothing), Some(&Value::Null), "documented, so present: {nothing}");
    }
    let info = alice.get(&format!("/v1/media/{}/info", media["media_id"].as_str().unwrap())).await.ok();
    assert_eq!(info, media);
    let response = fetch(&alice, Method::GET, &download(&media), &[]).await;
    assert_eq!(response.status(), 200);
    for (name, value) in [
        ("content-type", "application/octet-stream"),
        ("content-length", "1000000"),
        ("accept-ranges", "bytes"),
        ("etag", &*format!("\"{sha256}\"")),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "sandbox; default-src 'none'"),
        ("cache-control", "private, no-cache"),
        ("content-disposition", "attachment; filename=\"noise.bin\"; filename*=UTF-8''noise.bin"),
    ] {
        assert_eq!(header(&response, name), Some(value), "{name}");
    }
    assert!(response.bytes().await.unwrap() == bytes);
    let head = fetch(&alice, Method::HEAD, &download(&media), &[("range", "bytes=0-9")]).await;
    assert_eq!((head.status().as_u16(), header(&head, "content-length")), (200, Some("1000000")));
    assert!(head.bytes().await.unwrap().is_empty());
    let etag = format!("W/\"other\", \"{sha256}\"");
    let same = fetch(&alice, Method::GET, &download(&media), &[("if-none-match", &etag)]).await;
    assert_eq!((same.status(), same.bytes().await.unwrap().len()), (StatusCode::NOT_MODIFIED, 0));
}

#[tokio::test]
async fn a_range_is_answered_by_exactly_that_range() {
    let world = World::start().await;
    let alice = world.sign_in("alice").await;
    let bytes = noise(100_000);
    let media = upload(&alice, "noise", "application/octet-stream", &bytes).await;
    let path = download(&media);
    let etag = format!("\"{}\"", media["sha256"].as_str().unwrap());
    for (range, from, to) in [
        ("bytes=0-0", 0, 1),
        ("bytes=0-9", 0, 10),
        ("bytes=40000-59999", 40_000, 60_000),
        ("bytes=99990-", 99_990, 100_000),
        ("bytes=99990-1000000", 99_990, 100_000),
        ("bytes=-10", 99_990, 100_000),
        ("bytes=-1000000", 0, 100_000),
    ] {
        let response = fetch(&alice, Method::GET, &path, &[("range", range), ("if-range", &etag)]).await;
        let stands = format!("bytes {from}-{}/100000", to - 1);
        assert_eq!((response.status(), header(&response, "content-range")), (206.try_into().unwrap(), Some(&*stands)));
        assert_eq!(header(&response, "content-length"), Some(&*(to - from).to_string()), "{range}");
        assert!(response.bytes().await.unwrap() == bytes[from..to], "{range}");
    }
    for range in ["bytes=100000-", "bytes=100000-100001", "bytes=-0"] {
        let response = fetch(&alice, Method::GET, &path, &[("range", range)]).await;
        assert_eq!((response.status().as_u16(), header(&response, "content-range")), (416, Some("bytes */100000")));
        assert_eq!(response.json::<Value>().await.unwrap()["error"]["code"], "SW_RANGE_NOT_SATISFIABLE", "{range}");
    }
    // What HTTP lets a server ignore.
    for ignored in [
        [("range", "bytes=9-0"), ("x", "")],
        [("range", "pages=1-2"), ("x", "")],
        [("range", "bytes=0-1,5-9"), ("x", "")],
        [("range", "bytes=0-9"), ("if-range", "\"another\"")],
        [("range", "bytes=0-9"), ("if-range", "Wed, 21 Oct 2015 07:28:00 GMT")],
    ] {
        let response = fetch(&alice, Method::GET, &path, &ignored).await;
        assert_eq!((response.status().as_u16(), header(&response, "content-range")), (200, None), "{ignored:?}");
        assert!(response.bytes().await.unwrap() == bytes, "{ignored:?}");
    }
}

#[tokio::test]
async fn what_a_browser_would_run_is_only_ever_saved() {
    let world = World::start().await;
    let alice = world.sign_in("alice").await;
    for (name, mime, bytes) in [
        ("a.html", "text/html", &b"<html><script>alert(1)</script></html>"[..]),
        ("a.svg", "image/svg+xml", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
        ("a.js", "text/javascript", b"alert(1)"),
    ] {
        let media = upload(&alice, name, mime, bytes).await;
        let response = fetch(&alice, Method::GET, &download(&media), &[]).await;
        assert_eq!(header(&response, "content-type"), Some("application/octet-stream"), "{name}");
        assert!(header(&response, "content-disposition").unwrap().starts_with("attachment;"), "{name}");
    }
}

#[tokio::test]
async fn a_file_name_cannot_add_headers_or_leave_its_quotes() {
    let world = World::start().await;
    let alice = world.sign_in("alice").await;
    for (given, fallback, encoded) in [
        (r#"a\"; filename=\"evil.exe"#, "a__ filename__evil.exe", "a%22%3B%20filename%3D%22evil.exe"),
        ("a%0d%0aSet-Cookie: x=1", "a_0d_0aSet-Cookie_ x_1", "a%250d%250aSet-Cookie%3A%20x%3D1"),
        ("../../Plan für 5 €.txt", "Plan f_r 5 _.txt", "Plan%20f%C3%BCr%205%20%E2%82%AC.txt"),
        ("a\u{202e}txt.exe", "atxt.exe", "atxt.exe"),
        ("", "file", "file"),
    ] {
        let body = format!(
            "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{given}\"\r\n\
             Content-Type: text/plain\r\n\r\nwords\r\n--B--\r\n"
        );
        let request = http().post(format!("{}/v1/media/upload", alice.base)).bearer_auth(&alice.token);
        let request = request.header("content-type", "multipart/form-data; boundary=B").body(body);
        let media = request.send().await.unwrap().json::<Value>().await.unwrap()["data"].clone();
        let response = fetch(&alice, Method::GET, &download(&media), &[]).await;
        let expected = format!("attachment; filename=\"{fallback}\"; filename*=UTF-8''{encoded}");
        assert_eq!(header(&response, "content-disposition"), Some(&*expected), "{given}");
        assert_eq!(header(&response, "set-cookie"), None);
    }
}
