use reqwest::{Method, multipart};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use super::{blobs, download, fetch, form, header, noise, png, post, until_blobs, upload};
use crate::world::{PATIENCE, User, World};

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
