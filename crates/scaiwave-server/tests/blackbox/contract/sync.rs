//! reference/api/sync

use std::time::{Duration, Instant};

use serde_json::json;

use crate::{shape::is_like, world::World};

#[tokio::test]
async fn pages_follow_each_other_in_order() {
    let world = World::start().await;
    let alice = world.sign_in("alice").await;
    for n in 0..5 {
        alice.say(&world.team, &n.to_string()).await.ok();
    }
    let mut since = 0;
    let mut bodies = Vec::new();
    loop {
        let page = alice.get(&format!("/v1/sync?since={since}&limit=2&timeout=0")).await.is(200);
        let example = json!({
            "events": [{
                "id": "evt-*", "stream_position": "<int>", "room_id": world.team, "event_type": "swp.room.message",
                "content": { "msgtype": "swp.text" }, "sender_id": alice.id, "origin_ts": "<seconds>",
            }],
            "next_cursor": "<int>", "has_more": "<bool>",
        });
        is_like(&page, example);
        bodies.extend(page["events"].as_array().unwrap().iter().map(|event| event["content"]["body"].clone()));
        since = page["next_cursor"].as_u64().unwrap();
        if page["has_more"] == false {
            break;
        }
    }
    assert_eq!(bodies, ["0", "1", "2", "3", "4"]);
}

#[tokio::test]
async fn it_waits_for_the_next_event_or_until_its_time_is_over() {
    let world = World::start().await;
    let (alice, bob) = (world.sign_in("alice").await, world.sign_in("bob").await);
    let here = alice.say(&world.team, "here").await.ok()["stream_position"].as_u64().unwrap();
    let began = Instant::now();
    let empty = alice.get(&format!("/v1/sync?since={here}&timeout=300")).await.is(200);
    assert_eq!(empty, json!({ "events": [], "next_cursor": here, "has_more": false }));
    assert!(began.elapsed() >= Duration::from_millis(290));
    let path = format!("/v1/sync?since={here}");
    let (page, _) = tokio::join!(alice.get(&path), async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        bob.say(&world.team, "there").await.ok();
    });
    assert_eq!(page.is(200)["events"][0]["content"]["body"], "there");
}

#[tokio::test]
async fn a_limit_beyond_the_documented_one_is_refused_or_cut() {
    let world = World::start().await;
    let alice = world.sign_in("alice").await;
    alice.get("/v1/sync?limit=500&timeout=0").await.is(200);
    let beyond = alice.get("/v1/sync?limit=501&timeout=0").await;
    if beyond.status != 200 {
        beyond.fails(422, "SW_VALIDATION");
    }
    for nonsense in ["since=-1", "since=x", "limit=0", "timeout=x"] {
        alice.get(&format!("/v1/sync?{nonsense}")).await.fails(422, "SW_VALIDATION");
    }
}

#[tokio::test]
async fn what_happened_before_one_left_stays_in_sync() {
    let world = World::start().await;
    let (alice, carol) = (world.sign_in("alice").await, world.sign_in("carol").await);
    alice.say(&world.team, "while carol was in").await.ok();
    carol.press(&format!("/v1/rooms/{}/leave", world.team)).await.ok();
    alice.say(&world.team, "after she left").await.ok();
    let page = carol.get("/v1/sync?timeout=0").await.is(200);
    let bodies: Vec<_> =
        page["events"].as_array().unwrap().iter().filter_map(|e| e["content"]["body"].as_str()).collect();
    // "Rooms in membership join or leave": one who left keeps what was, and hears no more.
    assert_eq!(bodies, ["while carol was in"]);
}
