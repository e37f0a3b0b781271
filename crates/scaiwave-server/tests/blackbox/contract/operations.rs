//! reference/api/health-and-metrics: outside of `/v1`, without a token

use serde_json::json;

use crate::{shape::is_like, world::World};

#[tokio::test]
async fn health_names_its_checks() {
    let world = World::start().await;
    let health = world.nobody().get("/health").await;
    assert_eq!(health.status, 200);
    is_like(&health.body, json!({ "status": "<string>", "checks": { "database": "<string>", "version": "<string>" } }));
    assert_eq!(world.nobody().get("/readyz").await.status, 200);
}

#[tokio::test]
async fn metrics_are_for_prometheus() {
    let world = World::with_sfu(&[]).await;
    let alice = world.sign_in("alice").await;
    let _stream = alice.stream().await;
    alice.initiate(&world.team).await.is(201);
    let metrics = world.nobody().get("/metrics").await;
    assert_eq!(metrics.status, 200);
    let formats = ["text/plain", "application/openmetrics-text"];
    let kind = metrics.header("content-type").unwrap_or_default();
    assert!(formats.iter().any(|format| kind.starts_with(format)), "{kind}");
    let value = |name: &str| {
        let line = metrics.text.lines().find(|line| line.starts_with(name) && !line.starts_with('#'));
        line.and_then(|line| line.rsplit(' ').next()?.parse::<f64>().ok())
    };
    for name in ["scaiwave_http_requests_total", "scaiwave_build_info"] {
        assert!(value(name).is_some(), "{name} is documented:\n{}", metrics.text);
    }
    assert_eq!(value("scaiwave_ws_connections{"), Some(1.0), "by tenant:\n{}", metrics.text);
    assert_eq!(value("scaiwave_call_active{tenant=\"tenant-default\"}"), Some(1.0), "by tenant:\n{}", metrics.text);
    assert!(!metrics.text.contains(&world.team), "no ids in labels");
}

#[tokio::test]
async fn the_api_describes_itself() {
    let world = World::start().await;
    let description = world.nobody().get("/v1/openapi.json").await;
    assert_eq!(description.status, 200);
    assert!(
        description.body["openapi"].as_str().is_some_and(|version| version.starts_with("3.1")),
        "{}",
        description.text
    );
    for path in
        ["/v1/calls/initiate", "/v1/calls/{call_id}/join", "/v1/rooms/{room_id}/state", "/v1/sync", "/v1/auth/token"]
    {
        assert!(description.body["paths"].get(path).is_some(), "{path} is missing");
    }
}
