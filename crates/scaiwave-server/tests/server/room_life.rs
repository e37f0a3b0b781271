//! Rooms are made, found, renamed, archived and closed.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{User, World};

async fn found(user: &User, query: &str) -> (Vec<String>, u64) {
    let answer = user.get(&format!("/v1/directory/rooms?{query}")).await;
    let total = answer.body["meta"]["total"].as_u64().unwrap();
    let rooms = answer.ok();
    (rooms.as_array().unwrap().iter().map(|r| r["name"].as_str().unwrap().to_owned()).collect(), total)
}

#[tokio::test]
async fn who_makes_a_room_owns_it() {
    let world = World::start().await;
    let (alice, bob) = (world.sign_in("alice").await, world.sign_in("bob").await);
    let mut events = alice.stream().await;
    let body = json!({ "room_type": "group", "name": "  Garden ", "topic": "Roses", "is_public": false,
                       "workspace_id": "ws-1", "scope_kind": null });
    let answer = alice.post("/v1/rooms", body).await;
    assert_eq!(answer.status, 201);
    let room = answer.ok();
    for (field, value) in [
        ("name", json!("Garden")),
        ("topic", json!("Roses")),
        ("room_type", json!("group")),
        ("workspace_id", json!("ws-1")),
        ("creator_id", json!(alice.id)),
        ("room_alias", Value::Null),
        ("is_public", json!(false)),
        ("state", json!("open")),
        ("membership", json!("join")),
    ] {
        assert_eq!(room[field], value, "{field}");
    }
    let id = room["id"].as_str().unwrap();
    assert!(id.starts_with("room-"));
    let told = events.next_of("swp.room.member").await;
    assert_eq!((&told["room_id"], &told["power_level"]), (&json!(id), &json!(100)));
    let members = alice.get(&format!("/v1/rooms/{id}/members")).await.ok();
    assert_eq!((members.as_array().unwrap().len(), &members[0]["power_level"]), (1, &json!(100)));
    bob.get(&format!("/v1/rooms/{id}")).await.fails(404, "SW_ROOM_NOT_FOUND");
}

#[tokio::test]
async fn rooms_that_cannot_be_are_refused() {
    let world = World::start().await;
    let alice = world.sign_in("alice").await;
    let make = async |change: Value| {
        let mut body = json!({ "room_type": "group", "name": "Garden" });
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        alice.post("/v1/rooms", body).await
    };
    for change in [
        json!({ "room_type": "public", "is_public": false }),
        json!({ "room_type": "incognito", "is_public": true }),
        json!({ "room_type": "dm" }),
        json!({ "room_type": "sidekick" }),
        json!({ "room_type": "bridge" }),
        json!({ "scope_kind": "incognito" }),
    ] {
        make(change).await.fails(400, "SW_ROOM_TYPE_INVARIANT");
    }
    for (change, field) in [
        (json!({ "name": "" }), "name"),
        (json!({ "name": " \n " }), "name"),
        (json!({ "name": "two\nlines" }), "name"),
        (json!({ "name": "x".repeat(201) }), "name"),
        (json!({ "name": null }), "name"),
        (json!({ "topic": "x".repeat(2001) }), "topic"),
        (json!({ "room_type": "hologram" }), "room_type"),
        (json!({ "scope_kind": "galaxy" }), "scope_kind"),
        (json!({ "visibility": "restricted" }), "visibility"),
        (json!({ "workspace_id": "" }), "workspace_id"),
    ] {
        let message = make(change).await.fails(422, "SW_VALIDATION");
        assert!(message.contains(field), "{field}: {message}");
    }
    make(json!({ "name": "ü".repeat(200), "topic": "ü".repeat(2000) })).await.ok();
    make(json!({ "room_type": "incognito", "scope_kind": "incognito" })).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn two_people_have_one_direct_room_however_often_they_ask() {
    let world = World::start().await;
    let (alice, dave) = (world.sign_in("alice").await, world.sign_in("dave").await);
    let mut at_dave = dave.stream().await;
    let ask = async |n: usize| {
        let (from, to) = if n.is_multiple_of(2) { (&alice, &dave) } else { (&dave, &alice) };
        from.post("/v1/rooms/dm", json!({ "participant_id": to.id })).await
    };
    let answers = join_all((0..20).map(ask)).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1);
    let id = answers[0].body["data"]["id"].clone();
    assert!(answers.iter().all(|answer| answer.status <= 201 && answer.body["data"]["id"] == id), "{answers:?}");
    assert_eq!(answers[0].body["data"]["name"], "Dave", "named after the other one");
    assert_eq!(at_dave.next_of("swp.room.member").await["room_id"], id);
    let known = alice.post("/v1/rooms/dm", json!({ "participant_id": world.sign_in("bob").await.id })).await;
    assert_eq!(
        (known.status, known.body["data"]["id"].as_str()),
        (200, Some(&*world.direct)),
        "made by an administrator"
    );
    alice.post("/v1/rooms/dm", json!({ "participant_id": alice.id })).await.fails(400, "SW_ROOM_TYPE_INVARIANT");
    alice.post("/v1/rooms/dm", json!({ "participant_id": "nobody" })).await.fails(422, "SW_VALIDATION");
}

