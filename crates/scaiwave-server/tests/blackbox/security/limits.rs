//! Bodies that are too large, requests that never end, connections that say nothing: refused or closed, and the others served.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tokio_tungstenite::tungstenite::Message;

use crate::{
    user::Answer,
    world::{PATIENCE, World},
};

/// A request's head and each pause of its body may take a second.
const HASTY: [(&str, &str); 2] = [("SCAIWAVE_HEADER_TIMEOUT_SECONDS", "1"), ("SCAIWAVE_BODY_TIMEOUT_SECONDS", "1")];
/// A connection the server has given up is closed by then.
const CLOSED: Duration = Duration::from_secs(10);

/// Sends bytes as they are; answers all that comes back until the server closes.
async fn raw(world: &World, bytes: &[u8]) -> String {
    let mut socket = TcpStream::connect(("127.0.0.1", world.port())).await.unwrap();
    let _ = socket.write_all(bytes).await;
    let mut answer = Vec::new();
    let closed = timeout(PATIENCE, socket.read_to_end(&mut answer)).await;
    assert!(closed.is_ok(), "is still open: {}", String::from_utf8_lossy(&answer));
    String::from_utf8_lossy(&answer).into_owned()
}

/// Sends a piece of a request again and again until the server closes; how long that took.
async fn dribble(world: &World, head: &str, piece: &str) -> Duration {
    let began = Instant::now();
    let mut socket = TcpStream::connect(("127.0.0.1", world.port())).await.unwrap();
    socket.write_all(head.as_bytes()).await.unwrap();
    let mut buffer = [0; 4096];
    while began.elapsed() < PATIENCE {
        // A byte now and then, so that the connection is never idle for long.
        match timeout(Duration::from_millis(400), socket.read(&mut buffer)).await {
            Ok(Ok(0) | Err(_)) => return began.elapsed(),
            Ok(Ok(_)) => {}
            Err(_) => {
                if socket.write_all(piece.as_bytes()).await.is_err() {
                    return began.elapsed();
                }
            }
        }
    }
    panic!("still open after {:?}", began.elapsed());
}

#[tokio::test]
async fn a_head_that_never_ends_is_cut_off() {
    let world = World::with(&HASTY).await;
    let took = dribble(&world, "GET /health HTTP/1.1\r\nhost: x\r\n", "x-a: b\r\n").await;
    assert!(took < CLOSED, "{took:?}");
    let took = dribble(&world, "", "").await;
    assert!(took < CLOSED, "a connection that says nothing: {took:?}");
}

