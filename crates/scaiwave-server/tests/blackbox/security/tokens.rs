//! Access and refresh tokens: only this server's own, unaltered, in time and for the person they name.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use futures_util::future::join_all;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use crate::{
    events::Events,
    user::User,
    world::{KEY, SECRET, World},
};

/// Header and claims of a token.
fn opened(token: &str) -> (Value, Value) {
    let mut parts = token.split('.').map(|part| BASE64.decode(part).unwrap());
    let mut next = || serde_json::from_slice(&parts.next().unwrap()).unwrap();
    (next(), next())
}

/// A token with these claims, signed with the key the server keeps in its data directory: what a slip of the server could issue.
fn signed(world: &World, claims: &Value) -> String {
    let key = std::fs::read(world.data_dir().join("signing.key")).unwrap();
    jsonwebtoken::encode(&Header::new(Algorithm::HS256), claims, &EncodingKey::from_secret(&key)).unwrap()
}

fn with(claims: &Value, key: &str, value: Value) -> Value {
    let mut claims = claims.clone();
    claims[key] = value;
    claims
}

async fn refused(user: &User, token: &str, what: &str) {
    let answer = user.bearing(token).get("/v1/me").await;
    assert_eq!((answer.status, answer.body["error"]["code"].as_str()), (401, Some("SW_AUTH_INVALID_TOKEN")), "{what}");
    assert_eq!(
        u16::from(Events::open(&user.base, token).await.unwrap().closed().await.code),
        4001,
        "{what}, on the stream"
    );
}

#[tokio::test]
async fn only_this_servers_own_tokens_pass() {
    let world = World::start().await;
    let (alice, mallory) = (world.sign_in("alice").await, world.sign_in("mallory").await);
    let (header, claims) = opened(&alice.token);
    assert_eq!(signed(&world, &claims).split('.').count(), 3);
    alice.bearing(signed(&world, &claims)).get("/v1/me").await.is(200);

    let part = |value: &Value| BASE64.encode(value.to_string());
    let signature = alice.token.rsplit('.').next().unwrap();
    let foreign = |algorithm, secret: &[u8]| {
        jsonwebtoken::encode(&Header::new(algorithm), &claims, &EncodingKey::from_secret(secret)).unwrap()
    };
    let now = claims["iat"].as_i64().unwrap();
    for (what, token) in [
        ("alg none", format!("{}.{}.", part(&json!({ "alg": "none", "typ": "JWT" })), part(&claims))),
        ("alg none in capitals", format!("{}.{}.", part(&json!({ "alg": "NONE" })), part(&claims))),
        ("alg none, signed", format!("{}.{}.{signature}", part(&json!({ "alg": "none" })), part(&claims))),
        ("no signature", format!("{}.{}.", part(&header), part(&claims))),
        ("another's name", format!("{}.{}.{signature}", part(&header), part(&with(&claims, "sub", json!(mallory.id))))),
        (
            "another's tenant",
            format!("{}.{}.{signature}", part(&header), part(&with(&claims, "tenant_id", json!("tenant-other")))),
        ),
        ("a later end", format!("{}.{}.{signature}", part(&header), part(&with(&claims, "exp", json!(now + 999_999))))),
        ("another algorithm", format!("{}.{}.{signature}", part(&json!({ "alg": "RS256" })), part(&claims))),
        ("another key", foreign(Algorithm::HS256, b"another key of at least 32 bytes...")),
        ("an empty key", foreign(Algorithm::HS256, b"")),
        ("the SFU's key", foreign(Algorithm::HS256, SECRET.as_bytes())),
        ("another issuer", signed(&world, &with(&claims, "iss", json!("elsewhere.example")))),
        ("no issuer", signed(&world, &with(&claims, "iss", Value::Null))),
        ("a tenant that is not the person's", signed(&world, &with(&claims, "tenant_id", json!("tenant-other")))),
        ("no tenant", signed(&world, &with(&claims, "tenant_id", Value::Null))),
        ("nobody", signed(&world, &with(&claims, "sub", json!("5e4d0000-0000-4000-8000-000000000000")))),
        ("no end", signed(&world, &with(&claims, "exp", Value::Null))),
        ("two tokens", format!("{0}.{0}", alice.token)),
        ("a broken one", alice.token[1..].to_owned()),
    ] {
        refused(&alice, &token, what).await;
    }
    let sfu_token = livekit_api::access_token::AccessToken::with_api_key(KEY, SECRET).with_identity(&alice.id).to_jwt();
    refused(&alice, &sfu_token.unwrap(), "a token for the SFU").await;
}

#[tokio::test]
async fn an_expired_token_is_told_apart() {
    let world = World::start().await;
    let alice = world.sign_in("alice").await;
    let (_, claims) = opened(&alice.token);
    let late = signed(&world, &with(&claims, "exp", json!(claims["iat"].as_i64().unwrap() - 1)));
    alice.bearing(&late).get("/v1/me").await.fails(401, "SW_AUTH_EXPIRED_TOKEN");
    assert_eq!(u16::from(Events::open(&alice.base, &late).await.unwrap().closed().await.code), 4001);
}

#[tokio::test]
async fn a_bearer_is_a_header_and_nothing_else() {
    let world = World::start().await;
    let alice = world.sign_in("alice").await;
    let nobody = world.nobody();
    nobody.get(&format!("/v1/me?token={0}&access_token={0}", alice.token)).await.fails(401, "SW_AUTH_INVALID_TOKEN");
    for value in [alice.token.clone(), format!("Basic {}", alice.token), "Bearer".into(), "Bearer ".into()] {
        let request = nobody.request(reqwest::Method::GET, "/v1/me").header("authorization", value);
        crate::user::Answer::of(request).await.unwrap().fails(401, "SW_AUTH_INVALID_TOKEN");
    }
}

#[tokio::test]
async fn a_refresh_token_used_twice_ends_its_whole_family() {
    let world = World::start().await;
    let alice = world.sign_in("alice").await;
    let other = world.sign_in("alice").await;
    let refresh = async |token: &str| world.nobody().post("/v1/auth/refresh", json!({ "refresh_token": token })).await;
    let second = refresh(&alice.refresh_token).await.is(200)["refresh_token"].as_str().unwrap().to_owned();
    refresh(&alice.refresh_token).await.fails(401, "SW_AUTH_INVALID_TOKEN");
    refresh(&second).await.fails(401, "SW_AUTH_INVALID_TOKEN");
    refresh(&other.refresh_token).await.is(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_uses_at_once_one_wins() {
    let world = World::start().await;
    let alice = world.sign_in("alice").await;
    let body = json!({ "refresh_token": alice.refresh_token });
    let answers = join_all((0..20).map(|_| alice.post("/v1/auth/refresh", body.clone()))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
}

#[tokio::test]
async fn tokens_and_passwords_are_not_logged() {
    let world = World::with(&[("SCAIWAVE_LOG", "debug")]).await;
    let alice = world.sign_in("alice").await;
    let mut stream = alice.stream().await;
    alice.say(&world.team, "a private word").await.ok();
    stream.next_of("swp.room.message").await;
    alice.post("/v1/auth/refresh", json!({ "refresh_token": alice.refresh_token })).await.is(200);
    world.nobody().password_grant("alice", "alice's passwort").await.unwrap();
    let log = world.logged();
    assert!(log.contains("/v1/auth/token"), "requests are logged:\n{log}");
    for secret in [&alice.token, &alice.refresh_token, "alice's passwor", "alice%27s", SECRET, "a private word"] {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
}
