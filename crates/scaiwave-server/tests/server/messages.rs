//! Messages are sent in every shape, edited, wiped and reacted to; and who was away catches up.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::world::{Answer, User, World};

async fn send(user: &User, room: &str, content: Value) -> Answer {
    user.post(&format!("/v1/rooms/{room}/send"), json!({ "content": content })).await
}

/// `edit`, `redact` or `reaction`.
fn at(room: &str, message: &Value, verb: &str) -> String {
    format!("/v1/rooms/{room}/events/{}/{verb}", message["id"].as_str().unwrap())
}

fn words(text: &str) -> Value {
    json!({ "content": { "msgtype": "swp.text", "body": text } })
}

#[tokio::test]
async fn content_is_kept_as_it_came() {
    let world = World::start().await;
    let (alice, bob) = (world.sign_in("alice").await, world.sign_in("bob").await);
    let mut at_bob = bob.stream().await;
    let (_, cursor) = bob.missed(&json!(0)).await;
    for content in [
        json!({ "msgtype": "com.example.poll", "body": "Lunch?", "options": ["soup", { "deep": [1, null, 1.5] }], "n": -7 }),
        json!({ "msgtype": "swp.code", "body": "fn main() {}", "lang": "rust", "theme": null }),
        json!({ "msgtype": "swp.text", "body": "hi", "_imported_sender": "old@mail" }),
    ] {
        let sent = send(&alice, &world.team, content.clone()).await.ok();
        assert_eq!(sent["content"], content);
        assert_eq!(at_bob.next_of("swp.room.message").await["content"], content);
        let history = bob.get(&format!("/v1/rooms/{}/messages?limit=1", world.team)).await.ok();
        assert_eq!(history[0]["content"], content);
    }
    assert_eq!(bob.missed(&cursor).await.0[0]["content"]["options"][1]["deep"], json!([1, null, 1.5]));
}

#[tokio::test]
async fn known_kinds_must_be_whole() {
    let world = World::start().await;
    let alice = world.sign_in("alice").await;
    for (content, field) in [
        (json!({ "msgtype": "swp.text" }), "content.body"),
        (json!({ "msgtype": "swp.text", "body": " \n" }), "content.body"),
        (json!({ "msgtype": "swp.code", "body": "" }), "content.body"),
        (json!({ "msgtype": "swp.code", "body": "x", "lang": 7 }), "content.lang"),
        (json!({ "msgtype": "swp.media", "body": "x" }), "content.media_id"),
        (json!({ "msgtype": "swp.media", "media_id": 7 }), "content.media_id"),
        (json!({ "msgtype": "no spaces", "body": "x" }), "content.msgtype"),
        (json!({ "msgtype": "x".repeat(101), "body": "x" }), "content.msgtype"),
        (json!({ "msgtype": "swp.text", "body": "x", "mentions": "everybody" }), "content.mentions"),
        (json!({ "msgtype": "swp.text", "body": "x", "mentions": ["nobody"] }), "content.mentions[0]"),
        (json!({ "msgtype": "swp.text", "body": "x", "reply_to_event_id": "evt-none" }), "content.reply_to_event_id"),
    ] {
        let message = send(&alice, &world.team, content).await.fails(422, "SW_VALIDATION");
        assert!(message.contains(field), "{field}: {message}");
    }
    let padded = json!({ "msgtype": "custom", "body": "", "padding": "x".repeat(65 * 1024) });
    send(&alice, &world.team, padded).await.fails(413, "SW_CONTENT_TOO_LARGE");
}

#[tokio::test]
async fn replies_and_mentions_stay_in_the_room() {
    let world = World::start().await;
    let (alice, bob, dave) = (world.sign_in("alice").await, world.sign_in("bob").await, world.sign_in("dave").await);
    let (here, elsewhere) = (alice.say(&world.team, "here").await, alice.say(&world.direct, "elsewhere").await);
    let content =
        json!({ "msgtype": "swp.text", "body": "yes", "mentions": [bob.id], "reply_to_event_id": here["id"] });
    assert_eq!(send(&alice, &world.team, content.clone()).await.ok()["content"], content);
    for wrong in [
        json!({ "msgtype": "swp.text", "body": "x", "reply_to_event_id": elsewhere["id"] }),
        json!({ "msgtype": "swp.text", "body": "x", "mentions": [bob.id, dave.id] }),
    ] {
        send(&alice, &world.team, wrong).await.fails(422, "SW_VALIDATION");
    }
}

