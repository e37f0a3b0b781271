//! Invites: rung, rung again, settled.

use std::collections::HashSet;

use super::{Callee, Invite, MAX_RINGS, News, Refusal, Timings, after, machine::Step};
use crate::{CallState, EndReason, InviteState, ParticipantId, SfuIdentity, UnixMillis};

impl Invite {
    pub(super) fn new(callee: Callee, now: UnixMillis, t: &Timings) -> Self {
        Self {
            participant: callee.participant,
            state: InviteState::Pending,
            device: None,
            ring: 1,
            rung_at: now,
            expires_at: after(now, t.ring_ms),
            settled_at: None,
            quiet: callee.quiet,
        }
    }

    /// Whether the person may be rung again.
    fn may_ring(&self, named: bool, now: UnixMillis, t: &Timings) -> bool {
        let rested = self.ring < MAX_RINGS && now >= after(self.rung_at, t.ring_again_ms);
        let wanted = match self.state {
            InviteState::Pending | InviteState::Ringing | InviteState::Missed | InviteState::Cancelled => true,
            InviteState::Declined | InviteState::Busy => {
                named || self.settled_at.is_none_or(|at| now >= after(at, t.declined_ms))
            }
            // Was in the call and left it.
            InviteState::Accepted => named,
        };
        rested && wanted
    }
}

impl Step<'_> {
    pub(super) fn ring(&mut self, by: &ParticipantId, whom: Vec<Callee>, named: bool) -> Result<(), Refusal> {
        if !self.call.is_present(by) {
            return Err(Refusal::NotInCall);
        }
        let (now, t) = (self.now, self.t);
        for callee in whom {
            if self.call.is_present(&callee.participant) || callee.participant == *by {
                continue;
            }
            let known = self.call.invites.iter_mut().find(|invite| invite.participant == callee.participant);
            let rung = match known {
                Some(invite) if invite.may_ring(named, now, t) => {
                    *invite = Invite { ring: invite.ring + 1, ..Invite::new(callee, now, t) };
                    invite.clone()
                }
                Some(_) => continue,
                None => {
                    let invite = Invite::new(callee, now, t);
                    self.call.invites.push(invite.clone());
                    invite
                }
            };
            self.call.ring_expires_at = self.call.ring_expires_at.max(rung.expires_at);
            self.changed = true;
            self.news.push(News::Ring(rung));
        }
        Ok(())
    }

    pub(super) fn reject(&mut self, by: &SfuIdentity, busy: bool) {
        let state = if busy { InviteState::Busy } else { InviteState::Declined };
        self.settle_invite(&by.participant, state, Some(by));
        if self.changed {
            self.end_if_nobody_is_left_to_answer(EndReason::Declined);
        }
    }

    /// It rings at nobody any more.
    pub(super) fn end_if_nobody_is_left_to_answer(&mut self, reason: EndReason) {
        let open = self.call.invites.iter().any(|invite| !invite.state.is_final());
        if !open && self.call.state == CallState::Ringing {
            self.end(reason);
        }
    }

    pub(super) fn delivered(&mut self, to: &[ParticipantId]) {
        let to: HashSet<&ParticipantId> = to.iter().collect();
        for invite in &mut self.call.invites {
            if invite.state == InviteState::Pending && to.contains(&invite.participant) {
                invite.state = InviteState::Ringing;
                self.changed = true;
                self.news.push(News::Invite(invite.clone()));
            }
        }
    }

    /// Brings one person's invite to its end; the first final answer wins.
    pub(super) fn settle_invite(&mut self, who: &ParticipantId, state: InviteState, device: Option<&SfuIdentity>) {
        let open = |invite: &&mut Invite| invite.participant == *who && !invite.state.is_final();
        if let Some(invite) = self.call.invites.iter_mut().find(open) {
            invite.state = state;
            invite.device = device.map(|identity| identity.device.clone());
            invite.settled_at = Some(self.now);
            self.changed = true;
            self.news.push(News::Invite(invite.clone()));
        }
    }

    /// Brings open invites to their end: those the condition is true of.
    pub(super) fn settle_open_invites(&mut self, state: InviteState, which: impl Fn(&Invite) -> bool) {
        let open = self.call.invites.iter().filter(|invite| !invite.state.is_final() && which(invite));
        let who: Vec<_> = open.map(|invite| invite.participant.clone()).collect();
        for participant in who {
            self.settle_invite(&participant, state, None);
        }
    }
}
