//! The live calls we know of, each by its newest version; and those that are over, so that a late word about one is known as late.

use std::collections::{BTreeMap, VecDeque};

use super::input::{CallInfo, InviteInfo};
use crate::{CallId, InviteState, ParticipantId, RoomId, UnixMillis};

/// Calls remembered as over. Late words come within seconds; this is hours of calls.
const MAX_OVER: usize = 256;

/// What a call's state told us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Learned {
    /// It replaces what we knew.
    Live,
    /// It is over, and we did not know.
    Over,
    /// Older than what we know: dropped.
    Stale,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Directory {
    live: BTreeMap<CallId, Known>,
    over: VecDeque<CallId>,
}

#[derive(Clone, Debug)]
struct Known {
    info: CallInfo,
    heard_at: UnixMillis,
}

impl Directory {
    pub(super) fn learn(&mut self, now: UnixMillis, call: CallInfo) -> Learned {
        let stale = self.live.get(&call.call_id).is_some_and(|known| call.version < known.info.version);
        if stale || self.over.contains(&call.call_id) {
            return Learned::Stale;
        }
        if !call.state.is_live() {
            self.forget(&call.call_id);
            return Learned::Over;
        }
        self.live.insert(call.call_id.clone(), Known { info: call, heard_at: now });
        Learned::Live
    }

    /// The first final answer to a ring wins; a later ring opens the invite anew.
    pub(super) fn learn_invite(&mut self, call: &CallId, participant: &ParticipantId, state: InviteState, ring: u32) {
        let Some(known) = self.live.get_mut(call) else { return };
        match known.info.invites.iter_mut().find(|invite| invite.participant == *participant) {
            Some(held) if ring < held.ring || (ring == held.ring && held.state.is_final()) => {}
            Some(held) => {
                // When the new ring runs out, the call itself says.
                held.expires_at = held.expires_at.filter(|_| ring == held.ring);
                (held.state, held.ring) = (state, ring);
            }
            None => {
                let participant = participant.clone();
                known.info.invites.push(InviteInfo { participant, state, ring, expires_at: None });
            }
        }
    }

    /// The call is over.
    pub(super) fn forget(&mut self, call: &CallId) {
        self.live.remove(call);
        if !self.over.contains(call) {
            self.over.push_back(call.clone());
        }
        if self.over.len() > MAX_OVER {
            self.over.pop_front();
        }
    }

    pub(super) fn get(&self, call: &CallId) -> Option<&CallInfo> {
        self.live.get(call).map(|known| &known.info)
    }

    pub(super) fn of_room(&self, room: &RoomId) -> Option<&CallInfo> {
        self.live.values().map(|known| &known.info).find(|info| info.room_id == *room)
    }

    pub(super) fn calls(&self) -> impl Iterator<Item = &CallInfo> {
        self.live.values().map(|known| &known.info)
    }

    /// Calls last heard of before `asked_at` that are not in `listed`.
    pub(super) fn missing_in(&self, listed: &[CallInfo], asked_at: UnixMillis) -> Vec<CallId> {
        self.live
            .iter()
            .filter(|(id, known)| known.heard_at < asked_at && !listed.iter().any(|call| call.call_id == **id))
            .map(|(id, _)| id.clone())
            .collect()
    }
}
