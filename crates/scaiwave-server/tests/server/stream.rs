use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tokio_tungstenite::tungstenite::{Error, client::IntoClientRequest};

use crate::{
    events::Events,
    world::{PATIENCE, World, http},
};

#[tokio::test]
async fn hello_comes_first() {
    let world = World::start().await;
    let alice = world.sign_in("alice").await;
    let mut events = Events::open(&alice.base, &alice.token).await;
    let hello = events.next().await;
    assert_eq!((hello["type"].as_str(), hello["server_name"].as_str()), (Some("hello"), Some("test.example")));
    assert!(hello["session_id"].is_string() && hello["tenant_id"].is_string() && hello["ts"].is_string());
}

#[tokio::test]
async fn a_bad_token_is_told_by_the_close_code() {
    let world = World::start().await;
    for token in ["", "nonsense"] {
        let closed = Events::open(&world.base(), token).await.closed().await;
        assert_eq!((u16::from(closed.code), &*closed.reason), (4001, "SW_AUTH_INVALID_TOKEN"));
    }
}

#[tokio::test]
async fn the_same_token_again_closes_the_older_socket_another_does_not() {
    let world = World::start().await;
    let alice = world.sign_in("alice").await;
    let mut old = alice.stream().await;
    let mut other_window = world.sign_in("alice").await.stream().await;
    let mut new = alice.stream().await;
    let closed = old.closed().await;
    assert_eq!((u16::from(closed.code), &*closed.reason), (4003, "duplicate_connection"));
    let call = alice.initiate(&world.team).await.ok();
    assert_eq!(new.next_of("swp.call.state").await["call"]["call_id"], call["call_id"]);
    assert_eq!(other_window.next_of("swp.call.state").await["call"]["call_id"], call["call_id"]);
}

#[tokio::test]
async fn who_does_not_answer_pings_is_closed() {
    let world = World::with(|s| s.ping = Duration::from_millis(100)).await;
    let alice = world.sign_in("alice").await;
    // By hand, since a WebSocket library answers pings unasked.
    let host = alice.base.trim_start_matches("http://");
    let mut socket = TcpStream::connect(host).await.unwrap();
    let request = format!(
        "GET /v1/stream?token={} HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        alice.token
    );
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut read = Vec::new();
    timeout(PATIENCE, socket.read_to_end(&mut read)).await.expect("never closed").unwrap();
    let close = [&4003_u16.to_be_bytes()[..], b"ping_timeout"].concat();
    assert!(read.ends_with(&close), "{}", String::from_utf8_lossy(&read));
}

#[tokio::test]
async fn nonsense_from_a_client_is_not_minded_but_too_much_of_it_is() {
    let world = World::start().await;
    let alice = world.sign_in("alice").await;
    let mut events = alice.stream().await;
    events.say("{nonsense").await;
    let call = alice.initiate(&world.team).await.ok();
    assert_eq!(events.next_of("swp.call.state").await["call"]["call_id"], call["call_id"]);
    events.say(&"x".repeat(100_000)).await;
    events.ended().await;
}

#[tokio::test]
async fn web_pages_may_not_open_the_stream() {
    let world = World::start().await;
    let alice = world.sign_in("alice").await;
    let url = format!("{}/v1/stream?token={}", alice.base.replace("http", "ws"), alice.token);
    for (origin, welcome) in [("https://evil.example", false), ("tauri://localhost", true)] {
        let mut request = url.as_str().into_client_request().unwrap();
        request.headers_mut().insert("origin", origin.parse().unwrap());
        match tokio_tungstenite::connect_async(request).await {
            Ok(_) => assert!(welcome, "{origin}"),
            Err(Error::Http(response)) => assert_eq!((welcome, response.status().as_u16()), (false, 403)),
            Err(e) => panic!("{e}"),
        }
    }
    alice.get("/v1/stream").await.fails(422, "SW_VALIDATION");
}

#[tokio::test]
async fn web_pages_that_the_settings_name_may_use_the_api_and_the_stream() {
    let origin = "https://app.example.org";
    let world = World::with(|s| s.cors_origins = vec![origin.parse().unwrap()]).await;
    let alice = world.sign_in("alice").await;
    let ask = async |base: &str, method: reqwest::Method, origin: &str| {
        let request = http().request(method, format!("{base}/v1/rooms")).header("origin", origin);
        let response = request.header("access-control-request-method", "GET").send().await.unwrap();
        response.headers().get("access-control-allow-origin").map(|v| v.to_str().unwrap().to_owned())
    };
    assert_eq!(ask(&alice.base, reqwest::Method::OPTIONS, origin).await.as_deref(), Some(origin));
    assert_eq!(
        ask(&alice.base, reqwest::Method::GET, origin).await.as_deref(),
        Some(origin),
        "refusals are readable too"
    );
    assert_eq!(ask(&alice.base, reqwest::Method::OPTIONS, "https://evil.example").await, None);
    assert_eq!(ask(&World::start().await.base(), reqwest::Method::OPTIONS, origin).await, None, "by default nobody");
    let url = format!("{}/v1/stream?token={}", alice.base.replace("http", "ws"), alice.token);
    for (origin, welcome) in [(origin, true), ("https://evil.example", false)] {
        let mut request = url.as_str().into_client_request().unwrap();
        request.headers_mut().insert("origin", origin.parse().unwrap());
        assert_eq!(tokio_tungstenite::connect_async(request).await.is_ok(), welcome, "{origin}");
    }
}

#[tokio::test]
async fn a_stopping_server_says_so() {
    let mut world = World::start().await;
    let alice = world.sign_in("alice").await;
    let mut events = alice.stream().await;
    let (closed, ()) = tokio::join!(events.closed(), world.restart());
    assert_eq!(u16::from(closed.code), 1001);
    // The tokens of before are good after: the signing key is kept.
    let again = crate::world::User { base: world.base(), ..alice };
    again.stream().await.leave().await;
}
