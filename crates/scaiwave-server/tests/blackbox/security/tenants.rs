//! What is another room's or another tenant's does not exist.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{sfu, user::Answer, user::User, world::World};

/// Every request that names a room, with the error it has to give.
async fn room_is_hidden(user: &User, room: &str) {
    for (method, path, body) in [
        (Method::GET, "", Value::Null),
        (Method::GET, "/state", Value::Null),
        (Method::GET, "/members", Value::Null),
        (Method::GET, "/messages", Value::Null),
        (Method::POST, "/send", json!({ "content": { "msgtype": "swp.text", "body": "x" } })),
        (Method::POST, "/join", Value::Null),
        (Method::POST, "/leave", Value::Null),
        (Method::POST, "/close", Value::Null),
        (Method::POST, "/archive", Value::Null),
        (Method::POST, "/invite", json!({ "participant_id": user.id })),
        (Method::POST, "/kick", json!({ "participant_id": user.id })),
        (Method::POST, "/ban", json!({ "participant_id": user.id })),
        (Method::PUT, "/name", json!({ "name": "x" })),
        (Method::PUT, "/topic", json!({ "topic": "x" })),
    ] {
        let path = format!("/v1/rooms/{room}{path}");
        let request = user.request(method.clone(), &path);
        let request = if body.is_null() { request } else { request.json(&body) };
        let answer = Answer::of(request).await.unwrap();
        assert_eq!(answer.status, 404, "{method} {path}: {}", answer.text);
        assert!(!answer.text.contains("Team") && !answer.text.contains("Elsewhere"), "{}", answer.text);
    }
    user.initiate(room).await.fails(404, "SW_ROOM_NOT_FOUND");
}

async fn call_is_hidden(user: &User, call: &str) {
    user.get(&format!("/v1/calls/{call}")).await.fails(404, "SW_CALL_NOT_FOUND");
    user.get(&format!("/v1/calls/{call}/recordings")).await.fails(404, "SW_CALL_NOT_FOUND");
    for verb in ["join", "leave", "reject", "end", "heartbeat", "recording/stop"] {
        user.call(call, verb).await.fails(404, "SW_CALL_NOT_FOUND");
    }
    let body = json!({ "audio": true, "video": true, "transcript": true });
    user.post(&format!("/v1/calls/{call}/recording/start"), body).await.fails(404, "SW_CALL_NOT_FOUND");
}

#[tokio::test]
async fn another_room_and_its_call_do_not_exist() {
    let world = World::with_sfu(&[]).await;
    let (alice, carol, dave) =
        (world.sign_in("alice").await, world.sign_in("carol").await, world.sign_in("dave").await);
    let grant = alice.initiate(&world.direct).await.is(201);
    for user in [&carol, &dave] {
        room_is_hidden(user, &world.direct).await;
        call_is_hidden(user, grant["call_id"].as_str().unwrap()).await;
    }
    let call = alice.get(&format!("/v1/calls/{}", grant["call_id"].as_str().unwrap())).await.is(200);
    assert_eq!(call["version"], grant["call"]["version"], "nothing of it did anything");
}

#[tokio::test]
async fn another_tenant_does_not_exist() {
    let world = World::with_sfu(&[]).await;
    let (alice, mallory) = (world.sign_in("alice").await, world.sign_in("mallory").await);
    let tenant = |user: &User| {
        let user = user.clone();
        async move { user.press("/v1/auth/register").await.ok()["tenant_id"].clone() }
    };
    assert_ne!(tenant(&alice).await, tenant(&mallory).await);
    let ours = alice.initiate(&world.team).await.is(201)["call_id"].as_str().unwrap().to_owned();
    let theirs = mallory.initiate(&world.elsewhere).await.is(201)["call_id"].as_str().unwrap().to_owned();
    room_is_hidden(&mallory, &world.team).await;
    call_is_hidden(&mallory, &ours).await;
    room_is_hidden(&alice, &world.elsewhere).await;
    call_is_hidden(&alice, &theirs).await;
    alice.say(&world.team, "ours").await.ok();
    for (user, foreign) in [(&mallory, &ours), (&alice, &theirs)] {
        let sync = user.get("/v1/sync?timeout=0").await;
        assert!(!sync.text.contains(foreign.as_str()), "{}", sync.text);
    }
    // A header, a query or a body does not change the tenant.
    for header in ["x-tenant-id", "tenant", "x-scaiwave-tenant"] {
        let request = mallory.request(Method::GET, &format!("/v1/rooms/{}?tenant_id=tenant-default", world.team));
        assert_eq!(Answer::of(request.header(header, "tenant-default")).await.unwrap().status, 404);
    }
}

