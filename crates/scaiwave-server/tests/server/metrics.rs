//! What operators watch: `/metrics`, `/health`, `/readyz`.

use std::collections::BTreeMap;

use serde_json::Value;
use sqlx::{Connection, SqliteConnection};

use crate::world::{World, http, id_of};

/// The samples, by name and labels.
async fn samples(world: &World) -> BTreeMap<String, f64> {
    let answer = http().get(format!("{}/metrics", world.base())).send().await.unwrap();
    assert!(answer.headers()["content-type"].to_str().unwrap().starts_with("application/openmetrics-text"));
    let text = answer.text().await.unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| line.rsplit_once(' ').map(|(name, value)| (name.to_owned(), value.parse().unwrap())).unwrap())
        .collect()
}

#[tokio::test]
async fn the_documented_numbers_are_there_and_count() {
    let world = World::start().await;
    let (alice, bob) = (world.sign_in("alice").await, world.sign_in("bob").await);
    let at_bob = bob.stream().await;
    let call = id_of(&alice.initiate(&world.team).await.ok());
    bob.call(&call, "join").await.ok();
    alice.get(&format!("/v1/rooms/{}", world.team)).await.ok();
    let now = samples(&world).await;
    assert_eq!(now["scaiwave_ws_connections{tenant=\"tenant-default\"}"], 1.0);
    assert_eq!(now["scaiwave_call_active{tenant=\"tenant-default\"}"], 1.0);
    assert_eq!(now[&format!("scaiwave_build_info{{version=\"{}\"}}", env!("CARGO_PKG_VERSION"))], 1.0);
    let got = |name: &str| now.get(name).copied().unwrap_or_else(|| panic!("no {name} in {now:#?}"));
    assert_eq!(got("scaiwave_http_requests_total{method=\"POST\",route=\"/v1/calls/initiate\",status=\"201\"}"), 1.0);
    assert_eq!(got("scaiwave_http_request_seconds_count{route=\"/v1/rooms/{room_id}\"}"), 1.0);
    assert_eq!(got("scaiwave_rings_total{outcome=\"sent\"}"), 2.0);
    assert_eq!(got("scaiwave_rings_total{outcome=\"answered\"}"), 1.0);
    assert!(got("scaiwave_database_write_wait_seconds_count") > 1.0);
    assert!(got("scaiwave_sfu_request_seconds_count{operation=\"ensure_room\"}") >= 1.0);
    alice.call(&call, "end").await.ok();
    at_bob.leave().await;
    let later = samples(&world).await;
    assert_eq!(later["scaiwave_call_active{tenant=\"tenant-default\"}"], 0.0);
    assert_eq!(
        later["scaiwave_rings_total{outcome=\"cancelled\"}"] + later["scaiwave_rings_total{outcome=\"answered\"}"],
        2.0
    );
}

#[tokio::test]
async fn failures_of_the_sfu_and_refused_webhooks_are_counted() {
    let world = World::start().await;
    let alice = world.sign_in("alice").await;
    world.sfu.fail(true);
    alice.initiate(&world.team).await.fails(503, "SW_CALL_LIVEKIT_UNREACHABLE");
    http()
        .post(format!("{}/v1/calls/webhook", world.base()))
        .header("authorization", "x")
        .body("{}")
        .send()
        .await
        .unwrap();
    let now = samples(&world).await;
    assert_eq!(now["scaiwave_sfu_failures_total{operation=\"ensure_room\"}"], 1.0);
    assert_eq!(now["scaiwave_webhooks_total{outcome=\"refused\"}"], 1.0);
}

#[tokio::test]
async fn what_others_send_makes_no_new_labels() {
    let world = World::start().await;
    let alice = world.sign_in("alice").await;
    let before = samples(&world).await.len();
    for n in 0..20 {
        alice.get(&format!("/v1/nothing/{n}")).await;
        alice.get(&format!("/v1/rooms/room-{n}")).await;
        let made_up = reqwest::Method::from_bytes(format!("BREW{n}").as_bytes()).unwrap();
        http().request(made_up, format!("{}/v1/rooms", world.base())).send().await.unwrap();
    }
    let after = samples(&world).await;
    // Four routes, this one among them, each with a counter and a histogram of 14 lines.
    assert!(after.len() - before <= 4 * 15, "{} became {}: {after:#?}", before, after.len());
    assert!(after.keys().all(|name| !name.contains("room-1") && !name.contains("BREW")), "{after:#?}");
    assert_eq!(after["scaiwave_http_requests_total{method=\"GET\",route=\"unmatched\",status=\"404\"}"], 20.0);
}

#[tokio::test]
async fn a_database_that_fails_is_told_to_the_load_balancer() {
    let world = World::start().await;
    let health = world.nobody().get("/health").await;
    assert_eq!((health.status, &health.body["checks"]["database"]), (200, &Value::from("ok")));
    let url = format!("sqlite://{}/scaiwave.sqlite3", world.data_dir().display());
    let mut beside = SqliteConnection::connect(&url).await.unwrap();
    sqlx::raw_sql("ALTER TABLE tenants RENAME TO gone").execute(&mut beside).await.unwrap();
    let health = world.nobody().get("/health").await;
    assert_eq!(
        (health.status, &health.body["status"], &health.body["checks"]["database"]),
        (503, &"failed".into(), &"failed".into())
    );
    let ready = world.nobody().get("/readyz").await;
    assert_eq!((ready.status, &ready.body["status"]), (503, &"failed".into()));
}
