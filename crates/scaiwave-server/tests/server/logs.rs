//! The log: one line for each request, and never a secret, however much is logged.

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio_tungstenite::connect_async;

use crate::{
    events::Events,
    program::{Program, admin, program},
    webhook::{event, signed},
    world::{KEY, SECRET, User, http, id_of, seed, sign_in},
};

#[tokio::test]
async fn no_secret_is_logged_even_when_everything_is() {
    let dir = TempDir::new().unwrap();
    let (team, _) = seed(&dir).await;
    // An SFU that answers, so that requests to it are logged whole: every room is made.
    let sfu = twirp().await;
    let mut command = program(dir.path());
    command.env("SCAIWAVE_LOG", "trace").env("SCAIWAVE_LIVEKIT_URL", format!("ws://{sfu}"));
    let server = Program::serve(command).await;
    let (alice, bob) = (sign_in(&server.base, "alice").await, sign_in(&server.base, "bob").await);
    let mut at_bob = bob.stream().await;
    let started = alice.initiate(&team).await.ok();
    at_bob.next_of("swp.call.invite").await;
    let call = id_of(&started);
    let joined = bob.call(&call, "join").await.ok();
    let body = event("EV_1", "participant_joined", &call, &bob.desk(), "PA_1");
    let authorization = signed(&body, KEY, SECRET);
    let webhook = http().post(format!("{}/v1/calls/webhook", server.base)).header("authorization", &authorization);
    assert_eq!(webhook.body(body).send().await.unwrap().status().as_u16(), 200);
    let refreshed = alice.post("/v1/auth/refresh", json!({ "refresh_token": alice.refresh_token })).await.ok();
    let wrong = User { token: format!("{}x", alice.token), ..alice.clone() };
    wrong.get("/v1/me").await.fails(401, "SW_AUTH_INVALID_TOKEN");
    Events::open(&server.base, &wrong.token).await.closed().await;
    let odd = format!("{}/v1/stream?token={}&token=twice", server.base.replace("http", "ws"), alice.token);
    assert!(connect_async(odd).await.is_err());
    let guess = [("grant_type", "password"), ("username", "alice"), ("password", "a wrong guess")];
    http().post(format!("{}/v1/auth/token", server.base)).form(&guess).send().await.unwrap();
    http().post(format!("{}/v1/auth/token", server.base)).form(&guess[1..]).send().await.unwrap();
    admin(dir.path(), &["rotate-key"], "").await.unwrap();
    alice.call(&call, "end").await.ok();
    at_bob.leave().await;
    server.terminate().await;
    let (_, log) = server.ended().await;

    assert!(log.contains("\"level\":\"DEBUG\""), "that is not everything:\n{log}");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let secrets = [
        alice.token.clone(),
        alice.refresh_token.clone(),
        bob.token.clone(),
        bob.refresh_token.clone(),
        text(&started["livekit_token"]),
        text(&joined["livekit_token"]),
        text(&refreshed["access_token"]),
        text(&refreshed["refresh_token"]),
        authorization,
        SECRET.to_owned(),
        "alice's password".to_owned(),
        "alice%27s+password".to_owned(),
        "a wrong guess".to_owned(),
        "a+wrong+guess".to_owned(),
    ];
    for secret in secrets {
        // The signature alone would be enough to lose.
        let tail = secret.rsplit('.').next().unwrap();
        let found = log.lines().find(|line| line.contains(tail));
        assert!(found.is_none(), "{secret} in {found:?}");
    }
}

#[tokio::test]
async fn each_request_is_one_line_with_who_what_and_how_long() {
    let dir = TempDir::new().unwrap();
    let (team, _) = seed(&dir).await;
    let server = Program::serve(program(dir.path())).await;
    let alice = sign_in(&server.base, "alice").await;
    let path = format!("/v1/rooms/{team}/state");
    let request = http().get(format!("{}{path}", server.base)).bearer_auth(&alice.token);
    request.header("x-request-id", "from-the-proxy").send().await.unwrap();
    let forged = "x\",\"level\":\"ERROR";
    http().get(format!("{}/v1/nothing", server.base)).header("x-request-id", forged).send().await.unwrap();
    http().get(format!("{}/health", server.base)).send().await.unwrap();
    server.terminate().await;
    let (_, log) = server.ended().await;
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    let mine: Vec<_> = lines.iter().filter(|line| line["span"]["id"] == "from-the-proxy").collect();
    let [line] = mine[..] else { panic!("{mine:#?}") };
    assert_eq!(
        (&line["level"], &line["fields"]["message"], &line["fields"]["status"]),
        (&json!("INFO"), &json!("request"), &json!(200))
    );
    assert!(line["fields"]["ms"].is_u64(), "{line}");
    assert_eq!(
        (&line["span"]["method"], &line["span"]["path"], &line["span"]["address"]),
        (&json!("GET"), &json!(path), &json!("127.0.0.1"))
    );
    assert_eq!(line["span"]["participant"], alice.id.as_str());
    assert!(!log.contains("ERROR"), "{log}");
    assert!(lines.iter().all(|line| line["span"]["path"] != "/health"), "machines ask too often to be logged");
}

/// Answers every request as LiveKit's API would answer `CreateRoom`: an empty protobuf is a room.
async fn twirp() -> std::net::SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = axum::Router::new().fallback(async || ([("content-type", "application/protobuf")], ""));
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    address
}
