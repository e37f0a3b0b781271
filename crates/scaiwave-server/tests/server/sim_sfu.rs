//! The SFU as the server sees it, in memory; its requests can be made to fail or to hang.

use std::collections::{BTreeSet, HashMap};

use async_trait::async_trait;
use call_model::{SfuIdentity, server::SfuView};
use parking_lot::Mutex;
use scaiwave_server::calls::sfu::{Sfu, SfuError};
use tokio::{
    sync::{Notify, watch},
    time::timeout,
};

use crate::world::PATIENCE;

/// An SFU that exists in memory.
#[derive(Default)]
pub struct SimSfu {
    state: Mutex<SimState>,
    asked: Notify,
    held: Notify,
    thrown_out: Notify,
    stalled: watch::Sender<bool>,
}

#[derive(Default)]
struct SimState {
    rooms: HashMap<String, BTreeSet<(SfuIdentity, String)>>,
    failing: bool,
    made: usize,
}

impl SimSfu {
    /// Lets a device into a room that exists.
    pub fn enter(&self, room: &str, identity: &str) {
        self.enter_as(room, identity, &format!("PA_{identity}"));
    }

    /// The same, with a name for the stay; an older stay ends.
    pub fn enter_as(&self, room: &str, identity: &str, sid: &str) {
        let identity = SfuIdentity::parse(identity).unwrap();
        let mut state = self.state.lock();
        let room = state.rooms.get_mut(room).expect("auto_create is false");
        room.retain(|(who, _)| *who != identity);
        room.insert((identity, sid.to_owned()));
    }

    pub fn drop_out(&self, room: &str, identity: &str) {
        let identity = SfuIdentity::parse(identity).unwrap();
        self.state.lock().rooms.get_mut(room).unwrap().retain(|(who, _)| *who != identity);
    }

    /// Every request fails, or none.
    pub fn fail(&self, failing: bool) {
        self.state.lock().failing = failing;
    }

    /// Requests hang, until they do not any more.
    pub fn stall(&self, stalled: bool) {
        self.stalled.send_replace(stalled);
    }

    /// Waits until it was asked so many more times.
    pub async fn asked(&self, times: usize) {
        for _ in 0..times {
            timeout(PATIENCE, self.asked.notified()).await.expect("nobody asks the SFU");
        }
    }

    /// Waits until a request hangs.
    pub async fn held(&self) {
        timeout(PATIENCE, self.held.notified()).await.expect("no request hangs");
    }

    /// Waits until somebody was thrown out.
    pub async fn thrown_out(&self) {
        timeout(PATIENCE, self.thrown_out.notified()).await.expect("nobody is thrown out");
    }

    /// Who is in a room.
    pub fn present(&self, room: &str) -> Vec<String> {
        self.state.lock().rooms.get(room).into_iter().flatten().map(|(who, _)| who.to_string()).collect()
    }

    /// Forgets all rooms, as a restarted SFU does.
    pub fn lose_rooms(&self) {
        self.state.lock().rooms.clear();
    }

    pub fn rooms(&self) -> Vec<String> {
        self.state.lock().rooms.keys().cloned().collect()
    }

    pub fn made(&self) -> usize {
        self.state.lock().made
    }

    async fn ask<T>(&self, answer: impl FnOnce(&mut SimState) -> T) -> Result<T, SfuError> {
        self.asked.notify_one();
        if *self.stalled.borrow() {
            self.held.notify_one();
        }
        let _ = self.stalled.subscribe().wait_for(|stalled| !stalled).await;
        let mut state = self.state.lock();
        if state.failing { Err(SfuError("simulated".into())) } else { Ok(answer(&mut state)) }
    }
}

#[async_trait]
impl Sfu for SimSfu {
    async fn ensure_room(&self, room: &str) -> Result<(), SfuError> {
        self.ask(|state| {
            state.made += 1;
            state.rooms.entry(room.to_owned()).or_default();
        })
        .await
    }

    async fn delete_room(&self, room: &str) -> Result<(), SfuError> {
        self.ask(|state| drop(state.rooms.remove(room))).await
    }

    async fn look(&self, room: &str) -> Result<SfuView, SfuError> {
        self.ask(|state| match state.rooms.get(room) {
            None => SfuView::Gone,
            Some(present) => SfuView::Present { devices: present.iter().cloned().collect() },
        })
        .await
    }

    async fn remove_participant(&self, room: &str, identity: &SfuIdentity) -> Result<(), SfuError> {
        self.ask(|state| {
            if let Some(present) = state.rooms.get_mut(room) {
                present.retain(|(who, _)| who != identity);
            }
        })
        .await?;
        self.thrown_out.notify_one();
        Ok(())
    }

    async fn rooms(&self) -> Result<Vec<String>, SfuError> {
        self.ask(|state| state.rooms.keys().cloned().collect()).await
    }
}