#[tokio::test]
async fn owners_may_write_in_the_name_of_members() {
    let world = World::start().await;
    let (alice, bob, dave) = (world.sign_in("alice").await, world.sign_in("bob").await, world.sign_in("dave").await);
    let mut at_bob = bob.stream().await;
    let path = format!("/v1/rooms/{}/send", world.team);
    let named = |who: &User| {
        let mut body = words("hello");
        body["as_participant_id"] = json!(who.id);
        body
    };
    assert_eq!(alice.post(&path, named(&bob)).await.ok()["sender_id"], bob.id);
    assert_eq!(at_bob.next_of("swp.room.message").await["sender_id"], bob.id);
    bob.post(&path, named(&alice)).await.fails(403, "SW_ROOM_FORBIDDEN");
    bob.post(&path, named(&bob)).await.ok();
    let message = alice.post(&path, named(&dave)).await.fails(422, "SW_VALIDATION");
    assert!(message.contains("as_participant_id"));
}

#[tokio::test]
async fn an_edit_reaches_those_who_are_there_and_those_who_were_away() {
    let world = World::start().await;
    let (alice, bob) = (world.sign_in("alice").await, world.sign_in("bob").await);
    let sent = alice.say(&world.team, "helo").await;
    alice.say(&world.team, "later").await;
    let (_, cursor) = bob.missed(&json!(0)).await;
    let mut at_bob = bob.stream().await;
    let edited = alice.post(&at(&world.team, &sent, "edit"), words("hello")).await.ok();
    assert_eq!(
        (&edited["id"], &edited["content"]["body"], &edited["stream_position"]),
        (&sent["id"], &json!("hello"), &sent["stream_position"])
    );
    assert!(edited["edited_at"].is_string());
    let told = at_bob.next_of("swp.room.message").await;
    assert_eq!((&told["id"], &told["content"]["body"]), (&sent["id"], &json!("hello")));
    assert!(told["edited_at"].is_string() && told["stream_position"].as_u64() > cursor.as_u64());
    let (missed, _) = bob.missed(&cursor).await;
    assert_eq!(missed.len(), 1);
    for (field, value) in [
        ("id", &sent["id"]),
        ("event_type", &json!("swp.room.message")),
        ("sender_id", &json!(alice.id)),
        ("content", &edited["content"]),
        ("edited_at", &edited["edited_at"]),
        ("origin_ts", &sent["origin_ts"]),
        ("stream_position", &told["stream_position"]),
    ] {
        assert_eq!(missed[0][field], *value, "{field}");
    }
    let history = bob.get(&format!("/v1/rooms/{}/messages?direction=forward", world.team)).await.ok();
    let bodies: Vec<_> = history.as_array().unwrap().iter().map(|e| e["content"]["body"].as_str().unwrap()).collect();
    assert_eq!(bodies, ["hello", "later"], "one line, in its old place");
    alice.post(&at(&world.team, &sent, "edit"), words("hello")).await.ok();
    assert_eq!(bob.missed(&told["stream_position"]).await.0.len(), 0, "the same words again are no news");
}

