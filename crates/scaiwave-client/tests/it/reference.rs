//! The client against the reference server, whose SFU is a stand-in that has every room and nobody in it.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use call_model::{CallType, DeviceId, EndReason, InviteState, RoomId};
use scaiwave_client::{Client, ClientError, HistoryQuery, StreamHandle, StreamUpdate};
use scaiwave_server::{
    Server, admin,
    calls::sfu::NoMedia,
    config::{Livekit, Settings},
    store,
};
use scaiwave_wire::{
    ErrorCode, InitiateRequest, MessageContent, RejectReason, RoomEventKind, SendRequest, StreamEvent,
};
use tempfile::TempDir;
use tokio::sync::mpsc;

const PASSWORD: &str = "correct horse";

struct Reference {
    address: SocketAddr,
    server: Option<Server>,
    data: TempDir,
    room: RoomId,
    access_token: Duration,
}

impl Reference {
    /// Alice and Bob share a room.
    async fn start(access_token: Duration) -> Self {
        let data = TempDir::new().unwrap();
        let store = store::open(data.path()).await.unwrap();
        for (name, display_name) in [("alice", "Alice"), ("bob", "Bob")] {
            admin::add_user(&store, name, display_name, PASSWORD).await.unwrap();
        }
        let room = admin::add_room(&store, "Team", &["alice:100".into(), "bob".into()]).await.unwrap();
        store.close().await;
        let server = serve(&data, ([127, 0, 0, 1], 0).into(), access_token).await;
        let (address, server) = (server.address, Some(server));
        Self { address, server, data, room: room["room_id"].as_str().unwrap().into(), access_token }
    }

    /// On the same address, with the same data.
    async fn restart(&mut self) {
        let address = self.address;
        self.server.take().unwrap().stop().await;
        self.server = Some(serve(&self.data, address, self.access_token).await);
    }

    async fn client(&self, name: &str) -> Client {
        let client = Client::sign_in(&self.address.to_string(), name, PASSWORD).await.unwrap();
        client.register().await.unwrap();
        client
    }
}

async fn serve(data: &TempDir, listen: SocketAddr, access_token: Duration) -> Server {
    let livekit =
        Livekit { url: "ws://127.0.0.1:1".parse().unwrap(), api_key: "key".into(), api_secret: "secret".repeat(8) };
    let reconcile = Duration::from_secs(3600);
    let settings =
        Settings { listen, server_name: "here".into(), access_token, reconcile, ..Settings::new(data.path(), livekit) };
    Server::start(settings, Arc::new(NoMedia)).await.unwrap()
}

async fn online(client: &Client) -> (StreamHandle, mpsc::Receiver<StreamUpdate>) {
    let (handle, mut updates) = client.stream(None);
    wait_for(&mut updates, |update| matches!(update, StreamUpdate::CaughtUp).then_some(())).await;
    (handle, updates)
}

