//! SQL, paths, headers and control characters, in every text field and path parameter: kept as text or refused, never obeyed, and never a
//! fault of the server.

use reqwest::{
    Method,
    multipart::{Form, Part},
};
use serde_json::{Value, json};

use crate::{
    user::{Answer, User},
    world::World,
};

const TEXTS: [&str; 12] = [
    "' OR '1'='1",
    "'; DROP TABLE participants; --",
    "\" UNION SELECT password_hash FROM participants --",
    "%' OR 1=1 --",
    "../../../../etc/passwd",
    "..\\..\\windows\\win.ini",
    "x\r\nSet-Cookie: injected=1",
    "nul\u{0}byte",
    "<script>alert(1)</script>",
    "{{7*7}}${7*7}%{7*7}",
    "\u{202e}gnp.exe \u{feff}\u{200b}",
    "%00%0d%0aSet-Cookie:%20injected=1",
];

/// Not obeyed and no fault: below 500, in the API's words if refused, without a header of the attacker's or a secret of ours.
#[track_caller]
fn harmless(answer: &Answer, what: &str) {
    assert!(answer.status < 500, "{what}: {} {}", answer.status, answer.text);
    assert!(answer.headers.get("set-cookie").is_none(), "{what}: {:?}", answer.headers);
    for secret in ["argon2", "root:", "SQLITE", "sqlite", "syntax error", "panicked"] {
        assert!(!answer.text.contains(secret), "{what}: {}", answer.text);
    }
    if answer.status >= 400 {
        answer.message();
    }
}

/// Everything is still as it was.
async fn unharmed(world: &World) {
    let alice = world.sign_in("alice").await;
    let rooms = alice.get("/v1/rooms").await.is(200);
    assert_eq!(rooms.as_array().unwrap().len(), 2, "{rooms}");
    let pool = world.database().await;
    let people: i64 = sqlx::query_scalar("SELECT count(*) FROM participants").fetch_one(&pool).await.unwrap();
    assert_eq!(people, 6);
    let log = world.logged();
    assert!(!log.contains("panicked"), "{log}");
}

