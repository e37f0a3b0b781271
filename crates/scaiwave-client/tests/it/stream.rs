//! The event stream: hello, back-off, catching up, close codes, and frames that are none.

use std::{sync::Arc, time::Duration};

use scaiwave_client::{StreamHandle, StreamUpdate};
use scaiwave_wire::{RoomEventKind, StreamEvent};
use serde_json::json;
use tokio::sync::mpsc;

use crate::scripted::{Server, Step, message, synced};

struct Stream {
    updates: mpsc::Receiver<StreamUpdate>,
    _handle: StreamHandle,
}

impl Stream {
    async fn open(server: &Arc<Server>, since: Option<u64>) -> Self {
        let (handle, updates) = server.signed_in().await.stream(since);
        Self { updates, _handle: handle }
    }

    async fn next(&mut self) -> StreamUpdate {
        let update = tokio::time::timeout(Duration::from_secs(20), self.updates.recv());
        update.await.expect("an update in time").expect("the stream goes on")
    }

    /// The next update as a word, texts shortened to what matters.
    async fn word(&mut self) -> String {
        match self.next().await {
            StreamUpdate::Connecting => "connecting".into(),
            StreamUpdate::Online { server_name } => format!("online {server_name}"),
            StreamUpdate::Offline { retry_in, .. } => format!("offline {:.0}", retry_in.as_secs_f64()),
            StreamUpdate::Event(frame) => match frame.event {
                StreamEvent::RoomMessage { content, .. } => format!("event {}", content.body),
                StreamEvent::CallInviteUpdate { call_id, .. } => format!("ring {call_id}"),
                other => format!("event {other:?}"),
            },
            StreamUpdate::Missed(events) => {
                let bodies = events.iter().map(|event| match event.kind() {
                    RoomEventKind::Message(content) => content.body,
                    other => format!("{other:?}"),
                });
                format!("missed {}", bodies.collect::<Vec<_>>().join(","))
            }
            StreamUpdate::CaughtUp => "caught up".into(),
            StreamUpdate::SignedOut { .. } => "signed out".into(),
        }
    }

    async fn expect(&mut self, words: &[&str]) {
        for expected in words {
            assert_eq!(self.word().await, *expected);
        }
    }
}

#[tokio::test]
async fn hello_then_events_and_pings_are_answered() {
    let server = Server::start().await;
    server.script([Step::Hello(7), message(8, "before"), Step::Ping, message(9, "after the pong")]);
    let mut stream = Stream::open(&server, None).await;
    stream.expect(&["connecting", "online here", "caught up", "event before", "event after the pong"]).await;
    assert!(server.sync_since.lock().unwrap().is_empty(), "nothing was missed before the first hello");
}