#[tokio::test]
async fn a_direct_room_keeps_its_two_people_and_no_name() {
    let world = World::start().await;
    let (alice, bob, dave) = (world.sign_in("alice").await, world.sign_in("bob").await, world.sign_in("dave").await);
    let room = &world.direct;
    for verb in ["join", "leave", "archive", "close"] {
        alice.room(room, verb).await.fails(400, "SW_ROOM_TYPE_INVARIANT");
        dave.room(room, verb).await.fails(404, "SW_ROOM_NOT_FOUND");
    }
    alice.act(room, "invite", &dave).await.fails(400, "SW_ROOM_TYPE_INVARIANT");
    for verb in ["kick", "ban", "unban"] {
        alice.act(room, verb, &bob).await.fails(400, "SW_ROOM_TYPE_INVARIANT");
    }
    alice.power(room, &bob, 0).await.fails(400, "SW_ROOM_TYPE_INVARIANT");
    alice.put(&format!("/v1/rooms/{room}/name"), json!({ "name": "Us" })).await.fails(400, "SW_ROOM_TYPE_INVARIANT");
    let forged = json!({ "content": { "msgtype": "swp.text", "body": "x" }, "as_participant_id": bob.id });
    alice.post(&format!("/v1/rooms/{room}/send"), forged).await.fails(400, "SW_ROOM_TYPE_INVARIANT");
}

#[tokio::test]
async fn the_directory_shows_public_rooms_and_own_ones() {
    let world = World::start().await;
    let (alice, carol, dave) =
        (world.sign_in("alice").await, world.sign_in("carol").await, world.sign_in("dave").await);
    let garden = alice.public_room("Garden 100%").await;
    alice.public_room("Kitchen").await;
    assert_eq!(found(&dave, "").await, (vec!["Garden 100%".into(), "Kitchen".into()], 2));
    assert_eq!(found(&alice, "").await.1, 4, "the direct room and the team, too");
    assert_eq!(found(&alice, "room_type=dm").await.0, ["Bob"]);
    assert_eq!(found(&alice, "q=bo").await.0, ["Bob"], "by the name that is shown");
    assert_eq!(found(&dave, "q=100%25").await.0, ["Garden 100%"]);
    assert_eq!(found(&dave, "q=%25").await.1, 1, "a wildcard is a letter like any other");
    assert_eq!(found(&dave, "limit=1&offset=1").await, (vec!["Kitchen".into()], 2));
    for query in ["limit=0", "limit=201", "offset=-1", &format!("q={}", "x".repeat(201))] {
        dave.get(&format!("/v1/directory/rooms?{query}")).await.fails(422, "SW_VALIDATION");
    }
    let call = alice.initiate(&garden).await.ok();
    let seen = dave.get("/v1/directory/rooms?q=garden").await.ok();
    assert_eq!((&seen[0]["active_call"], seen[0].get("membership")), (&Value::Null, None), "{call}");
    alice.act(&world.team, "invite", &dave).await.ok();
    let invited = dave.get("/v1/directory/rooms?q=team").await.ok();
    assert_eq!(invited[0]["membership"], "invite", "how an invitation is found after a time offline");
    alice.act(&garden, "ban", &carol).await.ok();
    assert_eq!(found(&carol, "q=garden").await.1, 0);
    alice.room(&garden, "close").await.ok();
    assert_eq!(found(&dave, "q=garden").await.1, 0);
}

