//! Oneself, one's preferences, and whom one can find.

use reqwest::Method;
use scaiwave_server::store;
use serde_json::{Value, json};

use crate::world::{User, World};

#[tokio::test]
async fn a_profile_is_merged_field_by_field_and_shown_to_others() {
    let mut world = World::start().await;
    let alice = world.sign_in("alice").await;
    let me = alice.get("/v1/me").await.ok();
    assert_eq!((&me["display_name"], &me["bio"], &me["avatar_url"]), (&json!("Alice"), &Value::Null, &Value::Null));
    assert_eq!(me["tenant"]["features"]["auth"]["password_grant_enabled"], true);
    assert_eq!((&me["roles"], &me["groups"], &me["email"]), (&json!([]), &json!([]), &Value::Null));

    let picture = "https://pictures.example/alice.png";
    alice.put("/v1/me", json!({ "bio": "Reads\na lot", "avatar_url": picture, "unknown": 1 })).await.ok();
    let me = alice.put("/v1/me", json!({ "display_name": "  Alice A. " })).await.ok();
    assert_eq!(
        (&me["display_name"], &me["bio"], &me["avatar_url"]),
        (&json!("Alice A."), &json!("Reads\na lot"), &json!(picture))
    );
    world.restart().await;
    let alice = User { base: world.base(), ..alice };
    assert_eq!(alice.put("/v1/me", json!({ "bio": null })).await.ok()["bio"], Value::Null);
    assert_eq!(alice.put("/v1/me", json!({})).await.ok()["avatar_url"], picture);
    let members = world.sign_in("bob").await.get(&format!("/v1/rooms/{}/members", world.team)).await.ok();
    let shown = &members[0]["participant"];
    assert_eq!((&shown["display_name"], &shown["avatar_url"]), (&json!("Alice A."), &json!(picture)));
}

#[tokio::test]
async fn a_profile_that_cannot_be_is_refused_and_names_the_field() {
    let world = World::start().await;
    let alice = world.sign_in("alice").await;
    for (field, value) in [
        ("display_name", json!("")),
        ("display_name", json!("   ")),
        ("display_name", json!("x".repeat(201))),
        ("display_name", json!("a\u{0}b")),
        ("display_name", json!(7)),
        ("bio", json!("x".repeat(2001))),
        ("avatar_url", json!("http://pictures.example/a.png")),
        ("avatar_url", json!("javascript:alert(1)")),
        ("avatar_url", json!(format!("https://x.example/{}", "x".repeat(2048)))),
    ] {
        let mut body = json!({ "bio": "must not be kept" });
        body[field] = value.clone();
        let says = alice.put("/v1/me", body).await.fails(422, "SW_VALIDATION");
        assert!(says.contains(field), "{field} {value}: {says}");
    }
    assert_eq!(alice.get("/v1/me").await.ok()["bio"], Value::Null);
    world.nobody().put("/v1/me", json!({})).await.fails(401, "SW_AUTH_INVALID_TOKEN");
}

#[tokio::test]
async fn preferences_have_defaults_and_are_merged() {
    let mut world = World::start().await;
    let alice = world.sign_in("alice").await;
    let defaults = json!({
        "locale": "en", "timezone": "UTC", "time_format": "24h", "ai_response_mode": null, "ai_engagement_mode": null,
        "default_mode": "mentions",
        "quiet_hours": { "enabled": false, "start": "22:00", "end": "07:00", "weekdays_only": false, "weekends_only": false },
        "keyword_alerts": [], "read_marker_mode": "leave", "push": true, "email": false, "email_address": null,
    });
    assert_eq!(alice.get("/v1/me/preferences").await.ok(), defaults);
    let everything = json!({
        "locale": "nl", "timezone": "Europe/Amsterdam", "time_format": "12h", "ai_response_mode": "mention",
        "ai_engagement_mode": "passive", "default_mode": "all",
        "quiet_hours": { "enabled": true, "start": "23:30", "end": "06:15", "weekdays_only": true, "weekends_only": false },
        "keyword_alerts": ["launch", "deadline"], "read_marker_mode": "scroll", "push": false, "email": true,
        "email_address": "alice@example.org",
    });
    assert_eq!(alice.put("/v1/me/preferences", everything.clone()).await.ok(), everything);
    let change = json!({ "quiet_hours": { "start": "21:00" }, "email_address": null, "locale": "de" });
    alice.put("/v1/me/preferences", change).await.ok();
    world.restart().await;
    let mut expected = everything;
    expected["quiet_hours"]["start"] = json!("21:00");
    expected["email_address"] = Value::Null;
    expected["locale"] = json!("de");
    let alice = User { base: world.base(), ..alice };
    assert_eq!(alice.get("/v1/me/preferences").await.ok(), expected);
    assert_eq!(world.sign_in("bob").await.get("/v1/me/preferences").await.ok(), defaults, "everybody has their own");
}

