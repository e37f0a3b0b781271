use std::{io::Cursor, path::PathBuf, time::Duration};

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use reqwest::{Method, Response, StatusCode, multipart};
use scaiwave_server::store::{MediaRow, NewEvent, Store, now};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::world::{Answer, PATIENCE, User, World, http};

fn form(name: &str, mime: &str, bytes: Vec<u8>) -> multipart::Form {
    let part = multipart::Part::bytes(bytes).file_name(name.to_owned()).mime_str(mime).unwrap();
    multipart::Form::new().part("file", part).text("tenant_scope", "true")
}

async fn post(user: &User, form: multipart::Form) -> Answer {
    let request = http().post(format!("{}/v1/media/upload", user.base)).bearer_auth(&user.token).multipart(form);
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    Answer { status, body: response.json().await.unwrap(), retry_after: None }
}

async fn upload(user: &User, name: &str, mime: &str, bytes: &[u8]) -> Value {
    post(user, form(name, mime, bytes.to_vec())).await.ok()
}

/// Sends a message that carries a file.
async fn send(user: &User, room: &str, media: &Value) -> Answer {
    let content = json!({ "msgtype": "swp.media", "body": "look", "media_id": media["media_id"] });
    user.post(&format!("/v1/rooms/{room}/send"), json!({ "content": content })).await
}

async fn fetch(user: &User, method: Method, path: &str, headers: &[(&str, &str)]) -> Response {
    let mut request = http().request(method, format!("{}{path}", user.base));
    if !user.token.is_empty() {
        request = request.bearer_auth(&user.token);
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap()
}

fn download(media: &Value) -> String {
    format!("/v1/media/download/{}", media["media_id"].as_str().unwrap())
}

fn header<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    response.headers().get(name).map(|value| value.to_str().unwrap())
}

/// Bytes that differ everywhere, so that a shifted answer is a wrong one.
fn noise(len: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    (0..len).map(|_| next()).collect()
}

fn png(width: u32, height: u32) -> Vec<u8> {
    let picture = RgbImage::from_fn(width, height, |x, y| Rgb([x as u8, y as u8, 128]));
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::from(picture).write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// What lies in the object store.
fn blobs(world: &World) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(world.data_dir().join("blobs/media")) else { return Vec::new() };
    entries.map(|entry| entry.unwrap().path()).collect()
}

