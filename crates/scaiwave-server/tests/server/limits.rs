//! Rates, slow and oversized requests, too many connections: raw sockets where a well-behaved client cannot do it.

use std::time::Duration;

use reqwest::Method;
use scaiwave_server::limits::{Limits, Seconds};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::world::{Answer, PATIENCE, User, World, http};

async fn world(limits: Limits) -> World {
    World::with(|settings| settings.limits = limits).await
}

async fn connect(world: &World) -> TcpStream {
    TcpStream::connect(world.base().trim_start_matches("http://")).await.unwrap()
}

/// Everything the server says until it closes.
async fn said(socket: &mut TcpStream) -> String {
    let mut said = Vec::new();
    // A reset is an end as well.
    let _ = timeout(PATIENCE, socket.read_to_end(&mut said)).await.expect("never closed");
    String::from_utf8_lossy(&said).into_owned()
}

async fn sign_in(world: &World, name: &str, password: &str) -> Answer {
    let form = [("grant_type", "password"), ("username", name), ("password", password)];
    let response = http().post(format!("{}/v1/auth/token", world.base())).form(&form).send().await.unwrap();
    let status = response.status().as_u16();
    let retry_after = response.headers().get("retry-after").map(|v| v.to_str().unwrap().to_owned());
    Answer { status, body: response.json().await.unwrap(), retry_after }
}

#[track_caller]
fn limited(answer: &Answer) {
    answer.fails(429, "SW_RATE_LIMIT_EXCEEDED");
    let wait: u32 = answer.retry_after.as_ref().expect("no Retry-After").parse().unwrap();
    assert!((1..=60).contains(&wait), "{answer:?}");
}

#[tokio::test]
async fn a_caller_who_asks_too_much_waits_and_the_others_do_not() {
    let world = world(Limits { rate_per_caller: 1, ..Limits::default() }).await;
    let (alice, bob) = (world.sign_in("alice").await, world.sign_in("bob").await);
    let answers = futures_util::future::join_all((0..50).map(|_| alice.get("/v1/me"))).await;
    assert!(answers.iter().any(|answer| answer.status == 200));
    limited(answers.iter().find(|answer| answer.status == 429).expect("nobody is refused"));
    bob.get("/v1/me").await.ok();
    let url = format!("{}/v1/stream?token={}", world.base().replace("http", "ws"), alice.token);
    let streams = futures_util::future::join_all((0..50).map(|_| tokio_tungstenite::connect_async(&url))).await;
    assert!(streams.iter().any(Result::is_err), "the stream counts as well");
    assert_eq!(alice.get("/health").await.status, 200);
}

#[tokio::test]
async fn bad_tokens_and_no_tokens_count_for_the_address() {
    let world = world(Limits { rate_per_address: 1, ..Limits::default() }).await;
    let alice = world.sign_in("alice").await;
    let mut nobody = world.nobody();
    for token in ["", "nonsense"] {
        nobody.token = token.into();
        let answers = futures_util::future::join_all((0..50).map(|_| nobody.get("/v1/me"))).await;
        limited(answers.iter().find(|answer| answer.status == 429).expect("nobody is refused"));
    }
    let signing_in = futures_util::future::join_all((0..50).map(|_| sign_in(&world, "nobody", ""))).await;
    assert!(signing_in.iter().any(|answer| answer.status == 429));
    alice.get("/v1/me").await.ok();
    for path in ["/health", "/readyz"] {
        assert_eq!(world.nobody().get(path).await.status, 200);
    }
    assert_eq!(http().get(format!("{}/metrics", world.base())).send().await.unwrap().status().as_u16(), 200);
}

#[tokio::test]
async fn guesses_at_a_password_end_soon_also_side_by_side() {
    let world = world(Limits { sign_in_failures_per_minute: 3, ..Limits::default() }).await;
    let guesses = (0..20).map(|_| sign_in(&world, "alice", "a guess"));
    let answers = futures_util::future::join_all(guesses).await;
    let tried = answers.iter().filter(|answer| answer.status == 401).count();
    // One more may be under way when the limit is met: two are hashed at a time.
    assert!((4..=5).contains(&tried), "{tried} of 20 guesses were tried");
    limited(&sign_in(&world, "alice", "alice's password").await);
    assert_eq!(sign_in(&world, "bob", "bob's password").await.status, 200);
}

#[tokio::test]
async fn a_client_behind_a_trusted_proxy_is_counted_by_its_own_address() {
    let trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
    let world = world(Limits { rate_per_address: 1, trusted_proxies, ..Limits::default() }).await;
    let ask = async |client: &str| {
        let request = http().get(format!("{}/v1/auth/config", world.base())).header("x-forwarded-for", client);
        request.send().await.unwrap().status().as_u16()
    };
    let answers = futures_util::future::join_all((0..50).map(|_| ask("192.0.2.1"))).await;
    assert!(answers.contains(&200) && answers.contains(&429), "{answers:?}");
    assert_eq!(ask("192.0.2.2").await, 200);
}

