//! Rooms with more members than a call lists, and more than are told of each other.

use scaiwave_server::{
    admin, auth,
    store::{self, NewPerson},
};
use scaiwave_wire::MAX_LISTED_INVITES;
use serde_json::{Value, json};

use crate::{
    events::Events,
    world::{User, World, id_of},
};

/// More than a change of invites is told to everybody.
const CONNECTED: usize = 20;

/// Alice and many others, the first of them connected.
async fn large_room(world: &World) -> (String, Vec<(User, Events)>) {
    let store = store::open(world.data_dir()).await.unwrap();
    let names: Vec<String> = (0..=MAX_LISTED_INVITES).map(|n| format!("member-{n:03}")).collect();
    let hash = |name: &str| auth::hash_password(&format!("{name}'s password")).unwrap();
    let hashes: Vec<String> = names[..CONNECTED].iter().map(|name| hash(name)).collect();
    let person =
        |(n, name)| NewPerson { local_id: name, display_name: name, password_hash: hashes.get(n).map(String::as_str) };
    let people: Vec<_> = names.iter().map(String::as_str).enumerate().map(person).collect();
    store.put_people(&people).await.unwrap();
    let members: Vec<String> = ["alice:100".to_owned()].into_iter().chain(names.clone()).collect();
    let room = admin::add_room(&store, "Large", &members).await.unwrap()["room_id"].as_str().unwrap().to_owned();
    store.close().await;
    let mut connected = Vec::new();
    for name in &names[..CONNECTED] {
        let user = world.sign_in(name).await;
        let events = user.stream().await;
        connected.push((user, events));
    }
    (room, connected)
}

/// Whose invites are listed, and their state.
fn invites(call: &Value) -> Vec<(&str, &str)> {
    let listed = call["invites"].as_array().unwrap().iter();
    listed.map(|one| (one["participant_id"].as_str().unwrap(), one["state"].as_str().unwrap())).collect()
}

#[tokio::test]
async fn in_a_large_room_everybody_sees_their_own_invite_and_the_answers() {
    let world = World::start().await;
    let (room, mut connected) = large_room(&world).await;
    let alice = world.sign_in("alice").await;
    let grant = alice.initiate(&room).await.ok();
    let call = id_of(&grant);
    assert_eq!(grant["call"]["invites"], json!([]), "she is not invited, and nobody has answered");

    for (user, events) in &mut connected {
        let ring = events.next_of("swp.call.invite").await;
        assert_eq!(invites(&ring["call"]), [(&*user.id, "pending")]);
        let mut updates = Vec::new();
        let rings = loop {
            let event = events.next().await;
            match event["type"].as_str().unwrap() {
                "swp.call.invite_update" => updates.push(event),
                "swp.call.state" if event["call"]["version"] == 2 => break event,
                _ => {}
            }
        };
        assert_eq!(invites(&rings["call"]), [(&*user.id, "ringing")]);
        let told: Vec<_> = updates.iter().map(|update| (&update["participant_id"], &update["state"])).collect();
        assert_eq!(told, [(&json!(user.id), &json!("ringing"))], "not of all the others");
        assert_eq!(invites(&user.look(&call).await), [(&*user.id, "ringing")]);
    }

    connected[0].0.call(&call, "join").await.ok();
    let [(first, _), (second, at_second), ..] = &mut connected[..] else { panic!("nobody there") };
    let active = at_second.state(|call| call["state"] == "active").await;
    assert_eq!(invites(&active), [(&*first.id, "accepted"), (&*second.id, "ringing")]);
    assert_eq!(invites(&alice.look(&call).await), [(&*first.id, "accepted")]);

    // all open invites end at once, and each is told once
    alice.call(&call, "end").await.ok();
    let seen = at_second.until("swp.call.ended").await;
    let cancelled = seen.iter().filter(|event| event["state"] == "cancelled").collect::<Vec<_>>();
    assert_eq!(cancelled.len(), 1, "{cancelled:?}");
    assert_eq!(cancelled[0]["participant_id"], second.id.as_str());
}