#[tokio::test]
async fn only_the_writer_edits_and_only_for_so_long() {
    let world = World::with(|settings| settings.edit_window = Duration::from_secs(3600)).await;
    let (alice, bob, dave) = (world.sign_in("alice").await, world.sign_in("bob").await, world.sign_in("dave").await);
    let sent = bob.say(&world.team, "mine").await;
    let edit = at(&world.team, &sent, "edit");
    alice.post(&edit, words("yours")).await.fails(403, "SW_ROOM_FORBIDDEN");
    dave.post(&edit, words("yours")).await.fails(404, "SW_ROOM_NOT_FOUND");
    bob.post(&at(&world.direct, &sent, "edit"), words("x")).await.fails(404, "SW_EVENT_NOT_FOUND");
    bob.post(&edit, words("")).await.fails(422, "SW_VALIDATION");
    let call = bob.initiate(&world.team).await.ok();
    let started = bob.get(&format!("/v1/rooms/{}/messages?limit=1", world.team)).await.ok()[0].clone();
    assert_eq!(started["content"]["call_id"], call["call_id"]);
    bob.post(&at(&world.team, &started, "edit"), words("x")).await.fails(404, "SW_EVENT_NOT_FOUND");
    bob.post(&edit, words("still mine")).await.ok();
    let strict = World::with(|settings| settings.edit_window = Duration::ZERO).await;
    let bob = strict.sign_in("bob").await;
    let sent = bob.say(&strict.team, "old at once").await;
    // A millisecond has to pass; the clock of the test and of the server are one.
    let born = std::time::Instant::now();
    while born.elapsed() < Duration::from_millis(2) {
        tokio::task::yield_now().await;
    }
    bob.post(&at(&strict.team, &sent, "edit"), words("x")).await.fails(409, "SW_EVENT_TOO_OLD_TO_EDIT");
}

#[tokio::test]
async fn a_redaction_wipes_a_message_for_good() {
    let world = World::start().await;
    let (alice, bob, carol) = (world.sign_in("alice").await, world.sign_in("bob").await, world.sign_in("carol").await);
    let sent = carol.say(&world.team, "secret").await;
    carol.post(&at(&world.team, &sent, "edit"), words("secret too")).await.ok();
    alice.post(&at(&world.team, &sent, "reaction"), json!({ "emoji": "👀" })).await.ok();
    let (_, cursor) = alice.missed(&json!(0)).await;
    let mut at_alice = alice.stream().await;
    let redacted = bob.post(&at(&world.team, &sent, "redact"), json!({ "reason": "Private" })).await.ok();
    assert_eq!((&redacted["id"], &redacted["content"]), (&sent["id"], &json!({})));
    assert!(redacted["redacted_at"].is_string() && redacted.get("reactions").is_none());
    let told = at_alice.next_of("swp.room.redaction").await;
    assert_eq!(
        (&told["event_id"], &told["redacted_by"], &told["reason"], &told["room_id"]),
        (&sent["id"], &json!(bob.id), &json!("Private"), &json!(world.team))
    );
    let (missed, _) = alice.missed(&cursor).await;
    assert_eq!((missed.len(), &missed[0]["event_type"]), (1, &json!("swp.room.redaction")));
    let expected = json!({ "event_id": sent["id"], "redacted_by": bob.id, "reason": "Private" });
    assert_eq!(missed[0]["content"], expected);
    for events in
        [alice.missed(&json!(0)).await.0.into(), alice.get(&format!("/v1/rooms/{}/messages", world.team)).await.ok()]
    {
        let events: Value = events;
        assert!(!events.to_string().contains("secret"), "{events}");
    }
    bob.post(&at(&world.team, &sent, "redact"), json!({})).await.ok();
    assert_eq!(alice.missed(&missed[0]["stream_position"]).await.0.len(), 0, "once more is no news");
    carol.post(&at(&world.team, &sent, "edit"), words("back")).await.fails(404, "SW_EVENT_NOT_FOUND");
    carol.post(&at(&world.team, &sent, "reaction"), json!({ "emoji": "👍" })).await.fails(404, "SW_EVENT_NOT_FOUND");
    assert!(!world.keeps("secret").await, "not even in the database");
}

#[tokio::test]
async fn who_may_redact() {
    let world = World::start().await;
    let (alice, bob, carol, dave) = (
        world.sign_in("alice").await,
        world.sign_in("bob").await,
        world.sign_in("carol").await,
        world.sign_in("dave").await,
    );
    let (hers, his) = (carol.say(&world.team, "mine").await, alice.say(&world.team, "mine").await);
    carol.post(&at(&world.team, &his, "redact"), json!({})).await.fails(403, "SW_REDACT_FORBIDDEN");
    dave.post(&at(&world.team, &his, "redact"), json!({})).await.fails(404, "SW_ROOM_NOT_FOUND");
    bob.post(&at(&world.direct, &his, "redact"), json!({})).await.fails(404, "SW_EVENT_NOT_FOUND");
    bob.post(&at(&world.team, &his, "redact"), json!({ "reason": "x".repeat(501) })).await.fails(422, "SW_VALIDATION");
    carol.send(reqwest::Method::POST, &at(&world.team, &hers, "redact"), None).await.ok();
    bob.post(&at(&world.team, &his, "redact"), json!({})).await.ok();
}