#[tokio::test]
async fn frames_carry_the_readers_own_tenant() {
    let world = World::start().await;
    let (mallory, trudy) = (world.sign_in("mallory").await, world.sign_in("trudy").await);
    let mut at_trudy = trudy.stream().await;
    mallory.say(&world.elsewhere, "hello").await.ok();
    assert_eq!(at_trudy.next_of("swp.room.message").await["tenant_id"], "tenant-other");
}

#[tokio::test]
async fn people_of_another_tenant_are_not_found_invited_or_written_to() {
    let world = World::start().await;
    let (alice, mallory) = (world.sign_in("alice").await, world.sign_in("mallory").await);
    // Told like somebody who does not exist at all.
    let nobody = "5e4d0000-0000-4000-8000-000000000000";
    for path in ["/v1/rooms/dm".to_owned(), format!("/v1/rooms/{}/invite", world.elsewhere)] {
        let about = async |id: &str| mallory.post(&path, json!({ "participant_id": id })).await;
        let (foreign, unknown) = (about(&alice.id).await, about(nobody).await);
        assert!(matches!(foreign.status, 404 | 422), "{path}: {}", foreign.text);
        assert_eq!((foreign.status, foreign.text), (unknown.status, unknown.text), "{path}");
    }
    let presence = mallory.get(&format!("/v1/presence?ids={}", alice.id)).await;
    assert!(presence.status == 404 || presence.body["data"].get(&alice.id).is_none(), "{}", presence.text);
    let found = mallory.get("/v1/directory/participants").await.is(200);
    assert_eq!(found.as_array().unwrap().len(), 2, "{found}");
    assert_eq!(alice.get("/v1/directory/rooms?q=Elsewhere").await.is(200), json!([]));
}

#[tokio::test]
async fn a_token_for_one_call_opens_no_other_at_the_sfu() {
    let world = World::with_sfu(&[]).await;
    let (alice, carol) = (world.sign_in("alice").await, world.sign_in("carol").await);
    let team = carol.initiate(&world.team).await.is(201);
    let direct = alice.initiate(&world.direct).await.is(201);
    let url = direct["livekit_url"].as_str().unwrap();
    let token = team["livekit_token"].as_str().unwrap();
    // Whatever room the address asks for, the token decides.
    let asked = format!("{url}/rtc?room={}&", direct["livekit_room"].as_str().unwrap());
    let joined = sfu::join(url, token).await.unwrap();
    let misled = tokio_tungstenite::connect_async(format!("{asked}access_token={token}&protocol=15")).await;
    let sfu = world.sfu.as_ref().unwrap();
    let present = sfu.present(direct["livekit_room"].as_str().unwrap()).await;
    assert!(present.is_empty(), "{present:?} {}", misled.is_ok());
    assert_eq!(sfu.present(team["livekit_room"].as_str().unwrap()).await, [format!("{}/default", carol.id)]);
    drop(joined);
    // As a server token it opens nothing: no listing, no making, no deleting of rooms.
    let api = url.replacen("ws", "http", 1);
    for method in ["ListRooms", "CreateRoom", "DeleteRoom", "ListParticipants", "RemoveParticipant", "SendData"] {
        let request = crate::user::http().post(format!("{api}/twirp/livekit.RoomService/{method}")).bearer_auth(token);
        let body = json!({ "room": direct["livekit_room"], "name": "mine", "identity": "x" });
        let status = request.json(&body).send().await.unwrap().status().as_u16();
        assert!(matches!(status, 401 | 403), "{method}: {status}");
    }
    // Nor is it a bearer here.
    carol.bearing(token).get("/v1/me").await.fails(401, "SW_AUTH_INVALID_TOKEN");
}
