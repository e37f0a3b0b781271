//! Somebody sets the server's clock in the middle of a call.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Instant,
};

use call_model::UnixMillis;
use scaiwave_server::{
    clock::{Clock, Time},
    store::now,
};
use serde_json::Value;

use crate::world::{World, id_of, invite_of};

const HOUR: i64 = 3_600_000;

/// The machine's clocks, and how far the wall clock has been set off.
struct Settable {
    start: Instant,
    off: AtomicI64,
}

impl Time for Settable {
    fn wall(&self) -> UnixMillis {
        UnixMillis(now().0 + self.off.load(Ordering::Relaxed))
    }

    fn steady(&self) -> i64 {
        self.start.elapsed().as_millis() as i64
    }
}

fn settable(off: i64) -> Arc<Settable> {
    Arc::new(Settable { start: Instant::now(), off: AtomicI64::new(off) })
}

fn at(call: &Value, field: &str) -> i64 {
    call[field].as_str().unwrap().parse::<jiff::Timestamp>().unwrap().as_millisecond()
}

#[tokio::test]
async fn a_clock_set_by_an_hour_neither_ends_a_ring_nor_keeps_it() {
    for jump in [HOUR, -HOUR] {
        let time = settable(0);
        let world = World::at(Clock::new(time.clone()), |s| s.timings.ring_ms = 3_000).await;
        let (alice, bob) = (world.sign_in("alice").await, world.sign_in("bob").await);
        let mut events = bob.stream().await;
        let began = Instant::now();
        let call = id_of(&alice.initiate(&world.direct).await.ok());
        let before = alice.look(&call).await;
        time.off.store(jump, Ordering::Relaxed);
        // The next change finds out.
        alice.call(&call, "heartbeat").await.ok();
        let after = alice.look(&call).await;
        assert_eq!((&after["state"], invite_of(&after, &bob).as_str()), (&"ringing".into(), "ringing"));
        let moved = at(&after, "ring_expires_at") - at(&before, "ring_expires_at");
        assert!((moved - jump).abs() < 1_000, "the times of the call went along: {moved}");
        let ended = events.next_of("swp.call.ended").await;
        assert_eq!(ended["end_reason"], "no_answer", "{jump}");
        assert!(began.elapsed().as_millis() >= 2_900, "{jump}: it rang for {:?}", began.elapsed());
    }
}

#[tokio::test]
async fn a_clock_set_back_while_the_server_was_down_does_not_ring_for_an_hour() {
    let mut world = World::at(Clock::new(settable(HOUR)), |s| s.timings.ring_ms = 2_000).await;
    let alice = world.sign_in("alice").await;
    let call = id_of(&alice.initiate(&world.direct).await.ok());
    world.restart_at(Clock::new(settable(0))).await;
    let bob = world.sign_in("bob").await;
    let mut events = bob.stream().await;
    if bob.look(&call).await["end_reason"].is_null() {
        assert_eq!(events.next_of("swp.call.ended").await["end_reason"], "no_answer");
    }
    assert_eq!(bob.look(&call).await["end_reason"], "no_answer");
}
