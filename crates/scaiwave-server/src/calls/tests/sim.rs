//! A server without HTTP, tasks or real time: the service, its database, an SFU in memory, and a clock that is turned by hand.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use async_trait::async_trait;
use call_model::{
    ParticipantId, PowerLevel, RoomId, SfuIdentity, UnixMillis,
    server::{SfuView, Timings},
};
use parking_lot::Mutex;
use scaiwave_wire::RoomType;
use sqlx::SqlitePool;
use tempfile::TempDir;

use crate::{
    calls::{
        Calls,
        sfu::{Sfu, SfuError},
    },
    clock::{Clock, Time},
    config::Livekit,
    metrics::{self, Metrics},
    publish::Publisher,
    store::{self, NewPerson, Person, Store},
};

/// An SFU whose requests fail while it is told to.
#[derive(Default)]
pub(super) struct SimSfu {
    pub(super) rooms: Mutex<BTreeMap<String, BTreeMap<SfuIdentity, String>>>,
    pub(super) failing: Mutex<bool>,
}

impl SimSfu {
    fn answer<T>(
        &self,
        work: impl FnOnce(&mut BTreeMap<String, BTreeMap<SfuIdentity, String>>) -> T,
    ) -> Result<T, SfuError> {
        if *self.failing.lock() { Err(SfuError("simulated".into())) } else { Ok(work(&mut self.rooms.lock())) }
    }
}

#[async_trait]
impl Sfu for SimSfu {
    async fn ensure_room(&self, room: &str) -> Result<(), SfuError> {
        self.answer(|rooms| _ = rooms.entry(room.to_owned()).or_default())
    }

    async fn delete_room(&self, room: &str) -> Result<(), SfuError> {
        self.answer(|rooms| drop(rooms.remove(room)))
    }

    async fn look(&self, room: &str) -> Result<SfuView, SfuError> {
        self.answer(|rooms| match rooms.get(room) {
            None => SfuView::Gone,
            Some(there) => {
                SfuView::Present { devices: there.iter().map(|(who, sid)| (who.clone(), sid.clone())).collect() }
            }
        })
    }

    async fn remove_participant(&self, room: &str, identity: &SfuIdentity) -> Result<(), SfuError> {
        self.answer(|rooms| drop(rooms.get_mut(room).and_then(|there| there.remove(identity))))
    }

    async fn rooms(&self) -> Result<Vec<String>, SfuError> {
        self.answer(|rooms| rooms.keys().cloned().collect())
    }
}

/// Time that passes by hand, and a wall clock that is set by hand.
pub(super) struct Hand {
    steady: AtomicI64,
    off: AtomicI64,
}

impl Time for Hand {
    fn wall(&self) -> UnixMillis {
        UnixMillis(self.steady() + self.off.load(Ordering::Relaxed))
    }

    fn steady(&self) -> i64 {
        self.steady.load(Ordering::Relaxed)
    }
}

pub(super) struct Sim {
    pub(super) calls: Calls,
    pub(super) publisher: Arc<Publisher>,
    pub(super) store: Store,
    pub(super) sfu: Arc<SimSfu>,
    pub(super) people: Vec<Person>,
    pub(super) rooms: Vec<RoomId>,
    hand: Arc<Hand>,
    /// The file of the store, past the store.
    file: SqlitePool,
    _dir: TempDir,
}

impl Sim {
    /// Five people, two rooms of them, and a direct one.
    pub(super) async fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let store = store::open(dir.path()).await.unwrap();
        let file = format!("sqlite://{}", dir.path().join("scaiwave.sqlite3").display());
        let file = SqlitePool::connect(&file).await.unwrap();
        let mut people = Vec::new();
        for name in ["ada", "bo", "chi", "dan", "eva"] {
            let new = NewPerson { local_id: name, display_name: name, password_hash: None };
            let id = store.put_person(new).await.unwrap();
            people.push(store.person(&id).await.unwrap().unwrap());
        }
        let members = |range: std::ops::Range<usize>| -> Vec<(ParticipantId, PowerLevel)> {
            people[range].iter().map(|person| (person.id.clone(), PowerLevel::MODERATOR)).collect()
        };
        let rooms = vec![
            store.add_room(RoomType::Group, "Team", &members(0..5)).await.unwrap(),
            store.add_room(RoomType::Group, "Few", &members(1..4)).await.unwrap(),
            store.add_room(RoomType::Dm, "", &members(0..2)).await.unwrap(),
        ];
        let publisher = Arc::new(Publisher::new(Arc::new(Metrics::new(metrics::seconds()))));
        let sfu = Arc::new(SimSfu::default());
        let hand = Arc::new(Hand { steady: AtomicI64::new(0), off: AtomicI64::new(1_800_000_000_000) });
        let url = "ws://sfu.example".parse().unwrap();
        let livekit = Livekit { url, api_key: "key".into(), api_secret: "secret".repeat(8) };
        let clock = Clock::new(hand.clone());
        let calls = Calls::new(store.clone(), publisher.clone(), sfu.clone(), livekit, Timings::default(), clock);
        Self { calls, publisher, store, sfu, people, rooms, hand, file, _dir: dir }
    }

    pub(super) fn now(&self) -> UnixMillis {
        self.calls.clock.now()
    }

    /// Time passes; what falls due is done in order, as the timers do it.
    pub(super) async fn pass(&self, ms: i64) {
        let until = self.hand.steady() + ms;
        loop {
            let due = self.store.next_due().await.unwrap();
            let wait = due.first().map(|(_, due)| (due.0 - self.now().0).max(0));
            match wait.filter(|wait| self.hand.steady() + wait <= until) {
                Some(wait) => drop(self.hand.steady.fetch_add(wait, Ordering::Relaxed)),
                None => break self.hand.steady.store(until, Ordering::Relaxed),
            }
            let (id, _) = &due[0];
            if self.calls.tick(id).await.unwrap() {
                self.calls.due_at_sfu(id).await.unwrap();
            }
        }
    }

    /// Somebody sets the wall clock.
    pub(super) fn set_clock(&self, by: i64) {
        self.hand.off.fetch_add(by, Ordering::Relaxed);
    }

    pub(super) async fn is_member(&self, room: &RoomId, who: &ParticipantId) -> bool {
        self.store.members(room).await.unwrap().iter().any(|member| member.person.id == *who)
    }

    pub(super) async fn set_member(&self, room: &RoomId, who: &ParticipantId, member: bool) {
        let _turn = self.publisher.turn().await;
        sqlx::query("UPDATE members SET membership = ? WHERE room_id = ? AND participant_id = ?")
            .bind(if member { "join" } else { "leave" })
            .bind(room.as_str())
            .bind(who.as_str())
            .execute(&self.file)
            .await
            .unwrap();
    }

    /// Who is at the SFU for a room.
    pub(super) fn at_sfu(&self, room: &str) -> BTreeSet<SfuIdentity> {
        self.sfu.rooms.lock().get(room).into_iter().flatten().map(|(who, _)| who.clone()).collect()
    }
}
