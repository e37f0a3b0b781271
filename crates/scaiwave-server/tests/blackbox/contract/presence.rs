//! reference/api/presence-and-state, concepts/presence, reference/api/profiles

use serde_json::json;

use crate::{user::until, world::World};

#[tokio::test]
async fn presence_is_a_map_of_ids() {
    let world = World::start().await;
    let (alice, bob) = (world.sign_in("alice").await, world.sign_in("bob").await);
    let _stream = bob.stream().await;
    let path = format!("/v1/presence?ids={},{}", bob.id, alice.id);
    let map = alice.get(&path).await.is(200);
    let words = ["online", "idle", "busy", "offline", "appear_offline"];
    for id in [&alice.id, &bob.id] {
        assert!(words.contains(&map[id].as_str().unwrap_or_default()), "{map}");
    }
}

#[tokio::test]
async fn a_chosen_presence_sticks() {
    let world = World::start().await;
    let (alice, bob) = (world.sign_in("alice").await, world.sign_in("bob").await);
    let _stream = bob.stream().await;
    for status in ["busy", "idle", "online"] {
        bob.put("/v1/me/presence", json!({ "status": status })).await.ok();
        until("the others see it", async || {
            alice.get(&format!("/v1/presence?ids={}", bob.id)).await.is(200)[&bob.id] == status
        })
        .await;
    }
    bob.put("/v1/me/presence", json!({ "status": "asleep" })).await.fails(422, "SW_VALIDATION");
}

#[tokio::test]
async fn appearing_offline_is_seen_by_those_one_talks_to_alone() {
    let world = World::start().await;
    let (bob, carol) = (world.sign_in("bob").await, world.sign_in("carol").await);
    let _stream = bob.stream().await;
    bob.put("/v1/me/presence", json!({ "status": "appear_offline" })).await.ok();
    assert_eq!(carol.get(&format!("/v1/presence?ids={}", bob.id)).await.is(200)[&bob.id], "offline");
}

#[tokio::test]
async fn typing_in_a_room_one_is_not_in_is_not_found() {
    let world = World::start().await;
    let dave = world.sign_in("dave").await;
    let body = json!({ "room_id": world.team, "typing": true });
    dave.put("/v1/typing", body).await.fails(404, "SW_ROOM_NOT_FOUND");
    dave.put("/v1/typing", json!({ "typing": true })).await.fails(422, "SW_VALIDATION");
}
