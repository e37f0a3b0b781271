//! reference/api/rooms

use serde_json::{Value, json};

use crate::{shape::is_like, user::User, world::World};

pub fn room_example() -> Value {
    json!({
        "id": "room-*", "name": "<string>", "room_type": "<string>", "workspace_id": "<string?>", "creator_id": "<uuid>",
        "created_at": "<time>",
    })
}

/// A group of Alice's own.
async fn group(alice: &User) -> String {
    let body = json!({ "room_type": "group", "name": "Garden", "topic": "Plants", "is_public": false });
    alice.post("/v1/rooms", body).await.ok()["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_room_is_made() {
    let world = World::start().await;
    let alice = world.sign_in("alice").await;
    let body = json!({ "room_type": "group", "name": "Garden", "topic": "Plants", "is_public": false, "workspace_id": null, "scope_kind": null });
    let made = alice.post("/v1/rooms", body).await.ok();
    is_like(&made, json!({ "id": "room-*", "room_alias": "<string?>" }));
    let room = alice.get(&format!("/v1/rooms/{}", made["id"].as_str().unwrap())).await.is(200);
    is_like(&room, room_example());
    is_like(
        &room,
        json!({ "name": "Garden", "topic": "Plants", "room_type": "group", "creator_id": alice.id, "member_count": 1 }),
    );
    let members = alice.get(&format!("/v1/rooms/{}/members", made["id"].as_str().unwrap())).await.is(200);
    assert_eq!((&members[0]["participant_id"], &members[0]["power_level"]), (&json!(alice.id), &json!(100)));
}

#[tokio::test]
async fn a_room_needs_a_type_that_people_may_make() {
    let world = World::start().await;
    let alice = world.sign_in("alice").await;
    for body in [json!({}), json!({ "room_type": "castle", "name": "x" }), json!({ "room_type": "group", "name": 7 })] {
        let refused = alice.post("/v1/rooms", body.clone()).await;
        assert!(matches!(refused.status, 400 | 422), "{body}: {} {}", refused.status, refused.text);
        refused.message();
    }
}

#[tokio::test]
async fn a_direct_room_is_made_once() {
    let world = World::start().await;
    let (alice, dave) = (world.sign_in("alice").await, world.sign_in("dave").await);
    let first = alice.post("/v1/rooms/dm", json!({ "participant_id": dave.id })).await.ok()["id"].clone();
    assert!(first.as_str().unwrap().starts_with("room-"));
    assert_eq!(alice.post("/v1/rooms/dm", json!({ "participant_id": dave.id })).await.ok()["id"], first);
    assert_eq!(dave.post("/v1/rooms/dm", json!({ "participant_id": alice.id })).await.ok()["id"], first);
    let room = dave.get(&format!("/v1/rooms/{}", first.as_str().unwrap())).await.is(200);
    assert_eq!((&room["room_type"], &room["name"]), (&json!("dm"), &json!("Alice")));
    let unknown = alice.post("/v1/rooms/dm", json!({ "participant_id": "5e4d0000-0000-4000-8000-000000000000" })).await;
    assert!(matches!(unknown.status, 404 | 422), "{}", unknown.text);
    unknown.message();
}

#[tokio::test]
async fn ones_own_rooms_are_listed() {
    let world = World::start().await;
    let alice = world.sign_in("alice").await;
    let answer = alice.get("/v1/rooms").await;
    assert_eq!(answer.body["meta"]["total"], 2, "{}", answer.text);
    is_like(&answer.is(200), json!([room_example()]));
}

#[tokio::test]
async fn the_directory_has_rooms_open_to_the_tenant() {
    let world = World::start().await;
    let (alice, dave) = (world.sign_in("alice").await, world.sign_in("dave").await);
    for name in ["Plaza", "Park"] {
        alice.post("/v1/rooms", json!({ "room_type": "public", "name": name, "is_public": true })).await.ok();
    }
    let answer = dave.get("/v1/directory/rooms?limit=10&offset=0").await;
    assert_eq!(answer.body["meta"]["total"], 2, "{}", answer.text);
    is_like(&answer.is(200), json!([room_example()]));
    let found = dave.get("/v1/directory/rooms?q=plaz&room_type=public").await;
    assert_eq!(
        (found.body["meta"]["total"].as_u64(), found.body["data"][0]["name"].as_str()),
        (Some(1), Some("Plaza"))
    );
    let second = dave.get("/v1/directory/rooms?limit=1&offset=1").await;
    assert_eq!((second.body["meta"]["total"].as_u64(), second.body["data"].as_array().unwrap().len()), (Some(2), 1));
}

#[tokio::test]
async fn a_public_room_is_joined_and_left() {
    let world = World::start().await;
    let (alice, dave) = (world.sign_in("alice").await, world.sign_in("dave").await);
    let body = json!({ "room_type": "public", "name": "Plaza", "is_public": true });
    let room = alice.post("/v1/rooms", body).await.ok()["id"].as_str().unwrap().to_owned();
    dave.press(&format!("/v1/rooms/{room}/join")).await.ok();
    assert_eq!(dave.get(&format!("/v1/rooms/{room}")).await.is(200)["member_count"], 2);
    dave.press(&format!("/v1/rooms/{room}/leave")).await.ok();
    assert_eq!(alice.get(&format!("/v1/rooms/{room}")).await.is(200)["member_count"], 1);
    dave.say(&room, "still here?").await.message();
}

#[tokio::test]
async fn a_private_room_is_not_joined_uninvited() {
    let world = World::start().await;
    let (alice, dave) = (world.sign_in("alice").await, world.sign_in("dave").await);
    let room = group(&alice).await;
    dave.press(&format!("/v1/rooms/{room}/join")).await.fails(404, "SW_ROOM_NOT_FOUND");
    alice.post(&format!("/v1/rooms/{room}/invite"), json!({ "participant_id": dave.id })).await.ok();
    dave.press(&format!("/v1/rooms/{room}/join")).await.ok();
    dave.get(&format!("/v1/rooms/{room}")).await.is(200);
}

#[tokio::test]
async fn kick_and_ban_need_power() {
    let world = World::start().await;
    let (alice, bob, carol) = (world.sign_in("alice").await, world.sign_in("bob").await, world.sign_in("carol").await);
    let path = |what: &str| format!("/v1/rooms/{}/{what}", world.team);
    for what in ["kick", "ban"] {
        let refused = carol.post(&path(what), json!({ "participant_id": bob.id })).await;
        assert_eq!(refused.status, 403, "{}", refused.text);
        refused.message();
    }
    bob.post(&path("kick"), json!({ "participant_id": carol.id })).await.ok();
    carol.get(&format!("/v1/rooms/{}", world.team)).await.fails(404, "SW_ROOM_NOT_FOUND");
    alice.post(&path("ban"), json!({ "participant_id": carol.id })).await.ok();
    let again = carol.press(&path("join")).await;
    assert!(matches!(again.status, 403 | 404), "{}", again.text);
}

#[tokio::test]
async fn a_kick_ends_the_kicked_ones_call() {
    let world = World::with_sfu(&[]).await;
    let (alice, bob, carol) = (world.sign_in("alice").await, world.sign_in("bob").await, world.sign_in("carol").await);
    let call = alice.initiate(&world.team).await.is(201)["call_id"].as_str().unwrap().to_owned();
    carol.call(&call, "join").await.is(200);
    bob.post(&format!("/v1/rooms/{}/kick", world.team), json!({ "participant_id": carol.id })).await.ok();
    carol.call(&call, "join").await.fails(404, "SW_CALL_NOT_FOUND");
    let call = alice.get(&format!("/v1/calls/{call}")).await.is(200);
    let hers =
        call["participants"].as_array().unwrap().iter().find(|d| d["participant_id"] == carol.id.as_str()).unwrap();
    assert_eq!(hers["state"], "left");
}

#[tokio::test]
async fn a_closed_room_is_frozen() {
    let world = World::start().await;
    let (alice, bob) = (world.sign_in("alice").await, world.sign_in("bob").await);
    let refused = bob.press(&format!("/v1/rooms/{}/close", world.team)).await;
    assert_eq!(refused.status, 403, "power 50 closes nothing: {}", refused.text);
    alice.press(&format!("/v1/rooms/{}/close", world.team)).await.ok();
    bob.say(&world.team, "too late").await.fails(409, "SW_ROOM_FROZEN");
    bob.initiate(&world.team).await.fails(409, "SW_ROOM_FROZEN");
}

#[tokio::test]
async fn an_archived_room_is_listed_and_comes_back() {
    let world = World::start().await;
    let alice = world.sign_in("alice").await;
    let room = group(&alice).await;
    let path = |what: &str| format!("/v1/rooms/{room}/{what}");
    alice.press(&path("archive")).await.ok();
    let archived = alice.get("/v1/rooms/archived").await.is(200);
    assert!(archived.as_array().unwrap().iter().any(|one| one["id"] == room.as_str()), "{archived}");
    alice.say(&room, "to nobody").await.fails(409, "SW_ROOM_FROZEN");
    alice.press(&path("rejoin")).await.ok();
    alice.say(&room, "back").await.ok();
}

#[tokio::test]
async fn name_topic_mute_and_mode_are_set() {
    let world = World::start().await;
    let (alice, carol) = (world.sign_in("alice").await, world.sign_in("carol").await);
    let path = |what: &str| format!("/v1/rooms/{}/{what}", world.team);
    alice.put(&path("name"), json!({ "name": "The Team" })).await.ok();
    alice.put(&path("topic"), json!({ "topic": "What we do" })).await.ok();
    is_like(
        &carol.get(&format!("/v1/rooms/{}", world.team)).await.is(200),
        json!({ "name": "The Team", "topic": "What we do" }),
    );
    // Per caller; the body is hidden.
    for mode in ["all", "mentions", "none", "inherit"] {
        carol.put(&path("notification-mode"), json!({ "mode": mode })).await.ok();
    }
    carol.put(&path("notification-mode"), json!({ "mode": "loud" })).await.fails(422, "SW_VALIDATION");
    carol.put(&path("mute"), json!({ "muted_until": "2099-01-01T00:00:00Z" })).await.ok();
    assert_eq!(carol.get(&path("state")).await.is(200)["muted_until"], "2099-01-01T00:00:00Z");
    assert_eq!(alice.get(&path("state")).await.is(200)["muted_until"], Value::Null, "muted by one, for one");
}

#[tokio::test]
async fn a_room_that_is_not_there_is_not_found() {
    let world = World::start().await;
    let (alice, dave) = (world.sign_in("alice").await, world.sign_in("dave").await);
    for (who, room) in [(&alice, "room-0"), (&dave, world.team.as_str())] {
        for path in ["", "/state", "/members", "/messages"] {
            who.get(&format!("/v1/rooms/{room}{path}")).await.fails(404, "SW_ROOM_NOT_FOUND");
        }
        for verb in ["leave", "close", "archive"] {
            who.press(&format!("/v1/rooms/{room}/{verb}")).await.fails(404, "SW_ROOM_NOT_FOUND");
        }
        for verb in ["invite", "kick", "ban"] {
            let body = json!({ "participant_id": alice.id });
            who.post(&format!("/v1/rooms/{room}/{verb}"), body).await.fails(404, "SW_ROOM_NOT_FOUND");
        }
        who.put(&format!("/v1/rooms/{room}/name"), json!({ "name": "x" })).await.fails(404, "SW_ROOM_NOT_FOUND");
        who.say(room, "x").await.fails(404, "SW_ROOM_NOT_FOUND");
    }
}