/// Waits until so many files lie in the object store: what happens there has no event to wait for.
async fn until_blobs(world: &World, number: usize) {
    let reached = async {
        while blobs(world).len() != number {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, reached).await.unwrap_or_else(|_| panic!("not {number}: {:?}", blobs(world)));
}

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
async fn a_file_is_seen_by_its_uploader_and_the_rooms_it_was_sent_to() {
    let world = World::start().await;
    let (alice, bob) = (world.sign_in("alice").await, world.sign_in("bob").await);
    let (carol, dave) = (world.sign_in("carol").await, world.sign_in("dave").await);
    let media = upload(&alice, "photo.png", "image/png", &png(400, 200)).await;
    let (id, small) = (media["media_id"].as_str().unwrap(), media["thumbnail_id"].as_str().unwrap());
    let paths = [
        format!("/v1/media/{id}/info"),
        format!("/v1/media/{small}/info"),
        format!("/v1/media/signed/{id}"),
        format!("/v1/media/download/{id}"),
        format!("/v1/media/download/{id}/thumbnail"),
        format!("/v1/media/download/{small}"),
    ];
    let seen_by = async |user: &User| {
        let mut seen = 0;
        for path in &paths {
            match fetch(user, Method::GET, path, &[]).await {
                response if response.status() == 200 => seen += 1,
                response => {
                    assert_eq!(response.status(), 404, "{path}");
                    assert_eq!(response.json::<Value>().await.unwrap()["error"]["code"], "SW_MEDIA_NOT_FOUND");
                }
            }
        }
        assert!(seen == 0 || seen == paths.len(), "seen in part: {seen}");
        seen > 0
    };
    assert!(seen_by(&alice).await);
    assert!(!seen_by(&bob).await, "tenant_scope opens it to nobody");
    // Who cannot see it cannot pass it on, and such a message is not sent.
    send(&bob, &world.team, &media).await.fails(404, "SW_MEDIA_NOT_FOUND");
    send(&bob, &world.team, &json!({ "media_id": "med-made-up" })).await.fails(404, "SW_MEDIA_NOT_FOUND");
    assert_eq!(bob.get(&format!("/v1/rooms/{}/messages", world.team)).await.ok(), json!([]));

    let mut events = bob.stream().await;
    send(&alice, &world.direct, &media).await.ok();
    assert_eq!(events.next_of("swp.room.message").await["content"]["media_id"], id);
    assert!(seen_by(&bob).await && !seen_by(&carol).await && !seen_by(&dave).await);
    // Who received it may pass it on.
    send(&bob, &world.team, &media).await.ok();
    assert!(seen_by(&carol).await && !seen_by(&dave).await);
    let nobody = world.nobody();
    for path in &paths {
        nobody.get(path).await.fails(401, "SW_AUTH_INVALID_TOKEN");
    }
    assert_eq!(post(&nobody, form("x", "text/plain", vec![1])).await.status, 401);
}

#[tokio::test]
async fn a_redacted_message_takes_its_file_away() {
    let world = World::start().await;
    let (alice, bob) = (world.sign_in("alice").await, world.sign_in("bob").await);
    let media = upload(&alice, "a.txt", "text/plain", b"words").await;
    let event = send(&alice, &world.direct, &media).await.ok();
    let path = download(&media);
    assert_eq!(fetch(&bob, Method::GET, &path, &[]).await.status(), 200);
    let database = world.data_dir().join("scaiwave.sqlite3");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(database);
    let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
    let redact =
        sqlx::query("UPDATE events SET redacted_at = 1 WHERE event_id = ?").bind(event["id"].as_str().unwrap());
    assert_eq!(redact.execute(&pool).await.unwrap().rows_affected(), 1);
    assert_eq!(fetch(&bob, Method::GET, &path, &[]).await.status(), 404);
    assert_eq!(fetch(&alice, Method::GET, &path, &[]).await.status(), 200);
}

#[tokio::test]
async fn a_recording_is_seen_by_the_room_it_was_posted_to_and_nobody_owns_it() {
    let world = World::start().await;
    let (alice, bob, dave) = (world.sign_in("alice").await, world.sign_in("bob").await, world.sign_in("dave").await);
    let store = Store::open(&world.data_dir()).await.unwrap();
    let key = "recordings/call-1/2026.mp4";
    let file = world.data_dir().join("blobs").join(key);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(&file, b"moving pictures").unwrap();
    let row = MediaRow {
        id: "med-recording".to_owned().into(),
        tenant_id: scaiwave_server::store::DEFAULT_TENANT.into(),
        uploader: None,
        blob_key: key.into(),
        file_name: "2026.mp4".into(),
        mime_type: "video/mp4".into(),
        size: 15,
        sha256: "00".repeat(32),
        pixels: Some((1280, 720)),
        duration_ms: Some(61_000),
        thumbnail: None,
        created_at: scaiwave_wire::Timestamp::from_millisecond(now().0).unwrap(),
    };
    let (room, sender) = (world.team.clone().into(), alice.id.clone().into());
    let content = json!({ "msgtype": "swp.media", "body": "", "media_id": "med-recording" });
    let new = NewEvent { room: &room, sender: &sender, event_type: "swp.room.message", content, event_uuid: None };
    let mut tx = store.begin().await.unwrap();
    store.add_media(&mut tx, &row).await.unwrap();
    let event = store.add_event(&mut tx, new).await.unwrap().event;
    tx.commit().await.unwrap();
    let path = "/v1/media/download/med-recording";
    assert_eq!(fetch(&alice, Method::GET, path, &[]).await.status(), 404, "not posted yet");
    let mut tx = store.begin().await.unwrap();
    store.attach_media(&mut tx, &row.id, &event.id).await.unwrap();
    tx.commit().await.unwrap();
    let played = fetch(&bob, Method::GET, path, &[("range", "bytes=7-")]).await;
    assert_eq!(header(&played, "content-disposition").unwrap().split(';').next(), Some("inline"));
    assert_eq!(played.text().await.unwrap(), "pictures");
    assert_eq!(bob.get("/v1/media/med-recording/info").await.ok()["duration_ms"], 61_000);
    assert_eq!(fetch(&dave, Method::GET, path, &[]).await.status(), 404);
}

#[tokio::test]
async fn a_picture_gets_a_thumbnail_and_its_size() {
    let world = World::start().await;
    let alice = world.sign_in("alice").await;
    let media = upload(&alice, "photo.png", "text/html", &png(1000, 500)).await;
    assert_eq!(
        (&media["mime_type"], &media["width"], &media["height"]),
        (&json!("image/png"), &json!(1000), &json!(500))
    );
    let small = media["thumbnail_id"].as_str().unwrap();
    assert!(small.starts_with("med-thumb-"));
    let info = alice.get(&format!("/v1/media/{small}/info")).await.ok();
    assert_eq!((&info["width"], &info["height"], &info["mime_type"]), (&json!(320), &json!(160), &json!("image/jpeg")));
    let direct = fetch(&alice, Method::GET, &format!("/v1/media/download/{small}"), &[]).await.bytes().await.unwrap();
    let response = fetch(&alice, Method::GET, &format!("{}/thumbnail", download(&media)), &[]).await;
    assert_eq!(header(&response, "content-type"), Some("image/jpeg"));
    let bytes = response.bytes().await.unwrap();
    assert_eq!(bytes, direct);
    let shown = image::load_from_memory(&bytes).unwrap().to_rgb8();
    assert_eq!(shown.dimensions(), (320, 160));
    // Left and right end show what they showed: x grows with red, modulo 256.
    assert!(shown.get_pixel(2, 80)[0] < 40 && shown.get_pixel(76, 80)[0] > 200, "{:?}", shown.get_pixel(76, 80));
    let text = upload(&alice, "a.txt", "text/plain", b"words").await;
    let none = fetch(&alice, Method::GET, &format!("{}/thumbnail", download(&text)), &[]).await;
    assert_eq!(none.status(), 404);
}

#[tokio::test]
async fn a_picture_too_costly_to_decode_is_kept_without_a_thumbnail() {
    let world = World::start().await;
    let alice = world.sign_in("alice").await;
    // 60,000 by 60,000 pixels of one colour: 10 GB, were they decoded.
    let bomb = resized(png(1, 1), 60_000);
    let media = upload(&alice, "bomb.png", "image/png", &bomb).await;
    assert_eq!((&media["thumbnail_id"], &media["width"]), (&Value::Null, &json!(60_000)));
    let bytes = fetch(&alice, Method::GET, &download(&media), &[]).await.bytes().await.unwrap();
    assert!(bytes == bomb);
    // Small enough by its header, but most of it is missing.
    let media = upload(&alice, "damaged.png", "image/png", &resized(png(1, 1), 90)).await;
    assert_eq!((&media["thumbnail_id"], &media["width"]), (&Value::Null, &json!(90)));
}

/// A PNG that says it is so large.
fn resized(mut png: Vec<u8>, side: u32) -> Vec<u8> {
    png[16..20].copy_from_slice(&side.to_be_bytes());
    png[20..24].copy_from_slice(&side.to_be_bytes());
    let crc = crc32(&png[12..29]);
    png[29..33].copy_from_slice(&crc.to_be_bytes());
    png
}

fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = !0_u32;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
        }
    }
    !crc
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

