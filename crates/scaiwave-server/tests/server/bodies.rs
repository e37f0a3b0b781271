//! Input at and beyond its limits, in raw bytes.

use reqwest::Body;
use serde_json::{Value, json};

use crate::world::{Answer, User, World, http};

const CALL: &str = "/v1/calls/initiate";

/// Posts bytes as they are.
async fn post(user: &User, path: &str, content_type: Option<&str>, body: impl Into<Body>) -> Answer {
    let mut request = http().post(format!("{}{path}", user.base)).body(body);
    if !user.token.is_empty() {
        request = request.bearer_auth(&user.token);
    }
    if let Some(content_type) = content_type {
        request = request.header("content-type", content_type);
    }
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    Answer { status, body: serde_json::from_str(&text).unwrap_or(Value::String(text)), retry_after: None }
}

async fn json(user: &User, path: &str, body: impl Into<Body>) -> Answer {
    post(user, path, Some("application/json"), body).await
}

fn send(world: &World) -> String {
    format!("/v1/rooms/{}/send", world.team)
}

#[tokio::test]
async fn content_may_have_64_kb_as_json_and_not_a_byte_more() {
    let world = World::start().await;
    let alice = world.sign_in("alice").await;
    let sized = |bytes: usize| {
        let frame = json!({ "msgtype": "swp.text", "body": "" }).to_string().len();
        json!({ "content": { "msgtype": "swp.text", "body": "x".repeat(bytes - frame) } })
    };
    let path = send(&world);
    let event = alice.post(&path, sized(64 * 1024)).await.ok();
    assert_eq!(event["content"].to_string().len(), 64 * 1024);
    alice.post(&path, sized(64 * 1024 + 1)).await.fails(413, "SW_CONTENT_TOO_LARGE");
    // Bytes count, not characters.
    let wide = json!({ "content": { "msgtype": "swp.text", "body": "€".repeat(30_000) } });
    alice.post(&path, wide).await.fails(413, "SW_CONTENT_TOO_LARGE");
    let history = alice.get(&format!("/v1/rooms/{}/messages", world.team)).await.ok();
    assert_eq!(history.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn pages_have_a_largest_size() {
    let world = World::start().await;
    let alice = world.sign_in("alice").await;
    let history = format!("/v1/rooms/{}/messages", world.team);
    for (path, largest) in [(&*history, 200), ("/v1/sync", 500)] {
        alice.get(&format!("{path}?timeout=0&limit={largest}")).await.ok();
        for limit in [&*(largest + 1).to_string(), "0", "-1", "1e2", "4294967297", "99999999999999999999", "", "%FF"] {
            alice.get(&format!("{path}?timeout=0&limit={limit}")).await.fails(422, "SW_VALIDATION");
        }
    }
    let far = alice.get(&format!("{history}?direction=forward&from={}", u64::MAX)).await;
    assert_eq!(far.ok(), json!([]));
    let far = alice.get(&format!("/v1/sync?timeout=0&since={}", u64::MAX)).await.ok();
    assert_eq!((&far["events"], &far["next_cursor"]), (&json!([]), &json!(u64::MAX)), "a cursor never goes back");
}

#[tokio::test]
async fn an_oversized_body_is_refused_whether_its_length_is_told_or_not() {
    let world = World::start().await;
    let alice = world.sign_in("alice").await;
    let (send, refresh) = (send(&world), "/v1/auth/refresh");
    let call = alice.initiate(&world.team).await.ok()["call_id"].as_str().unwrap().to_owned();
    let leave = format!("/v1/calls/{call}/leave");
    for path in [&*send, CALL, refresh, &*leave] {
        let body = json!({ "padding": "x".repeat(200 * 1024) }).to_string();
        json(&alice, path, body.clone()).await.fails(413, "SW_CONTENT_TOO_LARGE");
        let pieces: Vec<_> =
            body.as_bytes().chunks(8192).map(|piece| Ok::<_, std::io::Error>(piece.to_vec())).collect();
        let unsized_body = Body::wrap_stream(futures_util::stream::iter(pieces));
        json(&alice, path, unsized_body).await.fails(413, "SW_CONTENT_TOO_LARGE");
    }
    let form = format!("grant_type=password&username=alice&password={}", "x".repeat(200 * 1024));
    let form_type = Some("application/x-www-form-urlencoded");
    post(&alice, "/v1/auth/token", form_type, form).await.fails(413, "SW_CONTENT_TOO_LARGE");
    let webhook = http().post(format!("{}/v1/calls/webhook", alice.base)).header("authorization", "x");
    assert_eq!(webhook.body("x".repeat(2 << 20)).send().await.unwrap().status(), 413);
    assert_eq!(alice.look(&call).await["state"], "ringing", "nobody left the call by a refused request");
}

#[tokio::test]
async fn json_as_deep_as_a_body_is_long_is_refused_and_the_server_lives_on() {
    let world = World::start().await;
    let alice = world.sign_in("alice").await;
    let path = send(&world);
    let depth = 50_000;
    for deep in [
        "[".repeat(100_000),
        "{\"a\":".repeat(20_000),
        format!(r#"{{"content":{}{}}}"#, "[".repeat(depth), "]".repeat(depth)),
        format!(r#"{{"content":{{"msgtype":{}{}}}}}"#, "[".repeat(depth), "]".repeat(depth)),
    ] {
        json(&alice, &path, deep).await.fails(422, "SW_VALIDATION");
    }
    // Where nothing reads it, it is refused or passed over, but never followed down.
    let unread = format!(
        r#"{{"content":{{"msgtype":"swp.text","body":"x"}},"later":{}{}}}"#,
        "[".repeat(depth),
        "]".repeat(depth)
    );
    let answer = json(&alice, &path, unread).await;
    assert!(matches!(answer.status, 200 | 422), "{answer:?}");
    alice.get("/v1/me").await.ok();
}

#[tokio::test]
async fn text_that_is_no_text_is_refused() {
    let world = World::start().await;
    let alice = world.sign_in("alice").await;
    let path = send(&world);
    for body in [
        &b"{\"content\":{\"msgtype\":\"swp.text\",\"body\":\"\xff\xfe\"}}"[..],
        b"{\"content\":{\"msgtype\":\"swp.text\",\"body\":\"\xc3\"}}",
        b"{\"content\":{\"msgtype\":\"swp.text\",\"body\":\"\\ud800\"}}",
        b"{\"content\":{\"msgtype\":\"swp.text\",\"body\":\"a\0b\"}}",
        b"\xef\xbb\xbf{\"content\":{\"msgtype\":\"swp.text\"}}",
        b"\xff",
    ] {
        json(&alice, &path, body).await.fails(422, "SW_VALIDATION");
    }
    let form = Some("application/x-www-form-urlencoded");
    let guess = post(&alice, "/v1/auth/token", form, "grant_type=password&username=%FF&password=x").await;
    assert!(matches!(guess.status, 401 | 422), "{guess:?}");
    alice.get("/v1/rooms/room-%C3").await.fails(404, "SW_NOT_FOUND");
    alice.get("/v1/calls/%00").await.fails(404, "SW_CALL_NOT_FOUND");
    // An escaped NUL is text, if an odd one, and comes back as it went.
    let odd = json!({ "content": { "msgtype": "swp.text", "body": "a\0b" } });
    assert_eq!(alice.post(&path, odd).await.ok()["content"]["body"], "a\0b");
}

#[tokio::test]
async fn another_content_type_is_no_way_around_the_checks() {
    let world = World::start().await;
    let alice = world.sign_in("alice").await;
    let path = send(&world);
    let form = Some("application/x-www-form-urlencoded");
    post(&alice, &path, form, "content=x&msgtype=swp.text").await.fails(422, "SW_VALIDATION");
    post(&alice, &path, Some("multipart/form-data; boundary=B"), "--B--").await.fails(422, "SW_VALIDATION");
    let credentials = json!({ "grant_type": "password", "username": "alice", "password": "alice's password" });
    for content_type in [Some("application/json"), Some("text/plain"), None] {
        let answer = post(&world.nobody(), "/v1/auth/token", content_type, credentials.to_string()).await;
        answer.fails(422, "SW_VALIDATION");
    }
    for content_type in [Some("application/json"), Some("multipart/form-data"), Some("\u{e9}"), None] {
        post(&alice, "/v1/media/upload", content_type, "{}").await.fails(422, "SW_VALIDATION");
    }
    // JSON is read as JSON whatever it is called (the vendor's pages name no check), and checked the same.
    let text = json!({ "content": { "msgtype": "swp.text", "body": "x" } }).to_string();
    for content_type in [Some("text/plain"), Some("application/json; charset=utf-8"), None] {
        post(&alice, &path, content_type, text.clone()).await.ok();
        post(&alice, &path, content_type, "{\"content\":{}}").await.fails(422, "SW_VALIDATION");
    }
}
