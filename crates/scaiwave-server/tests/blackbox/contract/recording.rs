//! The recording endpoints of reference/api/calls. Whether this server can record is its own matter; who may is not.

use serde_json::json;

use crate::world::World;

#[tokio::test]
async fn who_has_no_power_does_not_record() {
    let world = World::with_sfu(&[]).await;
    let (alice, carol) = (world.sign_in("alice").await, world.sign_in("carol").await);
    let call = alice.initiate(&world.team).await.is(201)["call_id"].as_str().unwrap().to_owned();
    let start = format!("/v1/calls/{call}/recording/start");
    let what = json!({ "audio": true, "video": true, "transcript": false });
    let refused = carol.post(&start, what.clone()).await;
    assert_eq!(refused.status, 403, "{}", refused.text);
    refused.message();

    let answer = alice.post(&start, what).await;
    match answer.status {
        200..=202 => assert!(answer.ok().is_object()),
        _ => drop(answer.fails(503, "SW_CALL_RECORDING_UNAVAILABLE")),
    }
}

#[tokio::test]
async fn a_recording_that_does_not_run_is_not_stopped() {
    let world = World::with_sfu(&[]).await;
    let alice = world.sign_in("alice").await;
    let call = alice.initiate(&world.team).await.is(201)["call_id"].as_str().unwrap().to_owned();
    let stopped = alice.press(&format!("/v1/calls/{call}/recording/stop")).await;
    // Idempotent by the design, or refused by its code.
    assert!(matches!(stopped.status, 200 | 409), "{}", stopped.text);
    if stopped.status == 409 {
        stopped.fails(409, "SW_CALL_RECORDING_NOT_ACTIVE");
    }
}

#[tokio::test]
async fn the_finished_recordings_of_a_call_are_a_list() {
    let world = World::with_sfu(&[]).await;
    let alice = world.sign_in("alice").await;
    let call = alice.initiate(&world.team).await.is(201)["call_id"].as_str().unwrap().to_owned();
    assert_eq!(alice.get(&format!("/v1/calls/{call}/recordings")).await.is(200), json!([]));
}
