//! reference/api/messages-and-reactions, tutorials/developer/send-a-message-via-api

use serde_json::{Value, json};

use crate::{shape::is_like, user::User, world::World};

fn event_example() -> Value {
    json!({
        "id": "evt-*", "room_id": "room-*", "sender_id": "<uuid>", "event_type": "swp.room.message", "content": { "msgtype": "<string>" },
        "stream_position": "<int>", "origin_ts": "<seconds>", "created_at": "<time>", "edited_at": "<time?>", "redacted_at": "<time?>",
    })
}

async fn said(user: &User, room: &str, text: &str) -> String {
    user.say(room, text).await.ok()["id"].as_str().unwrap().to_owned()
}

async fn found(user: &User, room: &str, id: &str) -> Value {
    let history = user.get(&format!("/v1/rooms/{room}/messages")).await.is(200);
    history.as_array().unwrap().iter().find(|event| event["id"] == id).expect("is not in the history").clone()
}

#[tokio::test]
async fn a_message_is_sent_and_read_again() {
    let world = World::start().await;
    let (alice, bob) = (world.sign_in("alice").await, world.sign_in("bob").await);
    let first = said(&alice, &world.team, "first").await;
    let content =
        json!({ "msgtype": "swp.text", "body": "hello @Bob", "mentions": [bob.id], "reply_to_event_id": first });
    let sent = alice.post(&format!("/v1/rooms/{}/send", world.team), json!({ "content": content })).await.ok();
    is_like(&sent, event_example());
    is_like(&sent, json!({ "sender_id": alice.id, "room_id": world.team, "content": content }));
    assert_eq!(found(&bob, &world.team, sent["id"].as_str().unwrap()).await, sent);
}

#[tokio::test]
async fn the_documented_contents_are_taken() {
    let world = World::start().await;
    let alice = world.sign_in("alice").await;
    for content in [
        json!({ "msgtype": "swp.code", "body": "fn main() {}", "lang": "rust" }),
        json!({ "msgtype": "swp.system", "body": "maintenance at noon" }),
        json!({ "msgtype": "com.example.weather", "body": "rain", "degrees": 7 }),
    ] {
        let sent = alice.post(&format!("/v1/rooms/{}/send", world.team), json!({ "content": content })).await.ok();
        assert_eq!(
            found(&alice, &world.team, sent["id"].as_str().unwrap()).await["content"],
            content,
            "kept as it was sent"
        );
    }
}

