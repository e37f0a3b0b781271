use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{PATIENCE, World};

fn text(body: &str) -> Value {
    json!({ "content": { "msgtype": "swp.text", "body": body } })
}

#[tokio::test]
async fn rooms_are_seen_by_their_members_only() {
    let world = World::start().await;
    let (alice, bob, dave) = (world.sign_in("alice").await, world.sign_in("bob").await, world.sign_in("dave").await);
    let names = async |user: &crate::world::User| {
        let answer = user.get("/v1/rooms").await;
        let total = answer.body["meta"]["total"].as_u64().unwrap();
        let names: Vec<_> =
            answer.ok().as_array().unwrap().iter().map(|r| r["name"].as_str().unwrap().to_owned()).collect();
        assert_eq!(names.len() as u64, total);
        names
    };
    assert_eq!(names(&alice).await, ["Team", "Bob"], "a direct room is named after the other one");
    assert_eq!(names(&bob).await, ["Team", "Alice"]);
    assert!(names(&dave).await.is_empty());
    assert_eq!(alice.get(&format!("/v1/rooms/{}", world.team)).await.ok()["member_count"], 3);
    for path in ["", "/state", "/members", "/messages"] {
        dave.get(&format!("/v1/rooms/{}{path}", world.team)).await.fails(404, "SW_ROOM_NOT_FOUND");
    }
    dave.post(&format!("/v1/rooms/{}/send", world.team), text("hello")).await.fails(404, "SW_ROOM_NOT_FOUND");
    let members = bob.get(&format!("/v1/rooms/{}/members", world.team)).await.ok();
    let powers: Vec<_> = members.as_array().unwrap().iter().map(|m| m["power_level"].as_u64().unwrap()).collect();
    assert_eq!(powers, [100, 50, 0]);
    assert_eq!(members[0]["participant"]["server_name"], "test.example");
    let state = bob.get(&format!("/v1/rooms/{}/state", world.team)).await.ok();
    assert_eq!((&state["active_call"], state["members"].as_array().unwrap().len()), (&Value::Null, 3));
}

#[tokio::test]
async fn a_message_reaches_the_room_once() {
    let world = World::start().await;
    let (alice, bob) = (world.sign_in("alice").await, world.sign_in("bob").await);
    let (mut mine, mut theirs) = (alice.stream().await, bob.stream().await);
    let send = format!("/v1/rooms/{}/send", world.team);
    let mut message = text("hello");
    message["event_uuid"] = json!("7f0f2a52-8f5e-4c88-9a51-3f4a5a0f7c11");
    let first = alice.post(&send, message.clone()).await.ok();
    let again = alice.post(&send, message).await.ok();
    assert_eq!(first["id"], again["id"]);
    alice.post(&send, text("bye")).await.ok();
    for events in [&mut mine, &mut theirs] {
        let (hello, bye) = (events.next().await, events.next().await);
        assert_eq!((&hello["id"], &hello["type"]), (&first["id"], &json!("swp.room.message")));
        assert_eq!((hello["content"]["body"].as_str(), bye["content"]["body"].as_str()), (Some("hello"), Some("bye")));
        assert!(bye["stream_position"].as_u64() > hello["stream_position"].as_u64());
    }
}

#[tokio::test]
async fn history_is_read_in_pages_both_ways() {
    let world = World::start().await;
    let alice = world.sign_in("alice").await;
    for n in 0..5 {
        alice.post(&format!("/v1/rooms/{}/send", world.team), text(&n.to_string())).await.ok();
    }
    let page = async |query: &str| {
        let answer = alice.get(&format!("/v1/rooms/{}/messages?{query}", world.team)).await;
        let meta = answer.body["meta"].clone();
        let bodies: String =
            answer.ok().as_array().unwrap().iter().map(|e| e["content"]["body"].as_str().unwrap().to_owned()).collect();
        (bodies, meta)
    };
    let (bodies, meta) = page("limit=3").await;
    assert_eq!((&*bodies, &meta["has_more"]), ("432", &json!(true)));
    let (bodies, meta) = page(&format!("limit=3&from={}", meta["next_cursor"].as_str().unwrap())).await;
    assert_eq!((&*bodies, &meta["has_more"]), ("10", &json!(false)));
    assert_eq!(page("direction=forward&limit=2").await.0, "01");
    for query in ["limit=0", "limit=201", "limit=x", "direction=up", "from=-1"] {
        alice.get(&format!("/v1/rooms/{}/messages?{query}", world.team)).await.fails(422, "SW_VALIDATION");
    }
}

