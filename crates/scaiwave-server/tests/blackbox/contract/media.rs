//! reference/api/media-and-files

use reqwest::{
    Method,
    multipart::{Form, Part},
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{
    shape::is_like,
    user::{Answer, User, http},
    world::World,
};

const TEXT: &[u8] = b"0123456789 and more";

async fn upload(user: &User, name: &str, mime: &str, bytes: &[u8]) -> Answer {
    let file = Part::bytes(bytes.to_vec()).file_name(name.to_owned()).mime_str(mime).unwrap();
    let form = Form::new().part("file", file).text("tenant_scope", "true");
    Answer::of(user.request(Method::POST, "/v1/media/upload").multipart(form)).await.unwrap()
}

async fn uploaded(user: &User) -> String {
    upload(user, "a.txt", "text/plain", TEXT).await.ok()["media_id"].as_str().unwrap().to_owned()
}

fn media_example() -> Value {
    let hash: String = Sha256::digest(TEXT).iter().map(|byte| format!("{byte:02x}")).collect();
    json!({
        "media_id": "med-*", "sha256": hash, "size": TEXT.len(), "mime_type": "<string>", "thumbnail_id": null, "width": null,
        "height": null, "scan_status": "<string>",
    })
}

#[tokio::test]
async fn a_file_goes_up_and_comes_down() {
    let world = World::start().await;
    let (alice, bob) = (world.sign_in("alice").await, world.sign_in("bob").await);
    let answer = upload(&alice, "a.txt", "text/plain", TEXT).await.ok();
    is_like(&answer, media_example());
    assert!(["pending", "clean"].contains(&answer["scan_status"].as_str().unwrap()), "{answer}");
    let id = answer["media_id"].as_str().unwrap();
    // Who is in a room with it sees it; nobody else does.
    let content = json!({ "msgtype": "swp.media", "body": "a.txt", "media_id": id });
    alice.post(&format!("/v1/rooms/{}/send", world.direct), json!({ "content": content })).await.ok();
    assert_eq!(world.sign_in("carol").await.get(&format!("/v1/media/{id}/info")).await.status, 404);
    is_like(&bob.get(&format!("/v1/media/{id}/info")).await.is(200), media_example());
    let down = bob.get(&format!("/v1/media/download/{id}")).await;
    assert_eq!((down.status, down.text.as_bytes()), (200, TEXT));
}

#[tokio::test]
async fn a_part_of_a_file_is_read() {
    let world = World::start().await;
    let alice = world.sign_in("alice").await;
    let path = format!("/v1/media/download/{}", uploaded(&alice).await);
    let part = async |range: &str| Answer::of(alice.request(Method::GET, &path).header("range", range)).await.unwrap();
    let middle = part("bytes=2-4").await;
    assert_eq!(
        (middle.status, middle.text.as_str(), middle.header("content-range")),
        (206, "234", Some("bytes 2-4/19"))
    );
    assert_eq!(part("bytes=-4").await.text, "more");
    assert_eq!(part("bytes=16-").await.text, "ore");
    assert_eq!(part("bytes=19-").await.status, 416);
}

#[tokio::test]
async fn a_signed_address_needs_no_token() {
    let world = World::start().await;
    let alice = world.sign_in("alice").await;
    let id = uploaded(&alice).await;
    let signed = alice.get(&format!("/v1/media/signed/{id}")).await.is(200);
    let url = signed.as_str().or_else(|| signed["url"].as_str()).expect("names an address");
    let url = if url.starts_with('/') { format!("{}{url}", world.base()) } else { url.to_owned() };
    assert_eq!(Answer::of(http().get(&url)).await.unwrap().text.as_bytes(), TEXT);
    // Every character of it counts.
    let last = if url.ends_with('A') { "B" } else { "A" };
    let altered = format!("{}{last}", &url[..url.len() - 1]);
    assert!(Answer::of(http().get(altered)).await.unwrap().status >= 400);
}

#[tokio::test]
async fn a_picture_has_a_size_and_a_thumbnail() {
    let world = World::start().await;
    let alice = world.sign_in("alice").await;
    let answer = upload(&alice, "a.png", "image/png", &png()).await.ok();
    is_like(&answer, json!({ "mime_type": "image/png", "width": 2, "height": 1 }));
    if !answer["thumbnail_id"].is_null() {
        is_like(&answer, json!({ "thumbnail_id": "med-thumb-*" }));
        let path = format!("/v1/media/download/{}/thumbnail", answer["media_id"].as_str().unwrap());
        let thumbnail = alice.get(&path).await;
        assert_eq!(thumbnail.status, 200);
        assert!(
            thumbnail.header("content-type").is_some_and(|kind| kind.starts_with("image/")),
            "{:?}",
            thumbnail.headers
        );
    }
}

/// Two pixels, red and green.
fn png() -> Vec<u8> {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let text = "iVBORw0KGgoAAAANSUhEUgAAAAIAAAABCAIAAAB7QOjdAAAAD0lEQVR4nGP4z8DA8J8BAAf/Af8Bf4mnAAAAAElFTkSuQmCC";
    STANDARD.decode(text).unwrap()
}

#[tokio::test]
async fn media_that_is_not_there_is_not_found() {
    let world = World::start().await;
    let alice = world.sign_in("alice").await;
    for path in [
        "/v1/media/med-0/info",
        "/v1/media/download/med-0",
        "/v1/media/download/med-0/thumbnail",
        "/v1/media/signed/med-0",
    ] {
        let answer = alice.get(path).await;
        assert_eq!(answer.status, 404, "{path}: {}", answer.text);
        answer.message();
    }
    let empty = Answer::of(alice.request(Method::POST, "/v1/media/upload").multipart(Form::new())).await.unwrap();
    assert_eq!(empty.status, 422, "{}", empty.text);
}
