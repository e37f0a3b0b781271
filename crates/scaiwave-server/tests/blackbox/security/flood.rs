//! One person with far too many sockets, waiting requests and calls: bounded, and nobody else notices.

use std::time::{Duration, Instant};

use futures_util::{StreamExt, future::join_all, stream};
use serde_json::json;
use tokio::time::timeout;

use crate::{
    events::Events,
    user::{Answer, User},
    world::World,
};

/// Sockets that one person tries to have at once, each with a token of its own.
const SOCKETS: usize = 150;
/// What one person may have: a handful of devices with some windows each.
const ALLOWED: usize = 64;

/// Access tokens of one sign-in, each refreshed from the one before.
async fn tokens(user: &User, count: usize) -> Vec<String> {
    let mut refresh = user.refresh_token.clone();
    let mut tokens = Vec::new();
    while tokens.len() < count {
        let answer = user.post("/v1/auth/refresh", json!({ "refresh_token": refresh })).await;
        if answer.status == 429 {
            tokio::time::sleep(Duration::from_millis(200)).await;
            continue;
        }
        let granted = answer.is(200);
        granted["refresh_token"].as_str().unwrap().clone_into(&mut refresh);
        tokens.push(granted["access_token"].as_str().unwrap().to_owned());
    }
    tokens
}

#[tokio::test(flavor = "multi_thread")]
async fn one_persons_sockets_are_bounded_and_the_newest_work() {
    let world = World::start().await;
    let (alice, bob) = (world.sign_in("alice").await, world.sign_in("bob").await);
    let mut at_bob = bob.stream().await;
    let mut sockets = Vec::new();
    for token in tokens(&alice, SOCKETS).await {
        sockets.extend(Events::open(&alice.base, &token).await);
    }
    let began = Instant::now();
    bob.say(&world.team, "can everybody hear me").await.ok();
    at_bob.next_of("swp.room.message").await;
    assert!(began.elapsed() < Duration::from_secs(5), "bob waited {:?}", began.elapsed());
    let heard = join_all(sockets.iter_mut().map(async |socket| {
        let message = async {
            while let Some(event) = socket.try_next().await {
                if event["type"] == "swp.room.message" {
                    return true;
                }
            }
            false
        };
        timeout(Duration::from_secs(5), message).await.unwrap_or(false)
    }))
    .await;
    let open = heard.iter().filter(|heard| **heard).count();
    assert!((1..=ALLOWED).contains(&open), "{open} sockets of one person are open");
    assert!(heard.last().unwrap(), "the newest one is among them");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_persons_waiting_requests_are_bounded() {
    let world = World::start().await;
    let (alice, bob) = (world.sign_in("alice").await, world.sign_in("bob").await);
    let waiting: Vec<_> = (0..400)
        .map(|_| {
            let alice = alice.clone();
            tokio::spawn(async move { Answer::of(alice.request(reqwest::Method::GET, "/v1/sync?timeout=20000")).await })
        })
        .collect();
    // While they wait, others are answered and written to.
    let said = Instant::now();
    bob.get("/v1/me").await.is(200);
    bob.say(&world.team, "wake up").await.ok();
    let answers: Vec<_> = stream::iter(waiting).then(|task| async { task.await.unwrap() }).collect().await;
    assert!(said.elapsed() < Duration::from_secs(10), "the last one woke after {:?}", said.elapsed());
    let mut refused = 0;
    for answer in answers.into_iter().flatten() {
        if answer.status == 200 {
            continue;
        }
        answer.fails(429, "SW_RATE_LIMIT_EXCEEDED");
        assert!(answer.header("retry-after").is_some());
        refused += 1;
    }
    assert!(refused > 0, "400 requests of one person waited at once");
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_requests_are_told_to_wait() {
    let world = World::with(&[("SCAIWAVE_RATE_PER_CALLER", "10")]).await;
    let (alice, bob) = (world.sign_in("alice").await, world.sign_in("bob").await);
    let answers = join_all((0..300).map(|_| alice.get("/v1/me"))).await;
    let refused: Vec<_> = answers.iter().filter(|answer| answer.status != 200).collect();
    assert!(!refused.is_empty(), "300 requests at once were all taken");
    for answer in refused {
        answer.fails(429, "SW_RATE_LIMIT_EXCEEDED");
        let seconds = answer.header("retry-after").and_then(|seconds| seconds.parse::<u64>().ok());
        assert!(seconds.is_some_and(|seconds| (1..=60).contains(&seconds)), "{answer:?}");
    }
    bob.get("/v1/me").await.is(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_passwords_is_slowed_down() {
    let world = World::with(&[("SCAIWAVE_SIGN_IN_FAILURES_PER_MINUTE", "5")]).await;
    let nobody = world.nobody();
    let mut refused = 0;
    for n in 0..15 {
        let answer = nobody.password_grant("alice", &format!("guess {n}")).await.unwrap();
        if answer.status == 429 {
            answer.fails(429, "SW_RATE_LIMIT_EXCEEDED");
            assert!(answer.header("retry-after").is_some());
            refused += 1;
        }
    }
    assert!(refused >= 5, "of 15 guesses {refused} were refused");
    world.sign_in("bob").await;
}
