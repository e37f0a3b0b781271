//! The service as a whole world: many people, devices and rooms, anything in any order, on a clock turned by hand.
#![allow(clippy::unwrap_used)]

mod sim;

use std::collections::{BTreeMap, HashMap};

use call_model::{
    CallId, CallState, CallType, DeviceState, InviteState, ParticipantId, RoomId, SfuIdentity,
    server::{Call, Input, MAX_RINGS},
};
use rand::{Rng, SeedableRng, rngs::StdRng};
use scaiwave_wire::ErrorCode;
use serde_json::Value;
use sim::Sim;

use super::{reconciler::reconcile, sfu::room_name};
use crate::hub::Subscription;

fn seeds(few: u64) -> std::ops::Range<u64> {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    match number("SCAIWAVE_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("SCAIWAVE_SOAK_SEEDS").unwrap_or(few),
    }
}

/// Watches what one person's socket is told.
#[derive(Default)]
struct Ear {
    /// How often each call rang.
    rings: HashMap<CallId, u32>,
    versions: HashMap<CallId, u64>,
}

impl Ear {
    fn hear(&mut self, subscription: &mut Subscription<'_>) {
        while let Ok(frame) = subscription.frames.try_recv() {
            let frame: Value = serde_json::from_str(&frame).unwrap();
            let call = CallId::from(frame["call"]["call_id"].as_str().unwrap_or_default());
            match frame["type"].as_str().unwrap() {
                "swp.call.invite" => *self.rings.entry(call).or_default() += 1,
                "swp.call.state" => {
                    let version = frame["call"]["version"].as_u64().unwrap();
                    let before = self.versions.insert(call, version);
                    assert!(before.is_none_or(|before| before < version), "told of {version} after {before:?}");
                }
                _ => {}
            }
        }
    }
}

struct Play {
    sim: Sim,
    chance: StdRng,
    known: BTreeMap<CallId, Call>,
}