/// As it may stand in a path.
fn escaped(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[tokio::test]
async fn path_parameters() {
    let world = World::start().await;
    let alice = world.sign_in("alice").await;
    let long = "x".repeat(3000);
    for text in TEXTS.into_iter().chain([long.as_str(), "room-1/../..", "."]) {
        let id = escaped(text);
        for path in [
            format!("/v1/rooms/{id}"),
            format!("/v1/rooms/{id}/state"),
            format!("/v1/rooms/{id}/members"),
            format!("/v1/rooms/{id}/messages"),
            format!("/v1/calls/{id}"),
            format!("/v1/calls/{id}/recordings"),
            format!("/v1/media/{id}/info"),
            format!("/v1/media/download/{id}"),
            format!("/v1/media/download/{id}/thumbnail"),
            format!("/v1/media/signed/{id}"),
        ] {
            let answer = alice.get(&path).await;
            harmless(&answer, &path);
            assert!(answer.status >= 400, "{path}: {}", answer.text);
        }
        for path in [
            format!("/v1/rooms/{id}/send"),
            format!("/v1/rooms/{id}/join"),
            format!("/v1/rooms/{}/events/{id}/edit", world.team),
            format!("/v1/rooms/{}/events/{id}/redact", world.team),
            format!("/v1/calls/{id}/join"),
            format!("/v1/calls/{id}/end"),
        ] {
            let answer = alice.post(&path, json!({ "content": { "msgtype": "swp.text", "body": "x" } })).await;
            harmless(&answer, &path);
            assert!(answer.status >= 400, "{path}: {}", answer.text);
        }
    }
    unharmed(&world).await;
}

#[tokio::test]
async fn query_parameters() {
    let world = World::start().await;
    let alice = world.sign_in("alice").await;
    for text in TEXTS {
        let value = escaped(text);
        for path in [
            format!("/v1/presence?ids={value}"),
            format!("/v1/directory/participants?q={value}"),
            format!("/v1/directory/participants?type={value}"),
            format!("/v1/directory/rooms?q={value}&room_type={value}"),
            format!("/v1/sync?since={value}"),
            format!("/v1/sync?timeout=0&limit={value}"),
            format!("/v1/rooms/{}/messages?from={value}", world.team),
            format!("/v1/rooms/{}/messages?direction={value}", world.team),
        ] {
            harmless(&alice.get(&path).await, &path);
        }
        // A wildcard of the database is a letter like any other.
        let found = alice.get(&format!("/v1/directory/participants?q={value}")).await;
        assert!(found.status != 200 || found.body["data"] == json!([]), "{text}: {}", found.text);
    }
    for wildcard in ["%", "_", "a%e"] {
        let found = alice.get(&format!("/v1/directory/participants?q={}", escaped(wildcard))).await;
        assert!(found.status != 200 || found.body["data"] == json!([]), "{wildcard}: {}", found.text);
    }
    unharmed(&world).await;
}

#[tokio::test]
async fn signing_in() {
    let world = World::with(&[("SCAIWAVE_SIGN_IN_FAILURES_PER_MINUTE", "0")]).await;
    let nobody = world.nobody();
    for text in TEXTS {
        for (name, password) in [(text, "x"), ("alice", text), (text, text)] {
            let answer = nobody.password_grant(name, password).await.unwrap();
            harmless(&answer, text);
            assert!(answer.status >= 400, "{text} signs in");
        }
        let refreshed = nobody.post("/v1/auth/refresh", json!({ "refresh_token": text })).await;
        harmless(&refreshed, text);
        assert!(refreshed.status >= 400);
        let form = [("code", text), ("redirect_uri", text)];
        let login = nobody.request(Method::POST, "/v1/auth/login").form(&form);
        harmless(&Answer::of(login).await.unwrap(), text);
        let bearer = nobody.request(Method::GET, "/v1/me").header("authorization", format!("Bearer {}", escaped(text)));
        Answer::of(bearer).await.unwrap().fails(401, "SW_AUTH_INVALID_TOKEN");
    }
    unharmed(&world).await;
}

#[tokio::test]
async fn messages_are_kept_as_they_were_sent() {
    let world = World::start().await;
    let (alice, bob) = (world.sign_in("alice").await, world.sign_in("bob").await);
    let mut at_bob = bob.stream().await;
    for text in TEXTS {
        let answer = alice.say(&world.team, text).await;
        harmless(&answer, text);
        if answer.status < 400 {
            let event = at_bob.next_of("swp.room.message").await;
            assert_eq!(event["content"]["body"], text);
        }
        for content in [
            json!({ "msgtype": text, "body": "x" }),
            json!({ "msgtype": "swp.text", "body": "x", "mentions": [text] }),
            json!({ "msgtype": "swp.text", "body": "x", "reply_to_event_id": text }),
            json!({ "msgtype": "swp.media", "body": "x", "media_id": text, "thumbnail_id": text }),
            json!({ text: text }),
        ] {
            let path = format!("/v1/rooms/{}/send", world.team);
            let answer = alice.post(&path, json!({ "content": content, "event_uuid": text })).await;
            harmless(&answer, text);
            assert!(answer.status >= 400, "an event_uuid is a UUID: {}", answer.text);
            let answer = alice.post(&path, json!({ "content": content })).await;
            harmless(&answer, text);
            if answer.status < 400 {
                at_bob.next_of("swp.room.message").await;
            }
        }
    }
    unharmed(&world).await;
}

#[tokio::test]
async fn bodies_of_all_the_rest() {
    let world = World::start().await;
    let alice = world.sign_in("alice").await;
    for text in TEXTS {
        for (method, path, body) in bodies(&world, text) {
            let answer = Answer::of(alice.request(method, &path).json(&body)).await.unwrap();
            harmless(&answer, &format!("{path} {body}"));
        }
        upload(&alice, text).await;
    }
    unharmed(&world).await;
}

fn bodies(world: &World, text: &str) -> Vec<(Method, String, Value)> {
    let room = |what: &str| format!("/v1/rooms/{}/{what}", world.team);
    let member = json!({ "participant_id": text });
    let put = |path: &str, body: Value| (Method::PUT, path.to_owned(), body);
    let post = |path: &str, body: Value| (Method::POST, path.to_owned(), body);
    vec![
        put("/v1/me", json!({ "display_name": text, "bio": text, "avatar_url": text })),
        put("/v1/me/presence", json!({ "status": text })),
        put(
            "/v1/me/preferences",
            json!({ "locale": text, "timezone": text, "keyword_alerts": [text], "email_address": text }),
        ),
        put("/v1/me/preferences", json!({ "quiet_hours": { "enabled": true, "start": text, "end": text } })),
        put("/v1/typing", json!({ "room_id": text, "typing": true })),
        put(&room("name"), json!({ "name": text })),
        put(&room("topic"), json!({ "topic": text })),
        put(&room("mute"), json!({ "muted_until": text })),
        put(&room("notification-mode"), json!({ "mode": text })),
        post(&room("invite"), member.clone()),
        post(&room("kick"), member.clone()),
        post(&room("ban"), member.clone()),
        post("/v1/rooms/dm", member),
        post("/v1/calls/initiate", json!({ "room_id": text, "type": "audio" })),
        post("/v1/calls/initiate", json!({ "room_id": world.direct, "type": text })),
        post("/v1/calls/initiate", json!({ "room_id": world.direct, "type": "audio", "device_id": text })),
        post("/v1/calls/call-0/reject", json!({ "reason": text })),
        post("/v1/calls/call-0/join", json!({ "device_id": text })),
    ]
}

async fn upload(alice: &User, name: &str) {
    let part = Part::bytes(b"x".to_vec()).file_name(name.to_owned());
    let form = Form::new().part("file", part).text("tenant_scope", name.to_owned());
    let answer = Answer::of(alice.request(Method::POST, "/v1/media/upload").multipart(form)).await.unwrap();
    harmless(&answer, name);
    if let Some(id) = answer.body["data"]["media_id"].as_str() {
        let down = alice.get(&format!("/v1/media/download/{id}")).await;
        harmless(&down, name);
        assert_eq!((down.status, down.text.as_str()), (200, "x"));
        // What somebody uploads is never a page of this server.
        assert_eq!(down.header("x-content-type-options"), Some("nosniff"), "{:?}", down.headers);
    }
}

#[tokio::test]
async fn headers() {
    let world = World::start().await;
    let alice = world.sign_in("alice").await;
    for text in ["' OR 1=1 --", "../../x", "{\"fake\":\"log\"}", "x\"}\u{85}", &"y".repeat(4000)] {
        for header in ["x-request-id", "x-forwarded-for", "user-agent", "range", "content-type", "accept-language"] {
            let request = alice.request(Method::GET, "/v1/me").header(header, text.as_bytes());
            harmless(&Answer::of(request).await.unwrap(), header);
        }
    }
    // A log line is one JSON object whatever a caller calls its request.
    for line in world.logged().lines().filter(|line| !line.is_empty()) {
        assert!(serde_json::from_str::<Value>(line).is_ok(), "{line}");
    }
}
