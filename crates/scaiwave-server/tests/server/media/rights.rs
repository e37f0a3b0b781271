use std::time::Duration;

use reqwest::{Method, StatusCode};
use scaiwave_server::store::{self, DEFAULT_TENANT, MediaRow, NewEvent, now};
use serde_json::{Value, json};

use super::{download, fetch, form, header, png, post, send, upload};
use crate::world::{User, World};

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
    let store = store::open(world.data_dir()).await.unwrap();
    let key = "recordings/call-1/2026.mp4";
    let file = world.data_dir().join("blobs").join(key);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(&file, b"moving pictures").unwrap();
    let row = MediaRow {
        id: "med-recording".to_owned().into(),
        tenant_id: DEFAULT_TENANT.into(),
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
    tx.add_media(&row).await.unwrap();
    let event = tx.add_event(new).await.unwrap().event;
    tx.commit().await.unwrap();
    let path = "/v1/media/download/med-recording";
    assert_eq!(fetch(&alice, Method::GET, path, &[]).await.status(), 404, "not posted yet");
    let mut tx = store.begin().await.unwrap();
    tx.attach_media(&row.id, &event.id).await.unwrap();
    tx.commit().await.unwrap();
    let played = fetch(&bob, Method::GET, path, &[("range", "bytes=7-")]).await;
    assert_eq!(header(&played, "content-disposition").unwrap().split(';').next(), Some("inline"));
    assert_eq!(played.text().await.unwrap(), "pictures");
    assert_eq!(bob.get("/v1/media/med-recording/info").await.ok()["duration_ms"], 61_000);
    assert_eq!(fetch(&dave, Method::GET, path, &[]).await.status(), 404);
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