#[tokio::test]
async fn a_body_that_stops_is_cut_off() {
    let world = World::with(&HASTY).await;
    let alice = world.sign_in("alice").await;
    let head = format!(
        "POST /v1/calls/initiate HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n\
         content-length: 100\r\n\r\n{{",
        alice.token,
    );
    let began = Instant::now();
    let answer = raw(&world, head.as_bytes()).await;
    assert!(began.elapsed() < CLOSED, "{:?}", began.elapsed());
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn hundreds_of_slow_connections_hold_nobody_up() {
    let world = World::with(&HASTY).await;
    let alice = world.sign_in("alice").await;
    let slow = join_all((0..300).map(async |_| {
        let mut socket = TcpStream::connect(("127.0.0.1", world.port())).await.unwrap();
        socket.write_all(b"GET /health HT").await.unwrap();
        socket
    }))
    .await;
    let began = Instant::now();
    alice.say(&world.team, "in spite of all").await.ok();
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    drop(slow);
}

#[tokio::test]
async fn bodies_beyond_the_limit_are_refused_before_they_are_read() {
    let world = World::start().await;
    let alice = world.sign_in("alice").await;
    for path in ["/v1/calls/initiate", "/v1/calls/call-0/join", &format!("/v1/rooms/{}/send", world.team)] {
        let request = alice.request(Method::POST, path).header("content-type", "application/json");
        let answer = Answer::of(request.body(format!("\"{}\"", "x".repeat(1 << 20)))).await.unwrap();
        assert_eq!(
            (answer.status, answer.body["error"]["code"].as_str()),
            (413, Some("SW_CONTENT_TOO_LARGE")),
            "{path}"
        );
    }
    let form = [("grant_type", "password"), ("username", "alice"), ("password", &*"x".repeat(1 << 20))];
    let answer = Answer::of(world.nobody().request(Method::POST, "/v1/auth/token").form(&form)).await.unwrap();
    assert!(matches!(answer.status, 401 | 413), "{}", answer.text);
    // Ten gigabytes are announced, and a megabyte is sent.
    let mut request = format!(
        "POST /v1/calls/initiate HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: 10000000000\r\n\r\n",
        alice.token,
    )
    .into_bytes();
    request.resize(1 << 20, b' ');
    let answer = raw(&world, &request).await;
    // A connection closed with unread bytes may lose its answer.
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 413"), "{answer}");
    let webhook = world.nobody().request(Method::POST, "/v1/calls/webhook").header("authorization", "x");
    let answer = Answer::of(webhook.body("x".repeat(2 << 20))).await.unwrap();
    assert_eq!(answer.status, 413, "{}", answer.text);
}

#[tokio::test]
async fn deep_nesting_is_refused() {
    let world = World::start().await;
    let alice = world.sign_in("alice").await;
    let deep = format!("{{\"content\":{}{}}}", "[".repeat(50_000), "]".repeat(50_000));
    let request = alice.request(Method::POST, &format!("/v1/rooms/{}/send", world.team));
    let answer = Answer::of(request.header("content-type", "application/json").body(deep)).await.unwrap();
    answer.fails(422, "SW_VALIDATION");
}

#[tokio::test]
async fn heads_beyond_all_measure_are_refused() {
    let world = World::start().await;
    let answers = [
        raw(&world, format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "x".repeat(1 << 20)).as_bytes()).await,
        raw(&world, format!("GET / HTTP/1.1\r\nhost: x\r\nx-a: {}\r\n\r\n", "x".repeat(1 << 20)).as_bytes()).await,
        raw(&world, format!("GET / HTTP/1.1\r\nhost: x\r\n{}\r\n", "x-a: b\r\n".repeat(10_000)).as_bytes()).await,
        raw(&world, b"nonsense\r\n\r\n").await,
    ];
    for answer in answers {
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    }
    assert_eq!(world.nobody().get("/health").await.status, 200);
}

#[tokio::test]
async fn two_lengths_are_one_request_or_none() {
    let world = World::start().await;
    // Request smuggling: who sees two requests here and who sees one must not be able to differ.
    for framing in [
        "content-length: 4\r\ncontent-length: 40\r\n",
        "content-length: 4\r\ntransfer-encoding: chunked\r\n",
        "transfer-encoding: xchunked\r\n",
    ] {
        let request = format!(
            "POST /v1/auth/refresh HTTP/1.1\r\nhost: x\r\n{framing}connection: close\r\n\r\n0\r\n\r\nGET /health HTTP/1.1\r\nhost: x\r\n\r\n"
        );
        let answer = raw(&world, request.as_bytes()).await;
        assert!(answer.matches("HTTP/1.1 ").count() <= 1, "{framing}: {answer}");
        assert!(!answer.starts_with("HTTP/1.1 2"), "{framing}: {answer}");
    }
}

#[tokio::test]
async fn who_talks_too_much_on_the_stream_is_closed() {
    let world = World::start().await;
    let alice = world.sign_in("alice").await;
    let mut stream = alice.stream().await;
    let _ = stream.send(Message::text("x".repeat(1 << 20))).await;
    let ended = async { while stream.try_next().await.is_some() {} };
    timeout(PATIENCE, ended).await.expect("is still open");
    alice.say(&world.team, "as before").await.ok();
    let mut stream = alice.stream().await;
    for nonsense in ["{}", "[", "", "{\"type\":\"swp.room.message\"}"] {
        stream.send(Message::text(nonsense)).await.unwrap();
    }
    stream.send(Message::binary(vec![0, 1, 2])).await.unwrap();
    alice
        .post(&format!("/v1/rooms/{}/send", world.team), json!({ "content": { "msgtype": "swp.text", "body": "y" } }))
        .await
        .ok();
    assert_eq!(stream.next_of("swp.room.message").await["content"]["body"], "y", "what clients say there is ignored");
}
