//! reference/api/auth

use reqwest::Method;
use serde_json::json;

use crate::{
    shape::is_like,
    user::{Answer, User, http},
    world::World,
};

#[tokio::test]
async fn the_configuration_is_open_to_everybody() {
    let world = World::start().await;
    let config = world.nobody().get("/v1/auth/config").await.is(200);
    assert!(config["scopes_supported"].is_array(), "{config}");
    // With an identity provider all of it is there; without one there is nothing to tell.
    if !config["issuer"].is_null() {
        let scopes = json!(["openid", "profile", "email"]);
        assert_eq!(config["scopes_supported"], scopes);
        let example = json!({
            "issuer": "<url>", "authorization_endpoint": "<url>", "token_endpoint": "<url>", "redirect_uri": "<url>",
        });
        is_like(&config, example);
    }
}

#[tokio::test]
async fn a_password_is_traded_for_tokens() {
    let world = World::start().await;
    let granted = world.nobody().password_grant("alice", "alice's password").await.unwrap().is(200);
    let example = json!({
        "access_token": "<string>", "refresh_token": "<string>", "token_type": "Bearer", "expires_in": 3600,
    });
    is_like(&granted, example);
    for (name, password) in [("alice", "another"), ("nobody", "alice's password"), ("", "")] {
        let refused = world.nobody().password_grant(name, password).await.unwrap();
        assert_eq!(refused.status, 401, "{}", refused.text);
        refused.message();
    }
}

#[tokio::test]
async fn a_refresh_token_is_good_once() {
    let world = World::start().await;
    let alice = world.sign_in("alice").await;
    let refresh = async |token: &str| world.nobody().post("/v1/auth/refresh", json!({ "refresh_token": token })).await;
    let granted = refresh(&alice.refresh_token).await.is(200);
    let example = json!({
        "access_token": "<string>", "refresh_token": "<string>", "token_type": "Bearer", "expires_in": 3600,
    });
    is_like(&granted, example);
    assert_ne!(granted["refresh_token"], alice.refresh_token.as_str(), "it is rotated");
    alice.bearing(granted["access_token"].as_str().unwrap()).get("/v1/me").await.is(200);
    refresh(&alice.refresh_token).await.fails(401, "SW_AUTH_INVALID_TOKEN");
    refresh("never granted").await.fails(401, "SW_AUTH_INVALID_TOKEN");
}

#[tokio::test]
async fn registering_is_idempotent() {
    let world = World::start().await;
    let alice = world.sign_in("alice").await;
    let first = alice.press("/v1/auth/register").await.ok();
    is_like(&first, json!({ "participant_id": alice.id, "tenant_id": "<string>", "display_name": "Alice" }));
    assert_eq!(alice.press("/v1/auth/register").await.ok(), first);
    world.nobody().press("/v1/auth/register").await.fails(401, "SW_AUTH_INVALID_TOKEN");
}

#[tokio::test]
async fn a_code_that_nobody_issued_signs_nobody_in() {
    let world = World::start().await;
    let login = async |redirect: &str| {
        let form = [("code", "never-issued"), ("redirect_uri", redirect)];
        Answer::of(http().post(format!("{}/v1/auth/login", world.base())).form(&form)).await.unwrap()
    };
    let codes = ["SW_AUTH_OIDC_FAILED", "SW_AUTH_REDIRECT_MISMATCH"];
    for redirect in [format!("{}/v1/auth/login", world.base()), "https://elsewhere.example/login".to_owned()] {
        let refused = login(&redirect).await;
        assert_eq!(refused.status, 400, "{}", refused.text);
        assert!(codes.contains(&refused.body["error"]["code"].as_str().unwrap()), "{}", refused.text);
    }
}

#[tokio::test]
async fn everything_else_needs_a_bearer() {
    let world = World::start().await;
    for (method, path) in [
        (Method::POST, "/v1/auth/register"),
        (Method::GET, "/v1/me"),
        (Method::PUT, "/v1/me"),
        (Method::GET, "/v1/me/preferences"),
        (Method::PUT, "/v1/me/preferences"),
        (Method::PUT, "/v1/me/presence"),
        (Method::GET, "/v1/presence?ids=a"),
        (Method::PUT, "/v1/typing"),
        (Method::GET, "/v1/sync"),
        (Method::GET, "/v1/rooms"),
        (Method::POST, "/v1/rooms"),
        (Method::POST, "/v1/rooms/dm"),
        (Method::GET, "/v1/rooms/room-1"),
        (Method::GET, "/v1/rooms/room-1/state"),
        (Method::GET, "/v1/rooms/room-1/members"),
        (Method::GET, "/v1/rooms/room-1/messages"),
        (Method::POST, "/v1/rooms/room-1/send"),
        (Method::GET, "/v1/directory/rooms"),
        (Method::GET, "/v1/directory/participants"),
        (Method::POST, "/v1/calls/initiate"),
        (Method::GET, "/v1/calls/call-1"),
        (Method::POST, "/v1/calls/call-1/join"),
        (Method::POST, "/v1/calls/call-1/leave"),
        (Method::POST, "/v1/calls/call-1/reject"),
        (Method::POST, "/v1/calls/call-1/end"),
        (Method::POST, "/v1/calls/call-1/recording/start"),
        (Method::POST, "/v1/calls/call-1/recording/stop"),
        (Method::GET, "/v1/calls/call-1/recordings"),
        (Method::POST, "/v1/media/upload"),
        (Method::GET, "/v1/media/med-1/info"),
        (Method::GET, "/v1/media/download/med-1"),
        (Method::GET, "/v1/media/signed/med-1"),
    ] {
        let nobody = Answer::of(world.nobody().request(method.clone(), path)).await.unwrap();
        assert_eq!(
            (nobody.status, nobody.body["error"]["code"].as_str()),
            (401, Some("SW_AUTH_INVALID_TOKEN")),
            "{method} {path}"
        );
    }
    let stranger = User { token: "mock-dev-token".into(), ..world.nobody() };
    stranger.get("/v1/me").await.fails(401, "SW_AUTH_INVALID_TOKEN");
}