#[tokio::test]
async fn sync_brings_what_was_missed_and_waits_for_what_comes() {
    let world = World::start().await;
    let (alice, bob, dave) = (world.sign_in("alice").await, world.sign_in("bob").await, world.sign_in("dave").await);
    let send = format!("/v1/rooms/{}/send", world.team);
    for n in 0..3 {
        alice.post(&send, text(&n.to_string())).await.ok();
    }
    let page = bob.get("/v1/sync?since=0&limit=2").await.ok();
    assert_eq!((page["events"].as_array().unwrap().len(), &page["has_more"]), (2, &json!(true)));
    let page = bob.get(&format!("/v1/sync?since={}", page["next_cursor"])).await.ok();
    assert_eq!((page["events"][0]["content"]["body"].as_str(), &page["has_more"]), (Some("2"), &json!(false)));
    let cursor = page["next_cursor"].clone();
    let (waited, _) = tokio::join!(
        async { bob.get(&format!("/v1/sync?since={cursor}&timeout=60000")).await.ok() },
        alice.post(&send, text("new")),
    );
    assert_eq!(waited["events"][0]["content"]["body"], "new");
    assert_eq!(waited["events"][0]["event_type"], "swp.room.message");
    let nothing = dave.get("/v1/sync?since=0&timeout=50").await.ok();
    assert_eq!((nothing["events"].as_array().unwrap().len(), &nothing["next_cursor"]), (0, &json!(0)));
    bob.get("/v1/sync?limit=501").await.fails(422, "SW_VALIDATION");
}

#[tokio::test]
async fn bad_input_is_answered_and_names_the_field() {
    let world = World::start().await;
    let alice = world.sign_in("alice").await;
    let send = format!("/v1/rooms/{}/send", world.team);
    for (path, body, field) in [
        (&*send, "{", "body"),
        (&*send, "", "body"),
        (&*send, "[]", "body"),
        (&*send, r#"{"content":{"body":"x"}}"#, "msgtype"),
        (&*send, r#"{"content":{"msgtype":"","body":"x"}}"#, "content.msgtype"),
        (&*send, r#"{"content":{"msgtype":"swp.text","body":7}}"#, "content.body"),
        (&*send, r#"{"content":{"msgtype":"swp.text"},"event_uuid":"x"}"#, "event_uuid"),
        ("/v1/calls/initiate", r#"{"type":"video"}"#, "room_id"),
        ("/v1/calls/initiate", r#"{"room_id":"room-1","type":"hologram"}"#, "type"),
        ("/v1/calls/initiate", r#"{"room_id":"room-1","type":"audio","device_id":"a/b"}"#, "device_id"),
        ("/v1/calls/initiate", r#" ["room-1","video",null]"#, "body"),
        ("/v1/calls/call-1/leave", "[null, null]", "body"),
        ("/v1/auth/refresh", "null", "body"),
    ] {
        let message = alice.send(Method::POST, path, Some(body.into())).await.fails(422, "SW_VALIDATION");
        assert!(message.contains(field), "{body} should name {field}: {message}");
    }
    alice.post(&send, text(&"x".repeat(65 * 1024))).await.fails(413, "SW_CONTENT_TOO_LARGE");
    alice.post(&send, text(&"x".repeat(1024 * 1024))).await.fails(413, "SW_CONTENT_TOO_LARGE");
    alice.get("/v1/nothing/here").await.fails(404, "SW_NOT_FOUND");
    assert_eq!(alice.send(Method::DELETE, "/v1/rooms", None).await.status, 405);
    alice.get("/v1/rooms/%FF").await.fails(404, "SW_NOT_FOUND");
    assert_eq!(alice.get("/health").await.body["status"], "ok");
    assert_eq!(alice.get("/readyz").await.status, 200);
}

#[tokio::test]
async fn a_waiting_sync_does_not_hold_up_the_shutdown() {
    let mut world = World::start().await;
    let alice = world.sign_in("alice").await;
    let waiting = tokio::spawn(async move { alice.get("/v1/sync?timeout=60000").await });
    // The restart's own patience is 5 s; the waiting request is let go long before.
    tokio::time::timeout(PATIENCE, async {
        tokio::task::yield_now().await;
        world.restart().await;
    })
    .await
    .expect("shutdown hangs");
    let _ = tokio::time::timeout(Duration::from_secs(1), waiting).await.expect("the request was not answered");
}