#[tokio::test]
async fn the_same_event_uuid_is_one_event() {
    let world = World::start().await;
    let alice = world.sign_in("alice").await;
    let body = json!({ "content": { "msgtype": "swp.text", "body": "once" }, "event_uuid": uuid::Uuid::new_v4() });
    let path = format!("/v1/rooms/{}/send", world.team);
    let first = alice.post(&path, body.clone()).await.ok();
    assert_eq!(alice.post(&path, body).await.ok()["id"], first["id"]);
    assert_eq!(alice.get(&format!("/v1/rooms/{}/messages", world.team)).await.is(200).as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn history_is_paged_in_both_directions() {
    let world = World::start().await;
    let alice = world.sign_in("alice").await;
    for n in 0..5 {
        said(&alice, &world.team, &n.to_string()).await;
    }
    for (direction, expected) in [("back", ["4", "3", "2", "1", "0"]), ("forward", ["0", "1", "2", "3", "4"])] {
        let mut bodies = Vec::new();
        let mut from = String::new();
        loop {
            let page =
                alice.get(&format!("/v1/rooms/{}/messages?limit=2&direction={direction}{from}", world.team)).await;
            let meta = page.body["meta"].clone();
            let events = page.is(200);
            is_like(&events, json!([event_example()]));
            bodies.extend(events.as_array().unwrap().iter().map(|event| event["content"]["body"].clone()));
            if meta["has_more"] == false {
                break;
            }
            from = format!("&from={}", meta["next_cursor"].as_str().expect("the cursor is a string"));
        }
        assert_eq!(bodies, expected, "{direction}");
    }
    alice.get(&format!("/v1/rooms/{}/messages?limit=200", world.team)).await.is(200);
}

#[tokio::test]
async fn content_above_64_kb_is_too_large() {
    let world = World::start().await;
    let alice = world.sign_in("alice").await;
    let envelope = json!({ "msgtype": "swp.text", "body": "" }).to_string().len();
    alice.say(&world.team, &"x".repeat(64 * 1024 - envelope)).await.ok();
    alice.say(&world.team, &"x".repeat(64 * 1024 - envelope + 1)).await.fails(413, "SW_CONTENT_TOO_LARGE");
    alice.say(&world.team, &"x".repeat(300 * 1024)).await.fails(413, "SW_CONTENT_TOO_LARGE");
}

#[tokio::test]
async fn speaking_for_another_needs_power_100() {
    let world = World::start().await;
    let (alice, bob, carol) = (world.sign_in("alice").await, world.sign_in("bob").await, world.sign_in("carol").await);
    let body = json!({ "content": { "msgtype": "swp.text", "body": "says carol" }, "as_participant_id": carol.id });
    let path = format!("/v1/rooms/{}/send", world.team);
    let refused = bob.post(&path, body.clone()).await;
    assert_eq!(refused.status, 403, "{}", refused.text);
    assert_eq!(alice.post(&path, body).await.ok()["sender_id"], carol.id.as_str());
}

#[tokio::test]
async fn ones_own_message_is_edited() {
    let world = World::start().await;
    let (alice, bob) = (world.sign_in("alice").await, world.sign_in("bob").await);
    let id = said(&bob, &world.team, "teh").await;
    let path = format!("/v1/rooms/{}/events/{id}/edit", world.team);
    let body = json!({ "content": { "msgtype": "swp.text", "body": "the" } });
    bob.post(&path, body.clone()).await.ok();
    let event = found(&alice, &world.team, &id).await;
    is_like(&event, json!({ "content": { "body": "the" }, "edited_at": "<time>" }));
    let refused = alice.post(&path, body).await;
    assert_eq!(refused.status, 403, "no power edits what another said: {}", refused.text);
}

#[tokio::test]
async fn a_redacted_message_keeps_its_place_alone() {
    let world = World::start().await;
    let (alice, bob, carol) = (world.sign_in("alice").await, world.sign_in("bob").await, world.sign_in("carol").await);
    let path = |id: &str| format!("/v1/rooms/{}/events/{id}/redact", world.team);
    let (own, others) = (said(&carol, &world.team, "oops").await, said(&alice, &world.team, "careful").await);
    carol.post(&path(&others), json!({ "reason": "because" })).await.fails(403, "SW_REDACT_FORBIDDEN");
    carol.post(&path(&own), json!({ "reason": "a slip" })).await.ok();
    bob.post(&path(&others), json!({})).await.ok();
    for id in [&own, &others] {
        let event = found(&alice, &world.team, id).await;
        is_like(&event, json!({ "id": id, "redacted_at": "<time>", "sender_id": "<uuid>" }));
        assert!(!event.to_string().contains("oops") && !event.to_string().contains("careful"), "{event}");
    }
    for read in [carol.get("/v1/sync?timeout=0").await, carol.get(&format!("/v1/rooms/{}/messages", world.team)).await]
    {
        assert!(!read.text.contains("oops"), "it is still told: {}", read.text);
    }
}

#[tokio::test]
async fn a_reaction_is_unique_and_taken_back() {
    let world = World::start().await;
    let (alice, bob) = (world.sign_in("alice").await, world.sign_in("bob").await);
    let id = said(&alice, &world.team, "good news").await;
    let path = format!("/v1/rooms/{}/events/{id}/reaction", world.team);
    let body = json!({ "emoji": "🎉" });
    bob.post(&path, body.clone()).await.ok();
    let twice = bob.post(&path, body.clone()).await;
    assert!(matches!(twice.status, 200 | 201 | 409), "{}", twice.text);
    let taken = crate::user::Answer::of(bob.request(reqwest::Method::DELETE, &path).json(&body)).await.unwrap();
    assert!((200..300).contains(&taken.status), "{}", taken.text);
    bob.post(&path, body).await.ok();
}

#[tokio::test]
async fn an_event_that_is_not_there_is_not_found() {
    let world = World::start().await;
    let (alice, carol) = (world.sign_in("alice").await, world.sign_in("carol").await);
    let elsewhere = said(&alice, &world.direct, "elsewhere").await;
    for id in ["evt-0", &elsewhere] {
        for (verb, body) in [
            ("edit", json!({ "content": { "msgtype": "swp.text", "body": "x" } })),
            ("redact", json!({ "reason": "x" })),
            ("reaction", json!({ "emoji": "👍" })),
        ] {
            let path = format!("/v1/rooms/{}/events/{id}/{verb}", world.team);
            carol.post(&path, body).await.fails(404, "SW_EVENT_NOT_FOUND");
        }
    }
}
