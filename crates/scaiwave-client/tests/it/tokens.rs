//! The access token is renewed in time, once, and by one.

use std::sync::atomic::Ordering::SeqCst;

use axum::{Router, body::Body, http::Response, routing::get};
use scaiwave_client::{Client, ClientError};

use crate::scripted::Server;

#[tokio::test]
async fn renewed_at_four_fifths_of_its_life_without_being_asked() {
    let server = Server::start().await;
    server.expires_in.store(5, SeqCst);
    let started = std::time::Instant::now();
    let client = server.signed_in().await;
    server.expires_in.store(3600, SeqCst);
    let mut saved = client.saved();
    saved.borrow_and_update();
    saved.changed().await.unwrap();
    let elapsed = started.elapsed().as_millis();
    assert!((3_500..5_000).contains(&elapsed), "after {elapsed} ms of 5000");
    assert_eq!(*server.refreshes.lock().unwrap(), ["refresh-1"]);
    let kept = saved.borrow().clone().unwrap();
    assert!(kept.access_token == "access-2" && kept.refresh_token == "refresh-2", "the rotated pair is what is kept");
    client.me().await.unwrap();
}

#[tokio::test]
async fn many_requests_with_an_expired_token_share_one_refresh() {
    let server = Server::start().await;
    let client = server.signed_in().await;
    server.expire_access();
    let requests = (0..20).map(|_| {
        let client = client.clone();
        tokio::spawn(async move { client.me().await.map(|me| me.display_name) })
    });
    for request in requests.collect::<Vec<_>>() {
        assert_eq!(request.await.unwrap().unwrap(), "Alice");
    }
    assert_eq!(*server.refreshes.lock().unwrap(), ["refresh-1"], "a refresh token is good for one use");
}

#[tokio::test]
async fn a_caller_that_goes_away_does_not_lose_the_next_refresh_token() {
    let server = Server::start().await;
    let client = server.signed_in().await;
    server.expire_access();
    let mut saved = client.saved();
    saved.borrow_and_update();
    let impatient = tokio::spawn({
        let client = client.clone();
        async move { client.me().await.map(drop) }
    });
    while server.refreshes.lock().unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
    impatient.abort();
    saved.changed().await.unwrap();
    client.me().await.unwrap();
    assert_eq!(*server.refreshes.lock().unwrap(), ["refresh-1"]);
}

#[tokio::test]
async fn signed_out_when_the_refresh_is_refused() {
    let server = Server::start().await;
    let client = server.signed_in().await;
    let saved = client.saved();
    server.expire_access();
    server.refuse_refresh.store(true, SeqCst);
    assert_eq!(client.me().await, Err(ClientError::SignedOut));
    assert!(saved.borrow().is_none(), "nothing is left to keep");
    assert_eq!(client.me().await, Err(ClientError::SignedOut));
    assert_eq!(server.refreshes.lock().unwrap().len(), 1, "asked once");
}

#[tokio::test]
async fn a_kept_sign_in_is_taken_up_again() {
    let server = Server::start().await;
    let kept = server.signed_in().await.saved().borrow().clone().unwrap();
    let kept = serde_json::from_str(&serde_json::to_string(&kept).unwrap()).unwrap();
    assert_eq!(Client::resume(kept).unwrap().me().await.unwrap().local_id, "alice");
}

#[tokio::test]
async fn an_answer_without_end_is_cut_off() {
    let server = Server::start().await;
    let mut kept = server.signed_in().await.saved().borrow().clone().unwrap();
    let endless = get(|| async {
        let chunk = futures_util::stream::repeat_with(|| Ok::<_, std::io::Error>(vec![b' '; 65536]));
        Response::new(Body::from_stream(chunk))
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    kept.server = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/v1/me", endless)).await });
    let error = Client::resume(kept).unwrap().me().await.unwrap_err();
    assert!(matches!(error, ClientError::TooLarge { .. }), "{error:?}");
}
