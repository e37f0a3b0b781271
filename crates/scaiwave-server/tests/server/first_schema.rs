//! Databases of before are opened by the server of today, with everything that was in them.

use std::sync::Arc;

use scaiwave_server::Server;
use serde_json::{Value, json};
use sqlx::{Connection, SqliteConnection};
use tempfile::TempDir;

use crate::{
    sim_sfu::SimSfu,
    world::{User, settings, sign_in},
};

const TEAM: &str = "room-01a20c2818b3729392c3fad77370983f";
const DIRECT: &str = "room-01a20c2818c07689873131a8de3d9e7a";
const OVER: &str = "call-01a20c28196f74d18097080f20860e3e";
const RINGING: &str = "call-01a20c2829dd74469a3b5f08b2c1b221";
const CAROLS_REFRESH_TOKEN: &str = "alVzI-G1M8HB1ZPnG8hNbm6wvgYSmzytvurB5sb3EaE";

#[tokio::test]
async fn a_database_of_the_first_schema_is_all_there() {
    let dir = TempDir::new().unwrap();
    let url = format!("sqlite://{}/scaiwave.sqlite3?mode=rwc", dir.path().display());
    let mut old = SqliteConnection::connect(&url).await.unwrap();
    sqlx::raw_sql(include_str!("../fixtures/first_schema.sql")).execute(&mut old).await.unwrap();
    old.close().await.unwrap();
    std::fs::write(dir.path().join("signing.key"), [7; 32]).unwrap();

    let server = Server::start(settings(&dir, "ws://sfu.example:7880"), Arc::new(SimSfu::default())).await.unwrap();
    let base = format!("http://{}", server.address);
    let (alice, bob) = (sign_in(&base, "alice").await, sign_in(&base, "bob").await);
    let rooms = alice.get("/v1/rooms").await.ok();
    let named: Vec<_> = rooms.as_array().unwrap().iter().map(|r| (r["id"].clone(), r["name"].clone())).collect();
    assert_eq!(named, [(json!(TEAM), json!("Team")), (json!(DIRECT), json!("Bob"))]);
    let members = bob.get(&format!("/v1/rooms/{TEAM}/members")).await.ok();
    let powers: Vec<_> = members.as_array().unwrap().iter().map(|m| m["power_level"].as_u64().unwrap()).collect();
    assert_eq!(powers, [100, 50, 0]);

    let history = bob.get(&format!("/v1/rooms/{TEAM}/messages?direction=forward")).await.ok();
    let kinds = |key: &str| -> Vec<Value> { history.as_array().unwrap().iter().map(|e| e[key].clone()).collect() };
    assert_eq!(
        kinds("event_type"),
        ["swp.room.message", "swp.room.message", "swp.room.message", "swp.call.started", "swp.call.ended"]
    );
    let bodies: Vec<Value> = kinds("content").into_iter().map(|content| content["body"].clone()).collect();
    assert_eq!(bodies[..3], [json!("hello from alice"), json!("hello from bob"), json!("once")]);
    let again = json!({
        "content": { "msgtype": "swp.text", "body": "once" }, "event_uuid": "7f0f2a52-8f5e-4c88-9a51-3f4a5a0f7c11",
    });
    let again = alice.post(&format!("/v1/rooms/{TEAM}/send"), again).await.ok();
    assert_eq!(again["id"], history[2]["id"], "a repeated message is still recognised");
    assert_eq!(
        bob.get(&format!("/v1/rooms/{DIRECT}/messages?direction=forward&limit=1")).await.ok()[0]["content"]["body"],
        "just us"
    );

    let over = alice.look(OVER).await;
    assert_eq!((&over["state"], &over["end_reason"]), (&json!("ended"), &json!("ended_by_user")));
    assert_eq!(over["participants"].as_array().unwrap().len(), 2);
    // The call that rang when the old server stopped is settled by the new one.
    let settled = async {
        while alice.look(RINGING).await["state"] != "ended" {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(crate::world::PATIENCE, settled).await.expect("an old call rings for ever");
    let nobody = User { base, token: String::new(), refresh_token: String::new(), id: String::new() };
    nobody.post("/v1/auth/refresh", json!({ "refresh_token": CAROLS_REFRESH_TOKEN })).await.ok();
    server.stop().await;
}
