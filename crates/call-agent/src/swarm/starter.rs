//! Who calls: one call after the other, each ended as soon as everybody has been rung and all joiners are in.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Instant,
};

use anyhow::{Context, Result};
use call_model::{CallType, ParticipantId, RoomId};
use scaiwave_wire::{InitiateRequest, Room};
use tokio::time::{sleep, timeout};

use super::{Shared, member::Member, tally::Who};

/// A member who calls, and where.
pub(super) struct Starter {
    member: Arc<Member>,
    rooms: Vec<(RoomId, Vec<Arc<Member>>)>,
}

/// The starters with their rooms: the one that was named, or as many own ones as nobody else has taken, or else all own ones.
pub(super) async fn with_rooms(
    shared: &Shared,
    members: &[Arc<Member>],
    places: &HashMap<ParticipantId, Who>,
) -> Result<Vec<Starter>> {
    let (mut starters, mut taken) = (Vec::new(), HashSet::new());
    for member in members.iter().take(shared.options.starters) {
        let own = member.client.rooms().await?;
        let chosen = choose(&own, shared.options.room.as_deref(), &mut taken);
        let mut rooms = Vec::new();
        for room in chosen {
            let there = member.client.members(&room).await?;
            let others = there.iter().filter(|other| other.participant_id != member.id);
            let others = others.filter_map(|other| places.get(&other.participant_id));
            rooms.push((room, others.map(|place| Arc::clone(&members[*place])).collect()));
        }
        if rooms.is_empty() {
            let room = shared.options.room.as_deref().map_or_else(|| "any room".into(), |room| format!("“{room}”"));
            return Err(anyhow::anyhow!("starter {} is not in {room}", member.who + 1)).context("cannot call");
        }
        starters.push(Starter { member: Arc::clone(member), rooms });
    }
    Ok(starters)
}

fn choose(own: &[Room], named: Option<&str>, taken: &mut HashSet<RoomId>) -> Vec<RoomId> {
    if let Some(named) = named {
        let by_id = own.iter().find(|room| room.id.as_str() == named);
        let by_name = || own.iter().find(|room| room.name.eq_ignore_ascii_case(named));
        return by_id.or_else(by_name).map(|room| room.id.clone()).into_iter().collect();
    }
    match own.iter().find(|room| !taken.contains(&room.id)) {
        Some(free) => {
            taken.insert(free.id.clone());
            vec![free.id.clone()]
        }
        None => own.iter().map(|room| room.id.clone()).collect(),
    }
}

impl Starter {
    /// Calls until it is over or enough calls were made.
    pub(super) async fn run(&self, shared: &Shared) {
        let calls = shared.options.calls.unwrap_or(usize::MAX);
        for (room, others) in self.rooms.iter().cycle().take(calls) {
            self.call(shared, room, others).await;
            if shared.over.run_until_cancelled(sleep(shared.options.pause)).await.is_none() {
                return;
            }
        }
    }

    async fn call(&self, shared: &Shared, room: &RoomId, others: &[Arc<Member>]) {
        let Member { client, device, id, .. } = &*self.member;
        let online = others.iter().filter(|other| other.is_online()).map(|other| other.who);
        let expected: HashSet<Who> = online.collect();
        let joiners = expected.iter().filter(|who| shared.joins(**who)).count();
        let request =
            InitiateRequest { room_id: room.clone(), call_type: CallType::Audio, device_id: Some(device.clone()) };
        let sent = Instant::now();
        let grant = match client.initiate(&request).await {
            Ok(grant) => grant,
            Err(error) => return shared.failed(&error),
        };
        let call = &grant.call_id;
        if grant.call.initiator_id != *id {
            shared.tally.lock().existing();
            return self.note(shared, client.leave(call, device).await);
        }
        let complete = shared.tally.lock().started(call, (sent, Instant::now()), expected, joiners);
        let _ = timeout(shared.options.ring, complete.notified()).await;
        self.note(shared, client.end(call).await);
        shared.tally.lock().settle(call);
    }

    fn note<T>(&self, shared: &Shared, answer: Result<T, scaiwave_client::ClientError>) {
        if let Err(error) = answer {
            shared.failed(&error);
        }
    }
}