impl Play {
    fn one<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.chance.random_range(0..of.len())].clone()
    }

    fn identity(&mut self) -> SfuIdentity {
        let people: Vec<_> = self.sim.people.iter().map(|person| person.id.clone()).collect();
        SfuIdentity { participant: self.one(&people), device: self.one(&["desk", "phone"]).into() }
    }

    /// A call, mostly the live one of a room.
    async fn call(&mut self) -> Option<Call> {
        let rooms = self.sim.rooms.clone();
        let room = self.one(&rooms);
        let live = self.sim.store.live_call(&room).await.unwrap();
        if live.is_some() && self.chance.random_ratio(9, 10) {
            return live;
        }
        let known: Vec<_> = self.known.values().cloned().collect();
        if known.is_empty() { None } else { Some(self.one(&known)) }
    }

    /// One thing happens.
    async fn step(&mut self) {
        let who = self.identity();
        match self.chance.random_range(0..100) {
            0..12 => self.initiate(who).await,
            12..20 => {
                let ms = self.chance.random_range(0..20_000);
                self.sim.pass(ms).await;
            }
            20..22 => {
                let by = self.one(&[3_600_000, -3_600_000, 90_000]);
                self.sim.set_clock(by);
            }
            22..25 => {
                let failing = self.chance.random_ratio(1, 3);
                *self.sim.sfu.failing.lock() = failing;
            }
            25..31 => self.membership(&who.participant).await,
            31..33 => {
                let rooms = self.sim.rooms.clone();
                let room = self.one(&rooms);
                self.sim.calls.room_closed(&room).await.unwrap();
            }
            _ => {
                if let Some(call) = self.call().await {
                    self.within(&call, who).await;
                }
            }
        }
    }

    async fn initiate(&mut self, who: SfuIdentity) {
        let rooms = self.sim.rooms.clone();
        let room = self.one(&rooms);
        let Some(row) = self.sim.store.room_of(&who.participant, &room).await.unwrap() else { return };
        let person = self.sim.store.person(&who.participant).await.unwrap().unwrap();
        match self.sim.calls.initiate(&person, &row, CallType::Video, who).await {
            Ok((grant, _)) => assert_eq!(grant.call.room_id, room),
            Err(e) => assert_eq!(*e.code(), ErrorCode::CallLivekitUnreachable),
        }
    }

    async fn membership(&mut self, who: &ParticipantId) {
        let rooms = self.sim.rooms.clone();
        let room = self.one(&rooms);
        let member = self.sim.is_member(&room, who).await;
        self.sim.set_member(&room, who, !member).await;
        // Now and then the server dies between the two.
        if member && self.chance.random_ratio(4, 5) {
            self.sim.calls.member_gone(&room, who).await.unwrap();
        }
    }

    /// Something happens to one call.
    async fn within(&mut self, call: &Call, who: SfuIdentity) {
        let (calls, room) = (&self.sim.calls, room_name(&call.id));
        let sid = format!("PA_{}", self.chance.random_range(0..3));
        let outcome = match self.chance.random_range(0..16) {
            0..4 => {
                let member = self.sim.is_member(&call.room_id, &who.participant).await;
                let person = self.sim.store.person(&who.participant).await.unwrap().unwrap();
                let joined = calls.join(&person, Default::default(), &call.id, who).await;
                assert!(member || joined.is_err(), "a stranger got a token");
                joined.map(drop)
            }
            4 => calls.act(&call.id, Input::Leave(who)).await.map(drop),
            5 => calls.act(&call.id, Input::Reject { by: who, busy: false }).await.map(drop),
            6 => {
                let named = self.chance.random_ratio(1, 2).then(|| vec![call.initiator.clone()]);
                calls.ring(&who.participant, &call.id, named).await.map(drop)
            }
            7 => calls.act(&call.id, Input::Heartbeat(who)).await.map(drop),
            8 if self.chance.random_ratio(1, 4) => {
                calls.act(&call.id, Input::End { by: who.participant, allowed: true }).await.map(drop)
            }
            8..11 => {
                // Whoever was ever given a token may come.
                if call.devices.iter().any(|device| device.identity == who)
                    && let Some(there) = self.sim.sfu.rooms.lock().get_mut(&room)
                {
                    there.insert(who, sid);
                }
                Ok(())
            }
            11 => {
                self.sim.sfu.rooms.lock().entry(room).and_modify(|there| drop(there.remove(&who)));
                Ok(())
            }
            12 => calls.seen(&call.id, who, sid).await,
            13 => calls.act(&call.id, Input::SfuLeft { identity: who, sid }).await.map(drop),
            14 => drop_room(&self.sim, &room, self.chance.random_ratio(1, 5)),
            _ => reconcile(calls, &call.id).await,
        };
        if let Err(e) = outcome {
            assert_ne!(*e.code(), ErrorCode::Internal, "{e:?}");
        }
    }

    /// What always holds.
    async fn check(&mut self) {
        let mut live: BTreeMap<RoomId, CallId> = BTreeMap::new();
        for id in self.sim.store.live_calls().await.unwrap() {
            let call = self.sim.store.call(&id).await.unwrap().unwrap();
            assert!(live.insert(call.room_id.clone(), id.clone()).is_none(), "two live calls in a room");
            self.known.entry(id).or_insert(call);
        }
        for (id, before) in &mut self.known {
            let call = self.sim.store.call(id).await.unwrap().unwrap();
            assert!(call.version >= before.version);
            assert!(before.state.is_live() || !call.state.is_live(), "an ended call came back");
            assert!(before.state != CallState::Ended || call.state == CallState::Ended);
            for invite in &call.invites {
                assert!(invite.ring <= MAX_RINGS);
                let over = invite.expires_at < self.sim.now();
                assert!(
                    invite.state.is_final() || !over,
                    "a ring outlived its end: {invite:?} at {:?}",
                    self.sim.now()
                );
                assert!(invite.state.is_final() || call.state.is_live(), "a stuck ring");
            }
            let present = call.devices.iter().any(|device| device.state != DeviceState::Left);
            assert!(call.state.is_live() || !present, "a ghost in a call that is over");
            *before = call;
        }
    }

    /// From here on nobody does anything, and the SFU is well: all comes to its end.
    async fn wind_down(&mut self) {
        *self.sim.sfu.failing.lock() = false;
        for there in self.sim.sfu.rooms.lock().values_mut() {
            there.clear();
        }
        for _ in 0..40 {
            self.sim.pass(10_000).await;
            for id in self.sim.store.live_calls().await.unwrap() {
                reconcile(&self.sim.calls, &id).await.unwrap();
            }
            self.check().await;
        }
        assert!(self.sim.store.open_calls().await.unwrap().is_empty(), "a call without an end");
        for call in self.known.values() {
            assert_eq!(call.state, CallState::Ended);
            assert!(!self.sim.sfu.rooms.lock().contains_key(&room_name(&call.id)), "a room without a call");
        }
    }
}

