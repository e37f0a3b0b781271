use base64::{Engine as _, engine::general_purpose::STANDARD};
use livekit_api::access_token::AccessToken;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::world::{Answer, KEY, SECRET, World, device_of, http, id_of};

pub fn signed(body: &str, key: &str, secret: &str) -> String {
    let hash = STANDARD.encode(Sha256::digest(body));
    AccessToken::with_api_key(key, secret).with_sha256(&hash).to_jwt().unwrap()
}

async fn post(world: &World, body: &str, authorization: &str) -> Answer {
    let request = http().post(format!("{}/v1/calls/webhook", world.base())).body(body.to_owned());
    let response = request.header("authorization", authorization).send().await.unwrap();
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    Answer { status, body: serde_json::from_str(&text).unwrap_or(Value::Null), retry_after: None }
}

pub fn event(id: &str, kind: &str, call: &str, identity: &str, sid: &str) -> String {
    json!({
        "event": kind, "id": id, "createdAt": "1795474800",
        "room": { "name": format!("scaiwave-{call}"), "sid": "RM_1" },
        "participant": { "identity": identity, "sid": sid },
    })
    .to_string()
}

pub async fn tell(world: &World, id: &str, kind: &str, call: &str, identity: &str, sid: &str) {
    let body = event(id, kind, call, identity, sid);
    assert_eq!(post(world, &body, &signed(&body, KEY, SECRET)).await.status, 200);
}

#[tokio::test]
async fn only_the_sfus_own_webhooks_are_taken() {
    let world = World::start().await;
    let alice = world.sign_in("alice").await;
    let call = id_of(&alice.initiate(&world.team).await.ok());
    let body = event("EV_1", "participant_joined", &call, &alice.desk(), "PA_1");
    let other = event("EV_1", "participant_left", &call, &alice.desk(), "PA_1");
    for authorization in [
        signed(&body, KEY, "another-secret-of-at-least-32-chars"),
        signed(&body, "another-key", SECRET),
        signed(&other, KEY, SECRET),
        "nonsense".to_owned(),
        format!("Bearer {}", alice.token),
    ] {
        post(&world, &body, &authorization).await.fails(401, "SW_AUTH_INVALID_TOKEN");
    }
    assert_eq!(device_of(&alice.look(&call).await, &alice), "token_issued");
    for nonsense in ["", "{", "[]", r#"{"event":7}"#] {
        post(&world, nonsense, &signed(nonsense, KEY, SECRET)).await.fails(422, "SW_VALIDATION");
    }
    let bare = http().post(format!("{}/v1/calls/webhook", world.base())).body(body).send().await.unwrap();
    assert_eq!(bare.status().as_u16(), 401);
}

#[tokio::test]
async fn webhooks_may_come_twice_late_or_for_nothing() {
    let world = World::start().await;
    let alice = world.sign_in("alice").await;
    let call = id_of(&alice.initiate(&world.team).await.ok());
    let device = async || device_of(&alice.look(&call).await, &alice);
    tell(&world, "EV_1", "participant_joined", &call, &alice.desk(), "PA_1").await;
    assert_eq!(device().await, "joined");
    let version = alice.look(&call).await["version"].clone();
    tell(&world, "EV_2", "participant_left", &call, &alice.desk(), "PA_0").await;
    assert_eq!(
        (device().await, &alice.look(&call).await["version"]),
        ("joined".into(), &version),
        "an older stay ended"
    );
    tell(&world, "EV_3", "participant_left", &call, &alice.desk(), "PA_1").await;
    assert_eq!(device().await, "reconnecting");
    tell(&world, "EV_1", "participant_joined", &call, &alice.desk(), "PA_1").await;
    assert_eq!(device().await, "reconnecting", "the same webhook again is no news");
    tell(&world, "EV_4", "participant_joined", &call, &alice.desk(), "PA_2").await;
    assert_eq!(device().await, "joined");
    tell(&world, "EV_5", "participant_joined", &call, "a stranger", "PA_3").await;
    tell(&world, "EV_6", "participant_joined", "call-none", &alice.desk(), "PA_3").await;
    tell(&world, "EV_7", "something_new", &call, &alice.desk(), "PA_3").await;
    alice.call(&call, "end").await.ok();
    tell(&world, "EV_8", "participant_joined", &call, &alice.desk(), "PA_9").await;
    assert_eq!(device().await, "left", "too late for a call that is over");
}
