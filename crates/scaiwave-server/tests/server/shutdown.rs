//! Stopping without losing an event.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use futures_util::StreamExt;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::time::timeout;
use tokio_tungstenite::{connect_async, tungstenite::Message};

use crate::{
    program::{Program, program},
    world::{PATIENCE, User, World, http, seed, sign_in},
};

/// Writes as fast as it is answered until it is not; the bodies that were acknowledged.
async fn write(user: User, room: String, who: usize) -> BTreeSet<String> {
    let mut acknowledged = BTreeSet::new();
    for n in 0.. {
        let body = format!("{who}-{n}");
        let content = json!({ "content": { "msgtype": "swp.text", "body": body } });
        let request =
            http().post(format!("{}/v1/rooms/{room}/send", user.base)).bearer_auth(&user.token).json(&content);
        match request.send().await {
            Ok(answer) if answer.status() == 200 => {
                // Acknowledged is what arrived whole.
                if answer.json::<Value>().await.is_ok() {
                    acknowledged.insert(body);
                }
            }
            Ok(answer) => panic!("{}", answer.status()),
            Err(_) => break,
        }
    }
    acknowledged
}

/// Reads a stream to its end; the messages with their positions, and the close code.
async fn read(base: &str, token: &str) -> (Vec<(u64, String)>, u16) {
    let url = format!("{}/v1/stream?token={token}", base.replace("http", "ws"));
    let mut socket = connect_async(url).await.unwrap().0;
    let mut seen = Vec::new();
    loop {
        match timeout(PATIENCE, socket.next()).await.expect("nothing came").expect("no close frame").unwrap() {
            Message::Text(text) => {
                let event: Value = serde_json::from_str(&text).unwrap();
                if event["type"] == "swp.room.message" {
                    let body = event["content"]["body"].as_str().unwrap().to_owned();
                    seen.push((event["stream_position"].as_u64().unwrap(), body));
                }
            }
            Message::Close(Some(frame)) => return (seen, frame.code.into()),
            _ => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn told_to_stop_amid_messages_the_program_loses_and_doubles_none() {
    let dir = TempDir::new().unwrap();
    let (team, _) = seed(&dir).await;
    let server = Program::serve(program(dir.path())).await;
    let bob = sign_in(&server.base, "bob").await;
    let (alice, carol) = (sign_in(&server.base, "alice").await, sign_in(&server.base, "carol").await);
    let reading = tokio::spawn({
        let (base, token) = (server.base.clone(), bob.token.clone());
        async move { read(&base, &token).await }
    });
    let writers = [&alice, &carol, &alice, &carol].into_iter().cloned().enumerate();
    let writing: Vec<_> = writers.map(|(who, user)| tokio::spawn(write(user, team.clone(), who))).collect();
    tokio::time::sleep(Duration::from_millis(700)).await;
    server.terminate().await;
    let mut acknowledged = BTreeSet::new();
    for written in writing {
        acknowledged.extend(written.await.unwrap());
    }
    let (streamed, code) = reading.await.unwrap();
    assert_eq!(code, 1001);
    assert!(server.ended().await.0.success());
    assert!(acknowledged.len() > 10, "{} messages are no test", acknowledged.len());

    let server = Program::serve(program(dir.path())).await;
    let bob = User { base: server.base.clone(), ..bob };
    let last = streamed.iter().map(|(position, _)| *position).max().unwrap();
    let synced = everything_since(&bob, last).await;
    // Stream, then sync from where the stream ended: each message once.
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    for body in streamed.iter().map(|(_, body)| body).chain(&synced) {
        *times.entry(body.clone()).or_default() += 1;
    }
    assert!(times.values().all(|times| *times == 1), "seen more than once: {times:?}");
    let seen: BTreeSet<String> = times.into_keys().collect();
    assert!(acknowledged.is_subset(&seen), "lost: {:?}", acknowledged.difference(&seen));
    let kept: Vec<String> = everything_since(&bob, 0).await;
    assert_eq!(kept.iter().cloned().collect::<BTreeSet<_>>(), seen, "what was seen is what is kept");
    assert_eq!(kept.len(), seen.len(), "nothing is kept twice");
    assert!(synced.is_empty(), "committed before the stop, but not sent: {synced:?}");
}

async fn everything_since(user: &User, mut since: u64) -> Vec<String> {
    let mut bodies = Vec::new();
    loop {
        let page = user.get(&format!("/v1/sync?since={since}&limit=500&timeout=0")).await.ok();
        for event in page["events"].as_array().unwrap() {
            bodies.push(event["content"]["body"].as_str().unwrap().to_owned());
        }
        since = page["next_cursor"].as_u64().unwrap();
        if page["has_more"] == false {
            return bodies;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_is_starting_when_the_server_stops_still_rings() {
    let mut world = World::start().await;
    let (alice, bob) = (world.sign_in("alice").await, world.sign_in("bob").await);
    let mut at_bob = bob.stream().await;
    world.sfu.stall(true);
    let held = world.sfu.held();
    let (team, sfu) = (world.team.clone(), world.sfu.clone());
    let starting = tokio::spawn(async move { alice.initiate(&team).await });
    held.await;
    let restarted = tokio::spawn(async move { world.restart().await });
    // The stop is under way once the listener is gone.
    let stopping = async { while http().get(format!("{}/readyz", bob.base)).send().await.is_ok() {} };
    timeout(PATIENCE, stopping).await.expect("still listening");
    sfu.stall(false);
    assert_eq!(starting.await.unwrap().status, 201);
    at_bob.next_of("swp.call.invite").await;
    assert_eq!(u16::from(at_bob.closed().await.code), 1001);
    restarted.await.unwrap();
}

#[tokio::test]
async fn a_server_that_will_stop_says_so_before_it_does() {
    let dir = TempDir::new().unwrap();
    let mut command = program(dir.path());
    command.env("SCAIWAVE_SHUTDOWN_DELAY_SECONDS", "1");
    let server = Program::serve(command).await;
    let ready = async || {
        let answer = http().get(format!("{}/readyz", server.base)).send().await.unwrap();
        (answer.status().as_u16(), answer.json::<Value>().await.unwrap())
    };
    assert_eq!(ready().await, (200, json!({ "status": "ok" })));
    server.terminate().await;
    let told = async {
        while ready().await.0 == 200 {}
        ready().await
    };
    assert_eq!(timeout(PATIENCE, told).await.unwrap(), (503, json!({ "status": "stopping" })));
    assert_eq!(http().get(format!("{}/health", server.base)).send().await.unwrap().status().as_u16(), 200);
    assert!(server.ended().await.0.success());
}
