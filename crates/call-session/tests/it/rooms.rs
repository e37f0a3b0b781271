//! Sign-in, rooms, messages.

use call_model::server::Timings;
use call_session::{
    MemoryVault, SavedSignIn, TokenVault, UserCommand,
    view::{Account, Delivery, Link, TimelineItem},
};

use crate::world::{Device, PASSWORD, World};

#[tokio::test]
async fn signing_in_says_what_is_wrong() {
    let world = World::start(Timings::default()).await;
    let mut device = Device::start("desk", MemoryVault::default());
    device.until(|now| matches!(now.account, Account::SignedOut { .. })).await;
    let sign_in = |server: String, password: &str| UserCommand::SignIn {
        server,
        username: "alice".into(),
        password: password.into(),
    };
    let here = format!("http://{}", world.address);
    let wrong = device.session.dispatch(sign_in(here.clone(), "wrong")).await.unwrap_err();
    assert_eq!(wrong.code, "SW_AUTH_INVALID_CREDENTIALS");
    let shown = device.until(|now| matches!(&now.account, Account::SignedOut { error: Some(_), .. })).await;
    assert!(matches!(&shown.account, Account::SignedOut { server: Some(server), .. } if *server == here));
    let nobody = device.session.dispatch(sign_in("http://127.0.0.1:1".into(), PASSWORD)).await.unwrap_err();
    assert_eq!(nobody.code, "unreachable");
    device.ask(sign_in(here, PASSWORD)).await;
    device.until(|now| matches!(&now.account, Account::SignedIn { me, .. } if me.display_name == "Alice")).await;
    device.until(|now| now.link == Link::Online).await;
    let twice = device.session.dispatch(sign_in("http://127.0.0.1:1".into(), PASSWORD)).await.unwrap_err();
    assert_eq!(twice.code, "already_signed_in");
}

#[tokio::test]
async fn a_sign_in_outlives_the_session_but_not_signing_out() {
    let world = World::start(Timings::default()).await;
    let vault = MemoryVault::default();
    let first = Device::start("desk", vault.clone());
    let (server, password) = (format!("http://{}", world.address), PASSWORD.to_owned());
    first.ask(UserCommand::SignIn { server, username: "bob".into(), password }).await;
    first.session.shutdown().await;
    assert!(vault.load().unwrap().is_some_and(|SavedSignIn { me, .. }| me.display_name == "Bob"));
    let mut second = Device::start("desk", vault.clone());
    second.until(|now| now.link == Link::Online && !now.rooms.is_empty()).await;
    second.ask(UserCommand::SignOut).await;
    second.until(|now| matches!(now.account, Account::SignedOut { error: None, .. })).await;
    second.session.shutdown().await;
    assert!(vault.load().unwrap().is_none());
}

#[tokio::test]
async fn messages_go_to_and_fro() {
    let world = World::start(Timings::default()).await;
    let (mut alice, mut bob) = (world.device("alice", "desk").await, world.device("bob", "laptop").await);
    alice.ask(UserCommand::OpenRoom { room_id: world.room.clone() }).await;
    alice.until(|now| now.open_room.as_ref().is_some_and(|room| !room.loading && room.members.len() == 2)).await;
    alice.ask(UserCommand::SendMessage { room_id: world.room.clone(), body: " hello ".into() }).await;
    let unread = bob.until(|now| now.rooms[0].unread == 1).await;
    assert_eq!(unread.rooms[0].preview.as_deref(), Some("hello"));
    bob.ask(UserCommand::OpenRoom { room_id: world.room.clone() }).await;
    let read = bob.until(|now| now.open_room.as_ref().is_some_and(|room| !room.timeline.is_empty())).await;
    let line = &read.open_room.as_ref().unwrap().timeline[0];
    assert_eq!((line.sender.display_name.as_str(), line.is_own, read.rooms[0].unread), ("Alice", false, 0));
    let sent = alice.until(|now| {
        now.open_room.as_ref().is_some_and(|room| match room.timeline.last().map(|line| &line.item) {
            Some(TimelineItem::Message { delivery, .. }) => *delivery == Delivery::Sent,
            _ => false,
        })
    });
    assert_eq!(sent.await.open_room.as_ref().unwrap().timeline.len(), 1, "the echo is the same line");
    let empty = alice.session.dispatch(UserCommand::SendMessage { room_id: world.room.clone(), body: "  ".into() });
    assert_eq!(empty.await.unwrap_err().code, "bad_message");
}
