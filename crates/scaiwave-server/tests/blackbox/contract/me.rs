//! reference/api/profiles

use serde_json::json;

use crate::{shape::is_like, world::World};

#[tokio::test]
async fn ones_own_profile() {
    let world = World::start().await;
    let alice = world.sign_in("alice").await;
    let me = alice.get("/v1/me").await.is(200);
    let example = json!({
        "participant_id": alice.id, "local_id": "alice", "fqid": "@alice:test.example", "display_name": "Alice", "email": "<string?>",
        "avatar_url": "<string?>", "bio": "<string?>", "personal_workspace_id": "<string?>", "presence": "<string?>",
        "tenant": { "id": "<string>", "slug": "<string>", "name": "<string>" },
    });
    is_like(&me, example);
    for key in ["email", "avatar_url", "bio", "personal_workspace_id", "roles", "groups", "presence"] {
        assert!(me.get(key).is_some(), "{key} is documented: {me:#}");
    }
    assert!(me["roles"].is_array() && me["groups"].is_array() && me["tenant"]["features"].is_object(), "{me:#}");
}

#[tokio::test]
async fn the_profile_is_changed() {
    let world = World::start().await;
    let (alice, bob) = (world.sign_in("alice").await, world.sign_in("bob").await);
    let changed = alice.put("/v1/me", json!({ "display_name": "Alice Adams", "bio": "gardener" })).await.ok();
    is_like(&changed, json!({ "display_name": "Alice Adams", "bio": "gardener", "local_id": "alice" }));
    let members = bob.get(&format!("/v1/rooms/{}/members", world.team)).await.is(200);
    let names: Vec<_> =
        members.as_array().unwrap().iter().map(|m| m["participant"]["display_name"].as_str().unwrap()).collect();
    assert!(names.contains(&"Alice Adams"), "{names:?}");
    alice.put("/v1/me", json!({ "display_name": "" })).await.fails(422, "SW_VALIDATION");
}

#[tokio::test]
async fn preferences_are_merged() {
    let world = World::start().await;
    let alice = world.sign_in("alice").await;
    let before = alice.get("/v1/me/preferences").await.is(200);
    for key in [
        "locale",
        "timezone",
        "time_format",
        "ai_response_mode",
        "ai_engagement_mode",
        "default_mode",
        "quiet_hours",
        "keyword_alerts",
        "read_marker_mode",
        "push",
        "email",
        "email_address",
    ] {
        assert!(before.get(key).is_some(), "{key} is documented: {before:#}");
    }
    is_like(&before, json!({ "default_mode": "mentions", "push": true, "email": false }));
    let quiet =
        json!({ "enabled": true, "start": "22:00", "end": "07:00", "weekdays_only": true, "weekends_only": false });
    let change = json!({ "locale": "nl", "time_format": "24h", "quiet_hours": quiet, "keyword_alerts": ["roses"] });
    alice.put("/v1/me/preferences", change.clone()).await.ok();
    let after = alice.get("/v1/me/preferences").await.is(200);
    is_like(&after, change);
    assert_eq!((&after["push"], &after["default_mode"]), (&before["push"], &before["default_mode"]), "the rest stays");
    for wrong in [
        json!({ "locale": "tlh" }),
        json!({ "time_format": "25h" }),
        json!({ "default_mode": "loud" }),
        json!({ "push": "yes" }),
    ] {
        alice.put("/v1/me/preferences", wrong).await.fails(422, "SW_VALIDATION");
    }
    assert_eq!(alice.get("/v1/me/preferences").await.is(200), after, "what was refused changed nothing");
}
