//! What web pages may do: nothing, unless a later setting allows them.

use reqwest::Method;
use tokio_tungstenite::{
    connect_async,
    tungstenite::{Error, client::IntoClientRequest},
};

use crate::{user::Answer, world::World};

#[tokio::test]
async fn the_stream_is_refused_to_web_pages() {
    let world = World::start().await;
    let alice = world.sign_in("alice").await;
    let url = format!("{}/v1/stream?token={}", world.base().replacen("http", "ws", 1), alice.token);
    for origin in [
        "https://evil.example",
        "http://localhost",
        "null",
        "https://test.example.evil.example",
        "tauri://localhost.evil.example",
    ] {
        let mut request = url.as_str().into_client_request().unwrap();
        request.headers_mut().insert("origin", origin.parse().unwrap());
        match connect_async(request).await {
            Err(Error::Http(response)) => assert_eq!(response.status().as_u16(), 403, "{origin}"),
            other => panic!("{origin}: {:?}", other.map(drop)),
        }
    }
    let mut request = url.as_str().into_client_request().unwrap();
    request.headers_mut().insert("origin", "tauri://localhost".parse().unwrap());
    connect_async(request).await.unwrap();
}

#[tokio::test]
async fn no_page_is_allowed_by_cors() {
    let world = World::start().await;
    let alice = world.sign_in("alice").await;
    let asked = alice.request(Method::GET, "/v1/me").header("origin", "https://evil.example");
    let preflight = world.nobody().request(Method::OPTIONS, "/v1/me").header("origin", "https://evil.example");
    let preflight = preflight
        .header("access-control-request-method", "PUT")
        .header("access-control-request-headers", "authorization");
    for answer in [Answer::of(asked).await.unwrap(), Answer::of(preflight).await.unwrap()] {
        for header in
            ["access-control-allow-origin", "access-control-allow-credentials", "access-control-allow-methods"]
        {
            assert_eq!(answer.header(header), None, "{answer:?}");
        }
    }
}

#[tokio::test]
async fn an_upgrade_without_a_handshake_is_no_fault_of_the_server() {
    let world = World::start().await;
    let alice = world.sign_in("alice").await;
    let answer = alice.get(&format!("/v1/stream?token={}", alice.token)).await;
    assert!((400..500).contains(&answer.status), "{} {}", answer.status, answer.text);
    answer.message();
}