async fn wait_for<T>(updates: &mut mpsc::Receiver<StreamUpdate>, mut look: impl FnMut(StreamUpdate) -> Option<T>) -> T {
    let found = async {
        loop {
            if let Some(found) = look(updates.recv().await.expect("the stream goes on")) {
                return found;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), found).await.expect("in time")
}

fn text(body: &str) -> SendRequest {
    SendRequest { content: MessageContent::text(body), event_uuid: None, as_participant_id: None }
}

/// Texts of messages, live or missed.
fn texts(update: StreamUpdate) -> Vec<String> {
    match update {
        StreamUpdate::Event(frame) => match frame.event {
            StreamEvent::RoomMessage { content, .. } => vec![content.body],
            _ => Vec::new(),
        },
        StreamUpdate::Missed(events) => events
            .iter()
            .filter_map(|event| match event.kind() {
                RoomEventKind::Message(content) => Some(content.body),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    }
}

#[tokio::test]
async fn rooms_people_and_messages() {
    let reference = Reference::start(Duration::from_secs(3600)).await;
    let (alice, bob) = (reference.client("alice").await, reference.client("bob").await);
    let (_handle, mut updates) = online(&alice).await;
    assert_eq!(alice.me().await.unwrap().fqid, "@alice:here");
    assert_eq!(alice.rooms().await.unwrap()[0].name, "Team");
    assert_eq!(alice.members(&reference.room).await.unwrap().len(), 2);
    assert!(alice.room_state(&reference.room).await.unwrap().active_call.is_none());
    let sent = bob.send(&reference.room, &text("hello")).await.unwrap();
    let heard = wait_for(&mut updates, |update| texts(update).pop()).await;
    assert_eq!(heard, "hello");
    let query = HistoryQuery { limit: Some(1), ..HistoryQuery::default() };
    assert_eq!(alice.messages(&reference.room, &query).await.unwrap().events[0].id, sent.id);
    let page = alice.sync(0, 10, Duration::ZERO).await.unwrap();
    assert_eq!(page.events.last().unwrap().id, sent.id);
    let nowhere = alice.room_state(&"room-../../auth/config?x=1".into()).await.unwrap_err();
    assert!(matches!(nowhere, ClientError::Api(error) if error.code == ErrorCode::RoomNotFound));
}

#[tokio::test]
async fn a_call_rings_and_is_rejected() {
    let reference = Reference::start(Duration::from_secs(3600)).await;
    let (alice, bob) = (reference.client("alice").await, reference.client("bob").await);
    let (_alice_handle, mut alice_updates) = online(&alice).await;
    let (_bob_handle, mut bob_updates) = online(&bob).await;
    let request =
        InitiateRequest { room_id: reference.room.clone(), call_type: CallType::Video, device_id: Some("desk".into()) };
    let grant = alice.initiate(&request).await.unwrap();
    let rung = wait_for(&mut bob_updates, |update| match update {
        StreamUpdate::Event(frame) => match frame.event {
            StreamEvent::CallInvite { call, timeout_ms, .. } => Some((call, timeout_ms)),
            _ => None,
        },
        _ => None,
    });
    let (call, timeout_ms) = rung.await;
    assert_eq!(call.call_id, grant.call_id);
    assert!((1..=120_000).contains(&timeout_ms));
    let device = DeviceId::from("phone");
    let rejected = bob.reject(&call.call_id, &device, RejectReason::Declined).await.unwrap();
    assert_eq!(rejected.invites[0].state, InviteState::Declined);
    let reason = wait_for(&mut alice_updates, |update| match update {
        StreamUpdate::Event(frame) => match frame.event {
            StreamEvent::CallEnded { end_reason, .. } => Some(end_reason),
            _ => None,
        },
        _ => None,
    });
    assert_eq!(reason.await, EndReason::Declined);
    let late = bob.join(&call.call_id, &device).await.err();
    assert!(matches!(late, Some(ClientError::Api(error)) if error.code == ErrorCode::CallEnded));
}

#[tokio::test]
async fn nothing_is_lost_or_doubled_over_a_restart_of_the_server() {
    let mut reference = Reference::start(Duration::from_secs(3600)).await;
    let (alice, bob) = (reference.client("alice").await, reference.client("bob").await);
    let (handle, mut updates) = online(&alice).await;
    bob.send(&reference.room, &text("before")).await.unwrap();
    assert_eq!(wait_for(&mut updates, |update| texts(update).pop()).await, "before");
    reference.restart().await;
    for body in ["one", "two", "three"] {
        bob.send(&reference.room, &text(body)).await.unwrap();
    }
    handle.reconnect_now();
    let mut heard = Vec::new();
    wait_for(&mut updates, |update| {
        heard.extend(texts(update));
        (heard.last().is_some_and(|last| last == "three")).then_some(())
    })
    .await;
    assert_eq!(heard, ["one", "two", "three"]);
}

#[tokio::test]
async fn the_stream_outlives_its_token() {
    let reference = Reference::start(Duration::from_secs(2)).await;
    let (alice, bob) = (reference.client("alice").await, reference.client("bob").await);
    let (_handle, mut updates) = online(&alice).await;
    // the server closes with 4001 when the token that opened the stream expires; a fresh one is there by then
    wait_for(&mut updates, |update| matches!(update, StreamUpdate::CaughtUp).then_some(())).await;
    bob.send(&reference.room, &text("still there?")).await.unwrap();
    assert_eq!(wait_for(&mut updates, |update| texts(update).pop()).await, "still there?");
}