#[tokio::test]
async fn preferences_that_cannot_be_are_refused_whole() {
    let world = World::start().await;
    let alice = world.sign_in("alice").await;
    for (field, value) in [
        ("locale", json!("fr")),
        ("timezone", json!("Mars/Olympus")),
        ("timezone", json!("../../etc/passwd")),
        ("time_format", json!("13h")),
        ("default_mode", json!("inherit")),
        ("ai_response_mode", json!("x".repeat(65))),
        ("keyword_alerts", json!(vec!["x"; 51])),
        ("keyword_alerts", json!([""])),
        ("read_marker_mode", json!("never")),
        ("push", json!("yes")),
        ("email_address", json!("alice")),
        ("quiet_hours", json!({ "start": "24:00" })),
        ("quiet_hours", json!({ "start": "7:00" })),
        ("quiet_hours", json!({ "end": "07:00:00" })),
        ("quiet_hours", json!({ "end": "+7:00" })),
        ("quiet_hours", json!({ "weekdays_only": true, "weekends_only": true })),
    ] {
        let mut body = json!({ "locale": "de" });
        body[field] = value.clone();
        let says = alice.put("/v1/me/preferences", body).await.fails(422, "SW_VALIDATION");
        assert!(says.contains(field), "{field} {value}: {says}");
    }
    assert_eq!(alice.get("/v1/me/preferences").await.ok()["locale"], "en");
    alice.send(Method::PUT, "/v1/me/preferences", Some("[]".into())).await.fails(422, "SW_VALIDATION");
}

#[tokio::test]
async fn the_directory_finds_people_of_the_tenant_by_part_of_a_name() {
    let world = World::start().await;
    let dave = world.sign_in("dave").await;
    let find = async |query: &str| {
        let answer = dave.get(&format!("/v1/directory/participants?{query}")).await;
        let total = answer.body["meta"]["total"].as_u64().unwrap();
        let names: Vec<_> =
            answer.ok().as_array().unwrap().iter().map(|p| p["local_id"].as_str().unwrap().to_owned()).collect();
        (names.join(" "), total)
    };
    assert_eq!(find("").await, ("alice bob carol dave".into(), 4));
    assert_eq!(find("q=AL").await, ("alice".into(), 1));
    assert_eq!(find("q=a&limit=2&offset=1").await, ("carol dave".into(), 3));
    assert_eq!(find("type=human&include_federated=true").await.1, 4);
    assert_eq!(find("type=model").await.1, 0);
    for nothing in ["q=%25", "q=_", "q=%5C", "q=x'%20OR%201=1--", "type=human'--"] {
        assert_eq!(find(nothing).await.1, 0, "{nothing}");
    }
    for query in ["limit=0", "limit=201", "offset=-1", &format!("q={}", "x".repeat(201))] {
        dave.get(&format!("/v1/directory/participants?{query}")).await.fails(422, "SW_VALIDATION");
    }
    let alice = dave.get("/v1/directory/alias/alice").await.ok();
    assert_eq!((&alice["display_name"], &alice["server_name"]), (&json!("Alice"), &json!("test.example")));
    assert_eq!(dave.get("/v1/directory/alias/@alice:test.example").await.ok()["id"], alice["id"]);
    for nobody in ["@alice:elsewhere.example", "mallory", "@alice"] {
        dave.get(&format!("/v1/directory/alias/{nobody}")).await.fails(404, "SW_NOT_FOUND");
    }
}

#[tokio::test]
async fn data_of_before_is_kept() {
    // The first version's tables and a person in them; everything after is what opening the store makes of them.
    let dir = tempfile::TempDir::new().unwrap();
    let path = dir.path().join("scaiwave.sqlite3");
    let migrations = tempfile::TempDir::new().unwrap();
    let name = "0001_first.sql";
    std::fs::copy(format!("{}/migrations/{name}", env!("CARGO_MANIFEST_DIR")), migrations.path().join(name)).unwrap();
    let first = sqlx::migrate::Migrator::new(migrations.path()).await.unwrap();
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&path).create_if_missing(true);
    let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
    first.run(&pool).await.unwrap();
    sqlx::query("INSERT INTO tenants VALUES ('tenant-default', 'Default', 0)").execute(&pool).await.unwrap();
    sqlx::query("INSERT INTO participants VALUES ('p-1', 'tenant-default', 'erin', 'Erin', 'human', NULL, 0)")
        .execute(&pool)
        .await
        .unwrap();
    pool.close().await;
    let store = store::open(dir.path()).await.unwrap();
    let profile = store.profile(&"p-1".into()).await.unwrap().unwrap();
    assert_eq!((&*profile.person.display_name, profile.bio, profile.email), ("Erin", None, None));
    store.close().await;
}
