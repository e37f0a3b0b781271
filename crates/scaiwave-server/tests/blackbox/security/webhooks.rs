//! Webhooks: only the SFU's own, of these minutes, for the body they were signed with.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{
    user::{Answer, http},
    world::{KEY, SECRET, World},
};

fn body(call: &str, identity: &str) -> String {
    json!({
        "event": "participant_joined", "id": "EV_1", "createdAt": "1795474800",
        "room": { "name": format!("scaiwave-{call}"), "sid": "RM_1" },
        "participant": { "identity": identity, "sid": "PA_1" },
    })
    .to_string()
}

struct Signature {
    key: &'static str,
    secret: &'static str,
    /// Seconds from now.
    expires: i64,
    begins: i64,
    algorithm: Algorithm,
}

impl Default for Signature {
    fn default() -> Self {
        Self { key: KEY, secret: SECRET, expires: 300, begins: -10, algorithm: Algorithm::HS256 }
    }
}

impl Signature {
    fn of(self, body: &str) -> String {
        let now = jiff::Timestamp::now().as_second();
        let hash = STANDARD.encode(Sha256::digest(body));
        let claims = json!({ "iss": self.key, "nbf": now + self.begins, "exp": now + self.expires, "sha256": hash });
        let key = EncodingKey::from_secret(self.secret.as_bytes());
        jsonwebtoken::encode(&Header::new(self.algorithm), &claims, &key).unwrap()
    }
}

async fn post(world: &World, body: &str, authorization: &str) -> Answer {
    let request = http().post(format!("{}/v1/calls/webhook", world.base())).body(body.to_owned());
    Answer::of(request.header("authorization", authorization)).await.unwrap()
}

#[tokio::test]
async fn only_the_sfus_own_are_taken() {
    let world = World::with_sfu(&[]).await;
    let alice = world.sign_in("alice").await;
    let call = alice.initiate(&world.team).await.is(201)["call_id"].as_str().unwrap().to_owned();
    let body = body(&call, &format!("{}/default", alice.id));
    let unsigned = {
        let part = |value: Value| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(value.to_string());
        let hash = STANDARD.encode(Sha256::digest(&body));
        let claims = json!({ "iss": KEY, "exp": jiff::Timestamp::now().as_second() + 300, "sha256": hash });
        format!("{}.{}.", part(json!({ "alg": "none" })), part(claims))
    };
    for (what, authorization) in [
        ("another body", Signature::default().of(&body.replace("joined", "left"))),
        ("one byte more", Signature::default().of(&format!("{body} "))),
        ("expired", Signature { expires: -120, begins: -600, ..Signature::default() }.of(&body)),
        ("not yet", Signature { begins: 600, expires: 900, ..Signature::default() }.of(&body)),
        ("another key", Signature { key: "another", ..Signature::default() }.of(&body)),
        (
            "another secret",
            Signature { secret: "another-secret-of-at-least-32-chars", ..Signature::default() }.of(&body),
        ),
        ("an empty secret", Signature { secret: "", ..Signature::default() }.of(&body)),
        ("unsigned", unsigned),
        ("a person's token", alice.token.clone()),
        ("nothing", String::new()),
    ] {
        let answer = post(&world, &body, &authorization).await;
        assert_eq!(
            (answer.status, answer.body["error"]["code"].as_str()),
            (401, Some("SW_AUTH_INVALID_TOKEN")),
            "{what}"
        );
    }
    let state = |shown: Value| shown["participants"][0]["state"].clone();
    let path = format!("/v1/calls/{call}");
    assert_eq!(state(alice.get(&path).await.is(200)), "token_issued", "nothing of it was believed");
    assert_eq!(post(&world, &body, &Signature::default().of(&body)).await.status, 200);
    assert_eq!(state(alice.get(&path).await.is(200)), "joined", "the good one was");
}

#[tokio::test]
async fn a_good_one_about_strange_things_changes_nothing() {
    let world = World::with_sfu(&[]).await;
    let alice = world.sign_in("alice").await;
    let grant = alice.initiate(&world.team).await.is(201);
    let call = grant["call_id"].as_str().unwrap();
    for (call, identity) in [
        (call, "nobody/default".to_owned()),
        (call, alice.id.clone()),
        (call, format!("{}/another", alice.id)),
        (call, "' OR 1=1 --/x".to_owned()),
        ("call-0", format!("{}/default", alice.id)),
        ("", format!("{}/default", alice.id)),
        ("../../etc", format!("{}/default", alice.id)),
    ] {
        let body = body(call, &identity).replace("EV_1", &format!("EV_{}", uuid::Uuid::new_v4()));
        assert_eq!(post(&world, &body, &Signature::default().of(&body)).await.status, 200, "{call} {identity}");
    }
    let shown = alice.get(&format!("/v1/calls/{call}")).await.is(200);
    assert_eq!(shown["version"], grant["call"]["version"], "{shown}");
}
