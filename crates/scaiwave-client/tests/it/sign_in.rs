//! Each thing a person can get wrong has an error of its own that says what to check.

use axum::{Json, Router, http::StatusCode, routing::get};
use scaiwave_client::{Client, ClientError};
use serde_json::json;

use crate::scripted::{PASSWORD, Server};

/// Serves one answer to `GET /v1/auth/config`.
async fn answering(app: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

async fn refused(address: &str, password: &str) -> ClientError {
    match Client::sign_in(address, "alice", password).await {
        Ok(_) => panic!("signed in"),
        Err(error) => error,
    }
}

#[tokio::test]
async fn the_right_password_signs_in() {
    let server = Server::start().await;
    let client = Client::sign_in(&server.address, "alice", PASSWORD).await.unwrap();
    assert_eq!(client.me().await.unwrap().display_name, "Alice");
    assert_eq!(client.server().as_str(), format!("http://{}/", server.address));
}

#[tokio::test]
async fn the_wrong_password_is_named() {
    let server = Server::start().await;
    let error = refused(&server.address, "wrong").await;
    assert_eq!(error, ClientError::WrongPassword);
    assert_eq!(error.to_string(), "The name or the password is wrong. Check both and try again.");
}

#[tokio::test]
async fn nobody_there_is_unreachable() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    let error = refused(&address, PASSWORD).await;
    assert!(matches!(&error, ClientError::Unreachable { server, .. } if *server == address), "{error:?}");
    assert!(error.to_string().contains("refused"), "the cause is told: {error}");
}

#[tokio::test]
async fn another_web_server_is_no_scaiwave_server() {
    let page = get(|| async { "<html>Welcome</html>" });
    let other_api = get(|| async { Json(json!({"data": {"hello": "world"}})) });
    let huge = get(|| async { "x".repeat(5 * 1024 * 1024) });
    for app in [
        Router::new(),
        Router::new().route("/v1/auth/config", page),
        Router::new().route("/v1/auth/config", other_api),
        Router::new().route("/v1/auth/config", huge),
    ] {
        let address = answering(app).await;
        let error = refused(&address, PASSWORD).await;
        assert_eq!(error, ClientError::NotScaiWave { server: address });
    }
}

#[tokio::test]
async fn a_server_in_trouble_is_not_mistaken_for_another() {
    let address = answering(Router::new().route("/v1/auth/config", get(|| async { StatusCode::BAD_GATEWAY }))).await;
    assert_eq!(refused(&address, PASSWORD).await, ClientError::ServerTrouble { server: address, status: 502 });
}

#[tokio::test]
async fn a_server_without_passwords_says_so() {
    let config = get(|| async { Json(json!({"data": {"modes": ["oidc"], "issuer": "https://id.example.org"}})) });
    let address = answering(Router::new().route("/v1/auth/config", config)).await;
    assert_eq!(refused(&address, PASSWORD).await, ClientError::PasswordSignInOff { server: address });
}
