use reqwest::Method;
use serde_json::json;

use crate::world::{World, id_of};

#[tokio::test]
async fn a_server_that_cannot_record_says_so_after_the_rights() {
    let world = World::start().await;
    let (alice, bob, carol, dave) = (
        world.sign_in("alice").await,
        world.sign_in("bob").await,
        world.sign_in("carol").await,
        world.sign_in("dave").await,
    );
    let call = id_of(&alice.initiate(&world.team).await.ok());
    let start = format!("/v1/calls/{call}/recording/start");
    let all = json!({ "audio": true, "video": true, "transcript": true });
    dave.post(&start, all.clone()).await.fails(404, "SW_CALL_NOT_FOUND");
    carol.post(&start, all.clone()).await.fails(403, "SW_CALL_FORBIDDEN");
    carol.send(Method::POST, &start, Some("{".into())).await.fails(403, "SW_CALL_FORBIDDEN");
    for moderator in [&alice, &bob] {
        moderator.post(&start, all.clone()).await.fails(503, "SW_CALL_RECORDING_UNAVAILABLE");
    }
    for (body, field) in [
        ("{", "body"),
        ("", "body"),
        (r#"{"audio":true,"video":true}"#, "transcript"),
        (r#"{"audio":1,"video":true,"transcript":false}"#, "audio"),
        (r#"{"audio":false,"video":false,"transcript":false}"#, "audio"),
        (r#"{"audio":false,"video":true,"transcript":true}"#, "transcript"),
    ] {
        let message = bob.send(Method::POST, &start, Some(body.into())).await.fails(422, "SW_VALIDATION");
        assert!(message.contains(field), "{body}: {message}");
    }
    let stop = format!("/v1/calls/{call}/recording/stop");
    dave.send(Method::POST, &stop, None).await.fails(404, "SW_CALL_NOT_FOUND");
    carol.send(Method::POST, &stop, None).await.fails(403, "SW_CALL_FORBIDDEN");
    bob.send(Method::POST, &stop, None).await.fails(409, "SW_CALL_RECORDING_NOT_ACTIVE");
    let list = format!("/v1/calls/{call}/recordings");
    let answer = carol.get(&list).await;
    assert_eq!((&answer.body["data"], &answer.body["meta"]["total"]), (&json!([]), &json!(0)));
    dave.get(&list).await.fails(404, "SW_CALL_NOT_FOUND");
}
