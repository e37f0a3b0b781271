use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::world::{World, http};

pub async fn password_grant(world: &World, form: &[(&str, &str)]) -> (u16, Value) {
    let answer = http().post(format!("{}/v1/auth/token", world.base())).form(form).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

#[tokio::test]
async fn a_password_signs_in() {
    let world = World::start().await;
    let config = world.nobody().get("/v1/auth/config").await.ok();
    assert_eq!(config["modes"], json!(["password"]));
    let form = [("grant_type", "password"), ("username", "alice"), ("password", "alice's password")];
    let (status, body) = password_grant(&world, &form).await;
    assert_eq!(
        (status, &body["data"]["token_type"], &body["data"]["expires_in"]),
        (200, &json!("Bearer"), &json!(3600))
    );
    let alice = world.sign_in("alice").await;
    let registered = alice.post("/v1/auth/register", json!({})).await.ok();
    assert_eq!(
        (registered["display_name"].as_str(), registered["participant_id"].as_str()),
        (Some("Alice"), Some(&*alice.id))
    );
    assert_eq!(alice.get("/v1/me").await.ok()["fqid"], "@alice:test.example");
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_name_look_the_same() {
    let world = World::start().await;
    let wrong = [("grant_type", "password"), ("username", "alice"), ("password", "guess")];
    let unknown = [("grant_type", "password"), ("username", "mallory"), ("password", "guess")];
    let (status, body) = password_grant(&world, &wrong).await;
    assert_eq!((status, &body["error"]["code"]), (401, &json!("SW_AUTH_INVALID_CREDENTIALS")));
    assert_eq!(password_grant(&world, &unknown).await, (status, body));
    let (status, body) = password_grant(&world, &[("grant_type", "password"), ("username", "alice")]).await;
    assert_eq!((status, &body["error"]["code"]), (422, &json!("SW_VALIDATION")));
    assert!(body["error"]["message"].as_str().unwrap().contains("password"), "{body}");
}

#[tokio::test]
async fn a_refresh_token_is_good_once_and_a_second_use_revokes_its_family() {
    let world = World::start().await;
    let alice = world.sign_in("alice").await;
    let refresh = async |token: &str| alice.post("/v1/auth/refresh", json!({ "refresh_token": token })).await;
    let next = refresh(&alice.refresh_token).await.ok()["refresh_token"].as_str().unwrap().to_owned();
    assert_ne!(next, alice.refresh_token);
    refresh(&alice.refresh_token).await.fails(401, "SW_AUTH_INVALID_TOKEN");
    refresh(&next).await.fails(401, "SW_AUTH_INVALID_TOKEN");
    refresh("made up").await.fails(401, "SW_AUTH_INVALID_TOKEN");
    alice.get("/v1/me").await.ok();
}

#[tokio::test]
async fn expired_altered_foreign_and_missing_tokens_are_refused() {
    let world = World::with(|s| s.access_token = Duration::from_secs(2)).await;
    let alice = world.sign_in("alice").await;
    let mut other = alice.clone();
    let mut parts: Vec<String> = alice.token.split('.').map(str::to_owned).collect();
    let mut claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(&parts[1]).unwrap()).unwrap();
    claims["sub"] = json!("somebody-else");
    parts[1] = URL_SAFE_NO_PAD.encode(claims.to_string());
    other.token = parts.join(".");
    other.get("/v1/me").await.fails(401, "SW_AUTH_INVALID_TOKEN");
    other.token = World::start().await.sign_in("alice").await.token;
    other.get("/v1/me").await.fails(401, "SW_AUTH_INVALID_TOKEN");
    world.nobody().get("/v1/me").await.fails(401, "SW_AUTH_INVALID_TOKEN");
    // The stream outlives no token either; its close is the event to wait for.
    let mut events = alice.stream().await;
    let closed = events.closed().await;
    assert_eq!((u16::from(closed.code), &*closed.reason), (4001, "SW_AUTH_EXPIRED_TOKEN"));
    alice.get("/v1/me").await.fails(401, "SW_AUTH_EXPIRED_TOKEN");
}
