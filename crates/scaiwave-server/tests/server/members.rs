//! People come to rooms and go from them.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::world::{User, World};

/// Alice owns a public room, Bob moderates it, Carol is in it; Dave is not.
async fn garden(world: &World) -> (String, [User; 4]) {
    let mut users = Vec::new();
    for name in ["alice", "bob", "carol", "dave"] {
        users.push(world.sign_in(name).await);
    }
    let users: [User; 4] = users.try_into().unwrap_or_else(|_| panic!("four"));
    let room = users[0].public_room("Garden").await;
    users[1].room(&room, "join").await.ok();
    users[2].room(&room, "join").await.ok();
    users[0].power(&room, &users[1], 50).await.ok();
    (room, users)
}

async fn membership(looker: &User, room: &str, who: &User) -> Option<String> {
    let members = looker.get(&format!("/v1/rooms/{room}/members")).await.ok();
    let row = members.as_array().unwrap().iter().find(|m| m["participant_id"] == who.id.as_str()).cloned();
    row.map(|row| row["membership"].as_str().unwrap().to_owned())
}

fn seen(membership: &str, by: &User, power: u64) -> (String, String, u64) {
    (membership.to_owned(), by.id.clone(), power)
}

#[tokio::test]
async fn a_public_room_is_joined_and_left_and_all_are_told() {
    let world = World::start().await;
    let (room, [alice, _, _, dave]) = garden(&world).await;
    let (mut at_alice, mut at_dave) = (alice.stream().await, dave.stream().await);
    let joined = dave.room(&room, "join").await.ok();
    assert_eq!((&joined["id"], &joined["membership"]), (&json!(room), &json!("join")));
    assert_eq!(at_alice.member(&dave).await, seen("join", &dave, 0));
    dave.room(&room, "join").await.ok();
    dave.say(&room, "hello").await;
    assert_eq!(at_alice.next().await["type"], "swp.room.message", "joining again is no news");
    let left = dave.room(&room, "leave").await.ok();
    assert_eq!((&left["participant_id"], &left["membership"]), (&json!(dave.id), &json!("leave")));
    assert_eq!(at_alice.member(&dave).await, seen("leave", &dave, 0));
    assert_eq!(at_dave.member(&dave).await.0, "join");
    assert_eq!(at_dave.member(&dave).await.0, "leave", "who leaves hears of it on all devices");
    dave.room(&room, "leave").await.ok();
    dave.get(&format!("/v1/rooms/{room}")).await.fails(404, "SW_ROOM_NOT_FOUND");
    dave.room(&world.team, "join").await.fails(404, "SW_ROOM_NOT_FOUND");
    dave.room(&world.team, "leave").await.fails(404, "SW_ROOM_NOT_FOUND");
    dave.room("room-nowhere", "join").await.fails(404, "SW_ROOM_NOT_FOUND");
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_joins_at_once_are_one() {
    let world = World::start().await;
    let (room, [alice, _, _, dave]) = garden(&world).await;
    let mut at_alice = alice.stream().await;
    for answer in join_all((0..20).map(|_| dave.room(&room, "join"))).await {
        answer.ok();
    }
    alice.say(&room, "done").await;
    let events = at_alice.until("swp.room.message").await;
    assert_eq!(events.iter().filter(|e| e["type"] == "swp.room.member").count(), 1);
    assert_eq!(alice.get(&format!("/v1/rooms/{room}")).await.ok()["member_count"], 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn join_and_ban_at_once_end_with_the_ban() {
    let world = World::start().await;
    let (room, [alice, _, _, dave]) = garden(&world).await;
    let (joined, banned) = tokio::join!(dave.room(&room, "join"), alice.act(&room, "ban", &dave));
    banned.ok();
    assert!([200, 403].contains(&joined.status), "{joined:?}");
    assert_eq!(membership(&alice, &room, &dave).await.as_deref(), Some("ban"));
    dave.room(&room, "join").await.fails(403, "SW_ROOM_FORBIDDEN");
}

#[tokio::test]
async fn a_room_takes_so_many_and_no_more() {
    let world = World::start().await;
    let (room, [alice, _, _, dave]) = garden(&world).await;
    world.fill(&room, 1000 - 3).await;
    dave.room(&room, "join").await.fails(409, "SW_ROOM_CAPACITY");
    alice.act(&room, "invite", &dave).await.fails(409, "SW_ROOM_CAPACITY");
    let carol = world.sign_in("carol").await;
    carol.room(&room, "leave").await.ok();
    alice.act(&room, "invite", &dave).await.ok();
    carol.room(&room, "rejoin").await.fails(409, "SW_ROOM_CAPACITY");
    dave.room(&room, "join").await.ok();
}

#[tokio::test]
async fn an_invitation_lets_somebody_in_or_is_declined() {
    let world = World::start().await;
    let (alice, carol, dave) =
        (world.sign_in("alice").await, world.sign_in("carol").await, world.sign_in("dave").await);
    let (mut at_alice, mut at_dave) = (alice.stream().await, dave.stream().await);
    let room = &world.team;
    let invited = carol.act(room, "invite", &dave).await.ok();
    assert_eq!(invited["membership"], "invite", "every member may invite");
    assert_eq!(at_dave.member(&dave).await, seen("invite", &carol, 0));
    assert_eq!(at_alice.member(&dave).await, seen("invite", &carol, 0));
    alice.act(room, "invite", &dave).await.ok();
    dave.get(&format!("/v1/rooms/{room}/state")).await.fails(404, "SW_ROOM_NOT_FOUND");
    assert_eq!(membership(&alice, room, &dave).await.as_deref(), Some("invite"));
    alice.say(room, "not for Dave").await;
    assert!(dave.missed(&json!(0)).await.0.is_empty(), "who is invited hears nothing yet");
    dave.room(room, "leave").await.ok();
    assert_eq!(at_dave.next().await["membership"], "leave", "and was told nothing of the second invitation");
    assert!(dave.missed(&json!(0)).await.0.is_empty(), "who declined was never in");
    dave.room(room, "join").await.fails(404, "SW_ROOM_NOT_FOUND");
    dave.room(room, "rejoin").await.fails(404, "SW_ROOM_NOT_FOUND");
    alice.act(room, "invite", &dave).await.ok();
    dave.room(room, "join").await.ok();
    alice.act(room, "invite", &dave).await.ok();
    assert_eq!(membership(&alice, room, &dave).await.as_deref(), Some("join"), "inviting a member changes nothing");
    let nobody = json!({ "participant_id": "nobody" });
    let message = alice.post(&format!("/v1/rooms/{room}/invite"), nobody).await.fails(422, "SW_VALIDATION");
    assert!(message.contains("participant_id"));
    let outsider = alice.act(&carol.public_room("Elsewhere").await, "invite", &dave).await;
    outsider.fails(404, "SW_ROOM_NOT_FOUND");
}

#[tokio::test]
async fn moderators_kick_whom_they_outrank() {
    let world = World::start().await;
    let (room, [alice, bob, carol, dave]) = garden(&world).await;
    let (mut at_alice, mut at_carol) = (alice.stream().await, carol.stream().await);
    dave.act(&room, "kick", &carol).await.fails(404, "SW_ROOM_NOT_FOUND");
    carol.act(&room, "kick", &bob).await.fails(403, "SW_ROOM_FORBIDDEN");
    bob.act(&room, "kick", &alice).await.fails(403, "SW_ROOM_FORBIDDEN");
    bob.act(&room, "kick", &bob).await.fails(403, "SW_ROOM_FORBIDDEN");
    bob.act(&room, "kick", &dave).await.fails(422, "SW_VALIDATION");
    let body = json!({ "participant_id": carol.id, "reason": "Weeds" });
    let kicked = bob.post(&format!("/v1/rooms/{room}/kick"), body).await.ok();
    assert_eq!(kicked["membership"], "leave");
    assert_eq!(at_alice.member(&carol).await, seen("leave", &bob, 0));
    assert_eq!(at_carol.next_of("swp.room.member").await["reason"], "Weeds");
    bob.act(&room, "kick", &carol).await.ok();
    carol.say(&world.team, "elsewhere I am welcome").await;
    assert_eq!(at_alice.next().await["type"], "swp.room.message", "kicking again is no news");
    carol.room(&room, "rejoin").await.fails(404, "SW_ROOM_NOT_FOUND");
    carol.room(&room, "join").await.ok();
    alice.act(&world.team, "invite", &dave).await.ok();
    alice.act(&world.team, "kick", &dave).await.ok();
    dave.room(&world.team, "join").await.fails(404, "SW_ROOM_NOT_FOUND");
}

#[tokio::test]
async fn a_ban_keeps_somebody_out_until_it_is_taken_back() {
    let world = World::start().await;
    let (room, [alice, bob, carol, dave]) = garden(&world).await;
    let mut at_carol = carol.stream().await;
    carol.act(&room, "ban", &dave).await.fails(403, "SW_ROOM_FORBIDDEN");
    bob.act(&room, "ban", &alice).await.fails(403, "SW_ROOM_FORBIDDEN");
    bob.act(&room, "ban", &bob).await.fails(403, "SW_ROOM_FORBIDDEN");
    assert_eq!(bob.act(&room, "ban", &carol).await.ok()["membership"], "ban");
    bob.act(&room, "ban", &carol).await.ok();
    assert_eq!(at_carol.member(&carol).await, seen("ban", &bob, 0));
    carol.room(&room, "join").await.fails(403, "SW_ROOM_FORBIDDEN");
    carol.room(&room, "leave").await.fails(404, "SW_ROOM_NOT_FOUND");
    carol.room(&room, "rejoin").await.fails(404, "SW_ROOM_NOT_FOUND");
    alice.act(&room, "invite", &carol).await.fails(403, "SW_ROOM_FORBIDDEN");
    bob.act(&room, "ban", &dave).await.ok();
    dave.room(&room, "join").await.fails(403, "SW_ROOM_FORBIDDEN");
    assert_eq!(membership(&bob, &room, &dave).await.as_deref(), Some("ban"));
    alice.power(&room, &bob, 0).await.ok();
    assert_eq!(membership(&bob, &room, &dave).await, None, "who cannot unban sees no bans");
    bob.act(&room, "unban", &carol).await.fails(403, "SW_ROOM_FORBIDDEN");
    assert_eq!(alice.act(&room, "unban", &carol).await.ok()["membership"], "leave");
    alice.act(&room, "unban", &carol).await.ok();
    carol.room(&room, "join").await.ok();
}

#[tokio::test]
async fn who_left_by_choice_may_come_back() {
    let world = World::start().await;
    let (alice, carol) = (world.sign_in("alice").await, world.sign_in("carol").await);
    let room = &world.team;
    carol.room(room, "leave").await.ok();
    let mut at_alice = alice.stream().await;
    assert_eq!(carol.room(room, "rejoin").await.ok()["membership"], "join");
    assert_eq!(at_alice.member(&carol).await, seen("join", &carol, 0));
    carol.room(room, "rejoin").await.ok();
    carol.say(room, "here again").await;
}

#[tokio::test]
async fn owners_give_and_take_power_below_their_own() {
    let world = World::start().await;
    let (room, [alice, bob, carol, dave]) = garden(&world).await;
    let mut at_carol = carol.stream().await;
    bob.power(&room, &carol, 10).await.fails(403, "SW_ROOM_FORBIDDEN");
    dave.power(&room, &carol, 10).await.fails(404, "SW_ROOM_NOT_FOUND");
    alice.power(&room, &dave, 10).await.fails(404, "SW_NOT_FOUND");
    alice.power(&room, &carol, 101).await.fails(422, "SW_VALIDATION");
    alice.power(&room, &carol, 256).await.fails(422, "SW_VALIDATION");
    assert_eq!(alice.power(&room, &carol, 50).await.ok()["power_level"], 50);
    assert_eq!(at_carol.member(&carol).await, seen("join", &alice, 50));
    alice.power(&room, &alice, 0).await.fails(400, "SW_ROOM_TYPE_INVARIANT");
    alice.power(&room, &carol, 100).await.ok();
    alice.power(&room, &carol, 0).await.fails(403, "SW_ROOM_FORBIDDEN");
    alice.power(&room, &alice, 0).await.ok();
    carol.power(&room, &carol, 50).await.fails(400, "SW_ROOM_TYPE_INVARIANT");
    carol.act(&room, "kick", &bob).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn two_last_owners_who_resign_at_once_leave_one() {
    let world = World::start().await;
    let (room, [alice, bob, _, _]) = garden(&world).await;
    alice.power(&room, &bob, 100).await.ok();
    let (a, b) = tokio::join!(alice.power(&room, &alice, 0), bob.power(&room, &bob, 0));
    let mut statuses = [a.status, b.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 400]);
}

#[tokio::test]
async fn a_room_whose_last_owner_leaves_goes_to_the_next() {
    let world = World::start().await;
    let (room, [alice, bob, carol, _]) = garden(&world).await;
    let mut at_carol = carol.stream().await;
    alice.room(&room, "leave").await.ok();
    assert_eq!(at_carol.member(&alice).await, seen("leave", &alice, 0));
    assert_eq!(at_carol.member(&bob).await, seen("join", &alice, 100));
    bob.power(&room, &carol, 50).await.ok();
}

#[tokio::test]
async fn who_was_away_learns_by_sync_that_they_were_put_out_and_no_more() {
    let world = World::start().await;
    let (room, [alice, _, carol, dave]) = garden(&world).await;
    let (_, cursor) = carol.missed(&json!(0)).await;
    alice.say(&room, "for Carol").await;
    alice.act(&room, "kick", &carol).await.ok();
    alice.say(&room, "not for Carol").await;
    let (missed, _) = carol.missed(&cursor).await;
    let kinds: Vec<_> = missed.iter().map(|e| e["event_type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["swp.room.message", "swp.room.member"]);
    let expected =
        json!({ "participant_id": carol.id, "membership": "leave", "changed_by": alice.id, "power_level": 0 });
    assert_eq!(missed[1]["content"], expected);
    assert!(dave.missed(&json!(0)).await.0.is_empty());
    let history = alice.get(&format!("/v1/rooms/{room}/messages?limit=1&from={}", missed[1]["stream_position"])).await;
    assert_eq!(history.ok()[0]["content"]["body"], "for Carol");
}

#[tokio::test]
async fn members_show_what_is_documented() {
    let world = World::start().await;
    let alice = world.sign_in("alice").await;
    let members = alice.get(&format!("/v1/rooms/{}/members", world.team)).await.ok();
    let row = members[0].as_object().unwrap();
    for field in ["participant_id", "membership", "power_level", "joined_at"] {
        assert!(row.contains_key(field), "{field}");
    }
    assert_eq!(
        (&row["notification_mode"], &row["muted_until"], &row["response_mode"]),
        (&json!("inherit"), &Value::Null, &Value::Null)
    );
    for field in ["id", "local_id", "server_name", "display_name", "participant_type", "avatar_url"] {
        assert!(row["participant"].as_object().unwrap().contains_key(field), "{field}");
    }
}