#[tokio::test]
async fn malformed_and_unknown_frames_are_dropped_and_the_stream_goes_on() {
    let server = Server::start().await;
    let noise = ["not json", "{}", "[1,2]", r#"{"type":"swp.call.invite","tenant_id":"t"}"#, "\u{0}", ""];
    let unknown = r#"{"type":"swp.plan.updated","tenant_id":"t","ts":"2026-11-23T12:00:00Z","content":{"plan":1}}"#;
    let steps = noise.iter().chain([&unknown]).map(|text| Step::Text((*text).to_owned()));
    server.script([Step::Hello(1)].into_iter().chain(steps).chain([message(2, "sense")]));
    let mut stream = Stream::open(&server, None).await;
    stream.expect(&["connecting", "online here", "caught up", "event sense"]).await;
}

#[tokio::test]
async fn an_oversized_frame_ends_the_connection_and_another_is_made() {
    let server = Server::start().await;
    server.script([Step::Hello(1), Step::Text(" ".repeat(600 * 1024))]);
    server.script([Step::Hello(1)]);
    let mut stream = Stream::open(&server, None).await;
    stream.expect(&["connecting", "online here", "caught up"]).await;
    stream.expect(&["connecting", "online here"]).await;
}

#[tokio::test]
async fn tries_at_once_then_waits_longer_and_longer() {
    let server = Server::start().await;
    let mut stream = Stream::open(&server, None).await;
    stream.expect(&["connecting", "connecting"]).await;
    for (expected, hurry) in [(1, false), (2, true), (4, true), (8, true), (16, true), (30, true), (30, true)] {
        let StreamUpdate::Offline { retry_in, reason } = stream.next().await else { panic!("offline expected") };
        let (least, most) = (0.75 * f64::from(expected), f64::from(expected));
        assert!((least..=most).contains(&retry_in.as_secs_f64()), "{retry_in:?} for {expected} s");
        assert!(reason.contains("503") && !reason.contains("access-"), "{reason}");
        if hurry {
            stream._handle.reconnect_now();
        }
        stream.expect(&["connecting"]).await;
    }
}

#[tokio::test]
async fn catches_up_without_gap_or_double_and_a_ring_does_not_wait_for_it() {
    let server = Server::start().await;
    server.sync_permits.forget_permits(1000);
    server.script([Step::Hello(10), message(12, "twelve"), Step::Close(1001, "")]);
    let ring = json!({"type": "swp.call.invite_update", "id": "evt-x", "tenant_id": "t", "ts": "2026-11-23T12:00:00Z",
        "call_id": "call-1", "participant_id": "p", "state": "ringing"});
    server.script([
        Step::Hello(15),
        message(15, "fifteen"),
        message(16, "sixteen"),
        Step::Text(ring.to_string()),
        message(16, "sixteen twice"),
    ]);
    let pages = [
        json!({"events": [synced(11, "eleven"), synced(12, "twelve")], "next_cursor": 12, "has_more": true}),
        json!({"events": [synced(13, "thirteen"), synced(15, "fifteen")], "next_cursor": 15, "has_more": false}),
    ];
    server.sync_pages.lock().unwrap().extend(pages);
    let mut stream = Stream::open(&server, None).await;
    stream.expect(&["connecting", "online here", "caught up", "event twelve", "connecting"]).await;
    stream.expect(&["online here", "ring call-1"]).await;
    server.sync_permits.add_permits(2);
    stream.expect(&["missed eleven", "missed thirteen,fifteen", "event sixteen", "caught up"]).await;
    assert_eq!(*server.sync_since.lock().unwrap(), [10, 12], "from the last position all below which is known");
}

#[tokio::test]
async fn a_stream_opened_at_a_position_begins_there() {
    let server = Server::start().await;
    server.script([Step::Hello(5)]);
    server
        .sync_pages
        .lock()
        .unwrap()
        .push_back(json!({"events": [synced(5, "five")], "next_cursor": 5, "has_more": false}));
    let mut stream = Stream::open(&server, Some(4)).await;
    stream.expect(&["connecting", "online here", "missed five", "caught up"]).await;
}

#[tokio::test]
async fn close_4001_takes_a_fresh_token_first() {
    let server = Server::start().await;
    server.script([Step::Hello(1), Step::Close(4001, "token expired")]);
    server.script([Step::Hello(1)]);
    let mut stream = Stream::open(&server, None).await;
    stream.expect(&["connecting", "online here", "caught up", "connecting", "online here"]).await;
    assert_eq!(*server.socket_tokens.lock().unwrap(), ["access-1", "access-2"]);
}

#[tokio::test]
async fn a_duplicate_takes_its_own_token_and_then_holds_off() {
    let server = Server::start().await;
    server.script([Step::Hello(1), Step::Close(4003, "duplicate_connection")]);
    server.script([Step::Hello(1), Step::Close(4003, "duplicate_connection")]);
    let mut stream = Stream::open(&server, None).await;
    stream.expect(&["connecting", "online here", "caught up", "connecting", "online here"]).await;
    // the second close may come before or after it has caught up
    let retry_in = loop {
        match stream.next().await {
            StreamUpdate::CaughtUp => {}
            StreamUpdate::Offline { retry_in, .. } => break retry_in,
            other => panic!("offline expected, not {other:?}"),
        }
    };
    assert!(retry_in >= Duration::from_secs(22), "no fight: {retry_in:?}");
    assert_eq!(*server.socket_tokens.lock().unwrap(), ["access-1", "access-2"]);
}

#[tokio::test]
async fn the_end_of_the_sign_in_is_the_end_of_the_stream() {
    let server = Server::start().await;
    server.refuse_refresh.store(true, std::sync::atomic::Ordering::SeqCst);
    server.script([Step::Hello(1), Step::Close(4001, "")]);
    let mut stream = Stream::open(&server, None).await;
    stream.expect(&["connecting", "online here", "caught up", "signed out"]).await;
    assert_eq!(stream.updates.recv().await, None);
}