#[tokio::test]
async fn reactions_come_and_go_and_stand_in_history() {
    let world = World::start().await;
    let (alice, bob, dave) = (world.sign_in("alice").await, world.sign_in("bob").await, world.sign_in("dave").await);
    let sent = alice.say(&world.team, "hello").await;
    let (_, cursor) = alice.missed(&json!(0)).await;
    let mut at_alice = alice.stream().await;
    let path = at(&world.team, &sent, "reaction");
    let thumb = json!({ "emoji": "👍" });
    bob.post(&path, thumb.clone()).await.ok();
    let told = at_alice.next_of("swp.room.reaction").await;
    assert_eq!(
        (&told["event_id"], &told["sender_id"], &told["emoji"], &told["removed"]),
        (&sent["id"], &json!(bob.id), &json!("👍"), &json!(false))
    );
    alice.post(&path, thumb.clone()).await.ok();
    let event = bob.post(&path, json!({ "emoji": ":tada:" })).await.ok();
    let both = json!([{ "emoji": "👍", "count": 2, "sender_ids": [bob.id, alice.id] },
                      { "emoji": ":tada:", "count": 1, "sender_ids": [bob.id] }]);
    assert_eq!(event["reactions"], both);
    bob.post(&path, thumb.clone()).await.ok();
    let history = alice.get(&format!("/v1/rooms/{}/messages", world.team)).await.ok();
    assert_eq!(
        (history.as_array().unwrap().len(), &history[0]["reactions"]),
        (1, &both),
        "history has no line for each"
    );
    bob.delete(&path, thumb.clone()).await.ok();
    bob.delete(&path, thumb).await.ok();
    let gone = loop {
        let told = at_alice.next_of("swp.room.reaction").await;
        if told["removed"] == true {
            break told;
        }
    };
    assert_eq!((&gone["sender_id"], &gone["emoji"]), (&json!(bob.id), &json!("👍")));
    let (missed, _) = alice.missed(&cursor).await;
    let news: Vec<_> =
        missed.iter().map(|e| (&e["sender_id"], &e["content"]["emoji"], &e["content"]["removed"])).collect();
    let (a, b) = (json!(alice.id), json!(bob.id));
    let (put, taken, thumb, tada) = (json!(false), json!(true), json!("👍"), json!(":tada:"));
    assert_eq!(news, [(&b, &thumb, &put), (&a, &thumb, &put), (&b, &tada, &put), (&b, &thumb, &taken)]);
    for wrong in ["", " ", "two words", &"x".repeat(65)] {
        alice.post(&path, json!({ "emoji": wrong })).await.fails(422, "SW_VALIDATION");
    }
    dave.post(&path, json!({ "emoji": "👍" })).await.fails(404, "SW_ROOM_NOT_FOUND");
    dave.delete(&path, json!({ "emoji": "👍" })).await.fails(404, "SW_ROOM_NOT_FOUND");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reaction_is_one_however_often_it_is_put_and_a_message_bears_twenty() {
    let world = World::start().await;
    let (alice, bob) = (world.sign_in("alice").await, world.sign_in("bob").await);
    let sent = alice.say(&world.team, "hello").await;
    let path = at(&world.team, &sent, "reaction");
    for answer in join_all((0..20).map(|_| bob.post(&path, json!({ "emoji": "👍" })))).await {
        assert_eq!(answer.ok()["reactions"][0]["count"], 1);
    }
    for n in 1..20 {
        alice.post(&path, json!({ "emoji": format!(":{n}:") })).await.ok();
    }
    alice.post(&path, json!({ "emoji": ":20:" })).await.fails(422, "SW_VALIDATION");
    assert_eq!(alice.post(&path, json!({ "emoji": "👍" })).await.ok()["reactions"][0]["count"], 2);
}