#[tokio::test]
async fn a_head_that_comes_too_slowly_is_cut_off() {
    let world = world(Limits { header_timeout_seconds: Seconds::from_millis(200), ..Limits::default() }).await;
    let mut silent = connect(&world).await;
    let mut slow = connect(&world).await;
    slow.write_all(b"GET /health HTTP/1.1\r\nHost: x\r\n").await.unwrap();
    let (mut reader, mut writer) = slow.into_split();
    let dripping = tokio::spawn(async move {
        while writer.write_all(b"X-Drip: 1\r\n").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    assert_eq!(said(&mut silent).await, "");
    let mut rest = Vec::new();
    let _ = timeout(PATIENCE, reader.read_to_end(&mut rest)).await.expect("never closed");
    dripping.abort();
    assert!(!rest.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&rest));
}

#[tokio::test]
async fn a_body_that_pauses_is_answered() {
    let world = world(Limits { body_timeout_seconds: Seconds::from_millis(200), ..Limits::default() }).await;
    let alice = world.sign_in("alice").await;
    for (path, kind) in
        [("/v1/calls/initiate", "application/json"), ("/v1/auth/token", "application/x-www-form-urlencoded")]
    {
        let mut socket = connect(&world).await;
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\nContent-Length: 100\r\nConnection: close\r\n\
             Authorization: Bearer {}\r\n\r\n{{",
            alice.token
        );
        socket.write_all(head.as_bytes()).await.unwrap();
        let said = said(&mut socket).await;
        assert!(said.starts_with("HTTP/1.1 408") && said.contains("SW_REQUEST_TOO_SLOW"), "{said}");
    }
}

#[tokio::test]
async fn a_request_takes_only_so_long_but_a_sync_may() {
    let mut world = World::start().await;
    let alice = world.sign_in("alice").await;
    // Only now, since a password takes its time.
    world.restart_with(|settings| settings.limits.request_timeout_seconds = Seconds::from_millis(1000)).await;
    let alice = User { base: world.base(), ..alice };
    world.sfu.stall(true);
    let answer = alice.initiate(&world.team).await;
    answer.fails(503, "SW_OVERLOADED");
    assert!(answer.retry_after.is_some());
    world.sfu.stall(false);
    // What was begun is finished, though nobody waits for it any more.
    let begun = async {
        while alice.get("/v1/rooms").await.ok()[0]["active_call"] == Value::Null {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, begun).await.expect("the call was dropped half-way");
    let page = alice.get("/v1/sync?since=99999&timeout=1500").await.ok();
    assert_eq!(page["events"], json!([]));
}

#[tokio::test]
async fn a_change_is_told_though_its_client_hangs_up() {
    let world = World::start().await;
    let (alice, bob) = (world.sign_in("alice").await, world.sign_in("bob").await);
    let mut at_bob = bob.stream().await;
    world.sfu.stall(true);
    let held = world.sfu.held();
    let mut socket = connect(&world).await;
    let body = json!({ "room_id": world.team, "type": "audio" }).to_string();
    let request = format!(
        "POST /v1/calls/initiate HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\nAuthorization: Bearer {}\r\n\r\n{body}",
        body.len(),
        alice.token
    );
    socket.write_all(request.as_bytes()).await.unwrap();
    held.await;
    drop(socket);
    world.sfu.stall(false);
    assert_eq!(at_bob.next_of("swp.call.invite").await["from"], alice.id.as_str());
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let world = World::start().await;
    let mut socket = connect(&world).await;
    let huge = format!("GET /health HTTP/1.1\r\nHost: x\r\nX-Big: {}\r\n\r\n", "x".repeat(40_000));
    let _ = socket.write_all(huge.as_bytes()).await;
    assert!(said(&mut socket).await.starts_with("HTTP/1.1 431"));
    let mut socket = connect(&world).await;
    let many = format!("GET /health HTTP/1.1\r\nHost: x\r\n{}\r\n", "X-Many: x\r\n".repeat(200));
    let _ = socket.write_all(many.as_bytes()).await;
    assert!(said(&mut socket).await.starts_with("HTTP/1.1 431"));
}

#[tokio::test]
async fn connections_beyond_the_limit_are_refused_and_sockets_count() {
    let world = world(Limits { max_connections: 2, ..Limits::default() }).await;
    let alice = world.sign_in("alice").await;
    let stream = alice.stream().await;
    let _idle = connect(&world).await;
    let mut third = connect(&world).await;
    let refused = said(&mut third).await;
    assert!(refused.starts_with("HTTP/1.1 503"), "{refused}");
    let body: Value = serde_json::from_str(refused.split_once("\r\n\r\n").unwrap().1).unwrap();
    assert_eq!(body["error"]["code"], "SW_OVERLOADED");
    stream.leave().await;
    let free = async {
        while http().get(format!("{}/health", world.base())).send().await.is_ok_and(|a| a.status() == 503) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, free).await.expect("a closed socket is still counted");
}

#[tokio::test]
async fn answers_carry_headers_that_keep_a_browser_careful_and_a_sane_request_id() {
    let world = World::start().await;
    let ask = async |id: Option<&str>| {
        let mut request = http().request(Method::GET, format!("{}/v1/nothing", world.base()));
        if let Some(id) = id {
            request = request.header("x-request-id", id);
        }
        request.send().await.unwrap().headers().clone()
    };
    let headers = ask(Some("proxy-7.a_b")).await;
    assert_eq!(headers["x-request-id"], "proxy-7.a_b");
    assert_eq!(headers["x-content-type-options"], "nosniff");
    assert_eq!(headers["cache-control"], "no-store");
    assert!(headers["content-security-policy"].to_str().unwrap().contains("default-src 'none'"));
    for insane in ["a b", "\"}{\"level\":\"error", &"x".repeat(65), ""] {
        let given = ask(Some(insane)).await["x-request-id"].clone();
        assert_eq!(given.len(), 36, "{insane:?} became {given:?}");
    }
    assert_eq!(ask(None).await["x-request-id"].len(), 36);
}