#[tokio::test]
async fn name_and_topic_are_changed_by_moderators_and_told_to_all() {
    let world = World::start().await;
    let (alice, bob, carol, dave) = (
        world.sign_in("alice").await,
        world.sign_in("bob").await,
        world.sign_in("carol").await,
        world.sign_in("dave").await,
    );
    let mut at_carol = carol.stream().await;
    let (name, topic) = (format!("/v1/rooms/{}/name", world.team), format!("/v1/rooms/{}/topic", world.team));
    let renamed = bob.put(&name, json!({ "name": " Crew " })).await.ok();
    assert_eq!(renamed["name"], "Crew");
    let told = at_carol.next_of("swp.room.name").await;
    assert_eq!((&told["room_id"], &told["name"]), (&json!(world.team), &json!("Crew")));
    assert_eq!((&told["changed_by"], told["id"].as_str().map(|id| &id[..4])), (&json!(bob.id), Some("evt-")));
    bob.put(&name, json!({ "name": "Crew" })).await.ok();
    alice.put(&topic, json!({ "topic": "What we do" })).await.ok();
    let events = at_carol.until("swp.room.topic").await;
    assert_eq!(events.len(), 1, "the same name again is no news: {events:?}");
    assert_eq!(events[0]["topic"], "What we do");
    alice.put(&topic, json!({ "topic": null })).await.ok();
    assert_eq!(at_carol.next_of("swp.room.topic").await["topic"], Value::Null);
    assert_eq!(carol.get("/v1/rooms").await.ok()[0]["name"], "Crew");
    let (missed, _) = carol.missed(&json!(0)).await;
    let kinds: Vec<_> = missed.iter().map(|e| e["event_type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["swp.room.name", "swp.room.topic", "swp.room.topic"]);
    assert_eq!(missed[0]["content"], json!({ "name": "Crew" }));
    for (path, body, field) in [
        (&name, json!({ "name": "" }), "name"),
        (&name, json!({ "name": "x".repeat(201) }), "name"),
        (&name, json!({}), "name"),
        (&topic, json!({ "topic": "x".repeat(2001) }), "topic"),
        (&topic, json!({}), "topic"),
    ] {
        carol.put(path, json!({ "name": "Mine", "topic": "Mine" })).await.fails(403, "SW_ROOM_FORBIDDEN");
        dave.put(path, json!({ "name": "Mine", "topic": "Mine" })).await.fails(404, "SW_ROOM_NOT_FOUND");
        assert!(alice.put(path, body).await.fails(422, "SW_VALIDATION").contains(field));
    }
}

#[tokio::test]
async fn an_archived_room_is_frozen_until_it_is_opened_again() {
    let world = World::start().await;
    let (alice, bob, dave) = (world.sign_in("alice").await, world.sign_in("bob").await, world.sign_in("dave").await);
    let room = &world.team;
    let said = alice.say(room, "before").await;
    let mut at_bob = bob.stream().await;
    bob.room(room, "archive").await.fails(403, "SW_ROOM_FORBIDDEN");
    dave.room(room, "archive").await.fails(404, "SW_ROOM_NOT_FOUND");
    assert_eq!(alice.room(room, "archive").await.ok()["state"], "archived");
    alice.room(room, "archive").await.ok();
    assert_eq!(at_bob.next_of("swp.room.state").await["state"], "archived");
    frozen(&alice, room, said["id"].as_str().unwrap(), &bob).await;
    let listed = bob.get("/v1/rooms/archived").await;
    assert_eq!((listed.body["meta"]["total"].as_u64(), &listed.body["data"][0]["id"]), (Some(1), &json!(room)));
    assert_eq!(bob.get("/v1/rooms").await.ok().as_array().unwrap().len(), 1, "only the direct room");
    assert_eq!(bob.get(&format!("/v1/rooms/{room}/messages")).await.ok().as_array().unwrap().len(), 2);
    bob.room(room, "rejoin").await.fails(403, "SW_ROOM_FORBIDDEN");
    assert_eq!(alice.room(room, "rejoin").await.ok()["state"], "open");
    assert_eq!(at_bob.next_of("swp.room.state").await["state"], "open");
    bob.say(room, "after").await;
    assert!(bob.get("/v1/rooms/archived").await.ok().as_array().unwrap().is_empty());
}

#[tokio::test]
async fn a_closed_room_stays_closed() {
    let world = World::start().await;
    let (alice, bob, carol) = (world.sign_in("alice").await, world.sign_in("bob").await, world.sign_in("carol").await);
    let room = carol.public_room("Garden").await;
    bob.room(&room, "join").await.ok();
    carol.power(&room, &bob, 100).await.ok();
    bob.power(&room, &carol, 0).await.fails(403, "SW_ROOM_FORBIDDEN");
    let said = carol.say(&room, "before").await;
    let mut at_bob = bob.stream().await;
    assert_eq!(carol.room(&room, "close").await.ok()["state"], "closed");
    assert_eq!(at_bob.next_of("swp.room.state").await["state"], "closed");
    carol.room(&room, "close").await.ok();
    for verb in ["archive", "rejoin"] {
        carol.room(&room, verb).await.fails(409, "SW_ROOM_FROZEN");
    }
    alice.room(&room, "join").await.fails(409, "SW_ROOM_FROZEN");
    frozen(&bob, &room, said["id"].as_str().unwrap(), &carol).await;
    assert_eq!(bob.get(&format!("/v1/rooms/{room}")).await.ok()["state"], "closed", "it can still be read");
    assert!(bob.get("/v1/rooms").await.ok().as_array().unwrap().iter().all(|r| r["id"] != room.as_str()));
}

/// Every write into the room is refused.
async fn frozen(owner: &User, room: &str, message: &str, other: &User) {
    let at = |path: &str| format!("/v1/rooms/{room}/{path}");
    let text = json!({ "content": { "msgtype": "swp.text", "body": "x" } });
    let event = |verb: &str| at(&format!("events/{message}/{verb}"));
    for (method, path, body) in [
        (Method::POST, at("send"), text.clone()),
        (Method::POST, event("edit"), text),
        (Method::POST, event("redact"), json!({})),
        (Method::POST, event("reaction"), json!({ "emoji": "👍" })),
        (Method::DELETE, event("reaction"), json!({ "emoji": "👍" })),
        (Method::POST, at("leave"), json!({})),
        (Method::POST, at("invite"), json!({ "participant_id": other.id })),
        (Method::POST, at("kick"), json!({ "participant_id": other.id })),
        (Method::POST, at("ban"), json!({ "participant_id": other.id })),
        (Method::POST, at("unban"), json!({ "participant_id": other.id })),
        (Method::PUT, at(&format!("members/{}/power", other.id)), json!({ "power_level": 1 })),
        (Method::PUT, at("name"), json!({ "name": "x" })),
        (Method::PUT, at("topic"), json!({ "topic": "x" })),
        (Method::POST, "/v1/calls/initiate".into(), json!({ "room_id": room, "type": "audio" })),
    ] {
        owner.send(method, &path, Some(body.to_string())).await.fails(409, "SW_ROOM_FROZEN");
    }
}

#[tokio::test]
async fn the_creator_closes_without_power_others_do_not() {
    let world = World::start().await;
    let (alice, bob, carol) = (world.sign_in("alice").await, world.sign_in("bob").await, world.sign_in("carol").await);
    let room = alice.public_room("Garden").await;
    bob.room(&room, "join").await.ok();
    carol.room(&room, "join").await.ok();
    alice.power(&room, &bob, 100).await.ok();
    alice.power(&room, &alice, 0).await.ok();
    carol.room(&room, "close").await.fails(403, "SW_ROOM_FORBIDDEN");
    alice.room(&room, "close").await.ok();
}
