//! reference/api/members-and-directory, the members; reference/api/presence-and-state, the state of a room

use serde_json::{Value, json};

use crate::{shape::is_like, world::World};

fn member_example() -> Value {
    json!({
        "participant_id": "<uuid>", "membership": "join", "power_level": "<int>", "joined_at": "<time>",
        "notification_mode": "<string?>", "muted_until": "<time?>", "response_mode": "<string?>",
        "participant": {
            "id": "<uuid>", "local_id": "<string>", "server_name": "test.example", "display_name": "<string>",
            "participant_type": "human", "avatar_url": "<string?>",
        },
    })
}

#[tokio::test]
async fn the_members_of_a_room() {
    let world = World::start().await;
    let carol = world.sign_in("carol").await;
    let members = carol.get(&format!("/v1/rooms/{}/members", world.team)).await.is(200);
    is_like(&members, json!([member_example()]));
    let mut powers: Vec<_> = members.as_array().unwrap().iter().map(|m| m["power_level"].as_u64().unwrap()).collect();
    powers.sort_unstable();
    assert_eq!(powers, [0, 50, 100]);
}

#[tokio::test]
async fn the_state_of_a_room() {
    let world = World::start().await;
    let (alice, carol) = (world.sign_in("alice").await, world.sign_in("carol").await);
    alice.say(&world.team, "unread").await.ok();
    let state = carol.get(&format!("/v1/rooms/{}/state", world.team)).await.is(200);
    let example = json!({
        "room": { "id": world.team, "name": "Team", "room_type": "group" },
        "members": [member_example()], "active_call": null, "unread_count": 1, "last_read_event_id": null, "muted_until": null,
    });
    is_like(&state, example);
    for key in [
        "room",
        "members",
        "engagement",
        "plan",
        "active_sidekicks",
        "active_call",
        "unread_count",
        "last_read_event_id",
        "muted_until",
        "snoozed_event_ids",
    ] {
        assert!(state.get(key).is_some(), "{key} is documented: {state:#}");
    }
}