#[tokio::test]
async fn a_signed_address_works_without_a_token_for_a_while() {
    let world = World::start().await;
    let (alice, nobody) = (world.sign_in("alice").await, world.nobody());
    let media = upload(&alice, "a.txt", "text/plain", b"some words").await;
    let other = upload(&alice, "b.txt", "text/plain", b"other words").await;
    let id = media["media_id"].as_str().unwrap();
    let signed = alice.get(&format!("/v1/media/signed/{id}")).await.ok();
    let url = signed["url"].as_str().unwrap();
    let expires: scaiwave_wire::Timestamp = signed["expires_at"].as_str().unwrap().parse().unwrap();
    let lasts = expires.as_millisecond() - now().0;
    assert!((1..=300_000).contains(&lasts), "{lasts}");
    let response = fetch(&nobody, Method::GET, url, &[("range", "bytes=5-")]).await;
    assert_eq!((response.status(), &*response.text().await.unwrap()), (StatusCode::PARTIAL_CONTENT, "words"));
    let digit = url.find("expires=").unwrap() + "expires=".len();
    let mut later = url.to_owned();
    later.replace_range(digit..=digit, "9");
    let mut flipped = url.to_owned();
    let at = url.find("signature=").unwrap() + "signature=".len();
    flipped.replace_range(at..=at, if url.as_bytes()[at] == b'A' { "B" } else { "A" });
    let cut = url.split("&signature=").next().unwrap();
    for altered in [
        later,
        flipped,
        url.replace(id, other["media_id"].as_str().unwrap()),
        url[..url.len() - 1].to_owned(),
        format!("{url}AA"),
        format!("{cut}&signature="),
    ] {
        nobody.get(&altered).await.fails(404, "SW_MEDIA_NOT_FOUND");
    }
    nobody.get(cut).await.fails(422, "SW_VALIDATION");
    // Another server's key is another key; on this one addresses have no time at all.
    let elsewhere = World::with(|s| s.signed_url = Duration::ZERO).await;
    let (nobody, alice) = (elsewhere.nobody(), elsewhere.sign_in("alice").await);
    nobody.get(url).await.fails(404, "SW_MEDIA_NOT_FOUND");
    let media = upload(&alice, "a.txt", "text/plain", b"some words").await;
    let signed = alice.get(&format!("/v1/media/signed/{}", media["media_id"].as_str().unwrap())).await.ok();
    nobody.get(signed["url"].as_str().unwrap()).await.fails(403, "SW_MEDIA_URL_EXPIRED");
}

