//! reference/error-codes: one envelope for all that fails

use reqwest::Method;

use crate::{user::Answer, world::World};

#[tokio::test]
async fn whatever_fails_has_the_envelope() {
    let world = World::start().await;
    let alice = world.sign_in("alice").await;
    let raw = async |method: Method, path: &str, body: &'static str| {
        let request = alice.request(method, path).header("content-type", "application/json").body(body);
        Answer::of(request).await.unwrap()
    };
    alice.get("/v1/nowhere").await.message();
    alice.get("/").await.message();
    assert_eq!(raw(Method::DELETE, "/v1/me", "").await.status, 405);
    for body in ["", "{", "[]", "null", "\"x\"", "{\"room_id\":}", "\u{feff}{}", "{}{}"] {
        raw(Method::POST, "/v1/calls/initiate", body).await.fails(422, "SW_VALIDATION");
    }
    alice.get("/v1/rooms/%FF/state").await.message();
}

#[tokio::test]
async fn an_expired_token_says_so() {
    let world = World::with(&[("SCAIWAVE_ACCESS_TOKEN_SECONDS", "1")]).await;
    let alice = world.sign_in("alice").await;
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    alice.get("/v1/me").await.fails(401, "SW_AUTH_EXPIRED_TOKEN");
}
