//! reference/api/members-and-directory, the directory

use serde_json::{Value, json};

use crate::{shape::is_like, world::World};

fn participant_example() -> Value {
    json!({
        "id": "<uuid>", "local_id": "<string>", "server_name": "test.example", "display_name": "<string>",
        "participant_type": "human", "avatar_url": "<string?>",
    })
}

#[tokio::test]
async fn people_of_the_tenant_are_found() {
    let world = World::start().await;
    let alice = world.sign_in("alice").await;
    let all = alice.get("/v1/directory/participants").await.is(200);
    is_like(&all, json!([participant_example()]));
    let mut names: Vec<_> = all.as_array().unwrap().iter().map(|one| one["local_id"].as_str().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, ["alice", "bob", "carol", "dave"], "and nobody of another tenant");
    let found = alice.get("/v1/directory/participants?q=aro&type=human&limit=5&offset=0").await.is(200);
    assert_eq!((found.as_array().unwrap().len(), &found[0]["display_name"]), (1, &json!("Carol")));
    assert_eq!(alice.get("/v1/directory/participants?limit=2&offset=3").await.is(200).as_array().unwrap().len(), 1);
}