/// Sends raw HTTP; answers what came back until the server closed.
async fn raw(user: &User, request: &[u8]) -> String {
    let mut socket = TcpStream::connect(user.base.trim_start_matches("http://")).await.unwrap();
    // The server may refuse and close before it has read everything.
    let _ = socket.write_all(request).await;
    let mut answer = Vec::new();
    let _ = timeout(PATIENCE, socket.read_to_end(&mut answer)).await.expect("never answered");
    String::from_utf8_lossy(&answer).into_owned()
}

fn upload_head(user: &User, length: &str) -> String {
    format!(
        "POST /v1/media/upload HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nConnection: close\r\n\
         Content-Type: multipart/form-data; boundary=B\r\n{length}\r\n\r\n",
        user.token
    )
}

const PART: &str = "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n";

#[tokio::test]
async fn a_file_above_the_limit_is_refused_before_it_is_sent() {
    let world = World::start().await;
    let alice = world.sign_in("alice").await;
    // Not a byte of the body is there: the answer cannot have waited for it.
    let answer = raw(&alice, upload_head(&alice, "Content-Length: 50000000").as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 413") && answer.contains("SW_CONTENT_TOO_LARGE"), "{answer}");
    upload(&alice, "a", "text/plain", &noise(1 << 20)).await;
    post(&alice, form("a", "text/plain", noise((1 << 20) + 1))).await.fails(413, "SW_CONTENT_TOO_LARGE");
    until_blobs(&world, 1).await;
    // The length may be left out: then the bytes are counted as they come.
    let chunk = [b"10000\r\n", &*noise(0x10000), b"\r\n"].concat();
    let mut request = upload_head(&alice, "Transfer-Encoding: chunked").into_bytes();
    request.extend(format!("{:x}\r\n{PART}\r\n", PART.len()).into_bytes());
    (0..17).for_each(|_| request.extend(&chunk));
    let answer = raw(&alice, &request).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
}

#[tokio::test]
async fn an_upload_that_is_cut_off_leaves_nothing_behind() {
    let world = World::start().await;
    let alice = world.sign_in("alice").await;
    let mut request = upload_head(&alice, "Content-Length: 900000").into_bytes();
    request.extend(PART.as_bytes());
    request.extend(noise(600_000));
    let mut socket = TcpStream::connect(alice.base.trim_start_matches("http://")).await.unwrap();
    socket.write_all(&request).await.unwrap();
    // Written while it comes.
    until_blobs(&world, 1).await;
    drop(socket);
    until_blobs(&world, 0).await;
    // A form that goes wrong after its file.
    let part = || multipart::Part::bytes(noise(300_000)).file_name("a");
    post(&alice, multipart::Form::new().part("file", part()).text("tenant_scope", "maybe"))
        .await
        .fails(422, "SW_VALIDATION");
    post(&alice, multipart::Form::new().part("file", part()).part("file", part())).await.fails(422, "SW_VALIDATION");
    until_blobs(&world, 0).await;
}

#[tokio::test]
async fn what_a_killed_server_was_writing_is_removed_at_the_next_start() {
    let mut world = World::start().await;
    let alice = world.sign_in("alice").await;
    let media = upload(&alice, "a.txt", "text/plain", b"words").await;
    let id = media["media_id"].as_str().unwrap();
    std::fs::write(world.data_dir().join("blobs/media/med-half#1"), b"half of it").unwrap();
    world.restart().await;
    assert_eq!(blobs(&world), [world.data_dir().join("blobs/media").join(id)]);
    let alice = User { base: world.base(), ..alice };
    assert_eq!(fetch(&alice, Method::GET, &download(&media), &[]).await.text().await.unwrap(), "words");
}

#[tokio::test]
async fn a_form_that_is_none_is_answered() {
    let world = World::start().await;
    let alice = world.sign_in("alice").await;
    alice.post("/v1/media/upload", json!({ "file": "x" })).await.fails(422, "SW_VALIDATION");
    for (form, names) in [
        (multipart::Form::new().text("tenant_scope", "true"), "file"),
        (multipart::Form::new().text("file", ""), "file"),
        (multipart::Form::new().text("tenant_scope", "x".repeat(1000)), "tenant_scope"),
    ] {
        let message = post(&alice, form).await.fails(422, "SW_VALIDATION");
        assert!(message.contains(names), "{message}");
    }
    let unknown = multipart::Form::new().text("later", "x").text("file", "words");
    assert_eq!(post(&alice, unknown).await.ok()["size"], 5);
    // A part whose headers never end.
    let endless = ["--B\r\nX: ", &"x".repeat(4 << 20)].concat();
    let request = upload_head(&alice, "Content-Length: 5000000") + &endless;
    let answer = raw(&alice, request.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    let no_media = json!({ "content": { "msgtype": "swp.media", "body": "x" } });
    let message = alice.post(&format!("/v1/rooms/{}/send", world.team), no_media).await.fails(422, "SW_VALIDATION");
    assert!(message.contains("content.media_id"), "{message}");
}