/// The SFU forgets a room.
fn drop_room(sim: &Sim, room: &str, so: bool) -> crate::error::Answer<()> {
    if so {
        sim.sfu.rooms.lock().remove(room);
    }
    Ok(())
}

#[tokio::test]
async fn whatever_happens_in_whatever_order_the_world_stays_sound() {
    for seed in seeds(6) {
        println!("seed {seed}");
        let sim = Sim::new().await;
        let publisher = sim.publisher.clone();
        let people: Vec<_> = sim.people.iter().map(|person| person.id.clone()).collect();
        let mut ears: Vec<_> = people
            .iter()
            .map(|who| (publisher.hub.subscribe(who.clone(), uuid::Uuid::new_v4()), Ear::default()))
            .collect();
        let mut play = Play { sim, chance: StdRng::seed_from_u64(seed), known: BTreeMap::new() };
        for _ in 0..150 {
            play.step().await;
            play.check().await;
            ears.iter_mut().for_each(|(subscription, ear)| ear.hear(subscription));
        }
        play.wind_down().await;
        for (who, (subscription, ear)) in people.iter().zip(&mut ears) {
            ear.hear(subscription);
            for (id, rings) in &ear.rings {
                let invite = play.known[id].invites.iter().find(|invite| invite.participant == *who).unwrap();
                assert!(*rings <= invite.ring, "{id} rang {rings} times, {} were meant", invite.ring);
            }
        }
    }
}

#[tokio::test]
async fn a_member_who_is_gone_is_put_out_at_once_and_a_closed_room_ends_its_call() {
    let sim = Sim::new().await;
    let (ada, bo, room) = (sim.people[0].clone(), sim.people[1].clone(), sim.rooms[0].clone());
    let on_desk = |who: &ParticipantId| SfuIdentity { participant: who.clone(), device: "desk".into() };
    let row = sim.store.room_of(&ada.id, &room).await.unwrap().unwrap();
    let (grant, _) = sim.calls.initiate(&ada, &row, CallType::Audio, on_desk(&ada.id)).await.unwrap();
    let id = grant.call_id;
    sim.calls.join(&bo, row.power, &id, on_desk(&bo.id)).await.unwrap();
    let sfu_room = room_name(&id);
    for who in [&ada.id, &bo.id] {
        sim.sfu.rooms.lock().get_mut(&sfu_room).unwrap().insert(on_desk(who), "PA_1".into());
        sim.calls.seen(&id, on_desk(who), "PA_1".into()).await.unwrap();
    }
    sim.set_member(&room, &bo.id, false).await;
    sim.calls.member_gone(&room, &bo.id).await.unwrap();
    let call = sim.store.call(&id).await.unwrap().unwrap();
    assert_eq!(call.devices.iter().find(|d| d.identity.participant == bo.id).unwrap().state, DeviceState::Left);
    while sim.at_sfu(&sfu_room).contains(&on_desk(&bo.id)) {
        tokio::task::yield_now().await;
    }
    let refused = sim.calls.join(&bo, row.power, &id, on_desk(&bo.id)).await.err().unwrap();
    assert_eq!(*refused.code(), ErrorCode::CallNotFound);
    // A webhook of his coming back by the old token is answered at once.
    sim.sfu.rooms.lock().get_mut(&sfu_room).unwrap().insert(on_desk(&bo.id), "PA_2".into());
    sim.calls.seen(&id, on_desk(&bo.id), "PA_2".into()).await.unwrap();
    assert_eq!(sim.at_sfu(&sfu_room), [on_desk(&ada.id)].into());
    sim.calls.room_closed(&room).await.unwrap();
    let call = sim.store.call(&id).await.unwrap().unwrap();
    assert_eq!((call.state, call.end_reason), (CallState::Ending, Some(call_model::EndReason::RoomClosed)));
    assert!(call.invites.iter().all(|invite| invite.state != InviteState::Ringing));
    sim.pass(3_000).await;
    assert!(sim.sfu.rooms.lock().is_empty());
}
