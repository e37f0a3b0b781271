//! What rings here. A ring is shown once, stopped once with a named outcome, and never comes back on this device; only a ring that
//! the server counts as another one rings again.

use super::{CallInfo, Client, Effect, Notification, RingOutcome};
use crate::{CallId, EndReason, InviteState, ParticipantId, Quiet, UnixMillis};

/// Whatever the server says, nothing rings longer.
pub const MAX_RING_MS: i64 = 120_000;

/// A ring of this device, from the invite until the call is over.
#[derive(Clone, Debug)]
pub(super) struct Ringing {
    offer: Offer,
    stage: RingStage,
}

/// What is known of a ring before it is decided whether it is shown.
#[derive(Clone, Debug)]
pub(super) struct Offer {
    caller: ParticipantId,
    expires_at: UnixMillis,
    /// Which ring of ours for this call.
    ring: u32,
    quiet: Option<Quiet>,
}

impl Offer {
    pub(super) fn of(call: &CallInfo, me: &ParticipantId, expires_at: UnixMillis) -> Self {
        let ring = call.invite_of(me).map_or(1, |invite| invite.ring);
        Self { caller: call.initiator.clone(), expires_at, ring, quiet: call.quiet }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RingStage {
    /// We are starting a call in that room ourselves: this may turn out to be the same one.
    Held,
    /// Seen and heard.
    Shown,
    /// Over; kept so that a late word cannot ring again.
    Stopped,
}

impl Ringing {
    pub(super) fn is_shown(&self) -> bool {
        self.stage == RingStage::Shown
    }

    /// Somebody may answer at any moment.
    pub(super) fn is_pressing(&self) -> bool {
        self.is_shown() && self.offer.quiet.is_none()
    }

    pub(super) fn deadline(&self) -> Option<UnixMillis> {
        match self.stage {
            RingStage::Held | RingStage::Shown => Some(self.offer.expires_at),
            RingStage::Stopped => None,
        }
    }
}

/// A ring as a window shows it.
#[derive(Clone, Copy, Debug)]
pub struct RingView<'a> {
    /// The call.
    pub call: &'a CallInfo,
    /// Who calls.
    pub caller: &'a ParticipantId,
    /// When it stops by itself.
    pub expires_at: UnixMillis,
    /// We are in another call: quiet, and answering ends that one.
    pub ends_current_call: bool,
    /// To be silent by the server's word, and why.
    pub quiet: Option<Quiet>,
}

impl RingView<'_> {
    /// With a ringtone.
    pub fn audible(&self) -> bool {
        self.quiet.is_none() && !self.ends_current_call
    }

    /// In a window and a notification of its own, over whatever the person does. Who is in a call on this very device sees who
    /// else calls; any other quiet ring is only there to be found.
    pub fn pops_up(&self) -> bool {
        self.quiet.is_none() || self.ends_current_call
    }
}

impl Client {
    /// What rings now, the first to end first.
    pub fn rings(&self) -> Vec<RingView<'_>> {
        let ends_current_call = self.in_call();
        let mut rings: Vec<_> = self
            .rings
            .iter()
            .filter(|(_, ring)| ring.is_shown())
            .filter_map(|(id, ring)| {
                let call = self.directory.get(id)?;
                let Offer { caller, expires_at, quiet, .. } = &ring.offer;
                Some(RingView { call, caller, expires_at: *expires_at, ends_current_call, quiet: *quiet })
            })
            .collect();
        rings.sort_by_key(|ring| ring.expires_at);
        rings
    }

    pub(super) fn shown_ring(&self, call: &CallId) -> Option<&CallInfo> {
        self.rings.get(call).filter(|ring| ring.is_shown())?;
        self.directory.get(call)
    }

    /// Rings for a live call whose invite to us is open; [`Client::settle_rings`] decides whether it is shown.
    pub(super) fn offer_ring(&mut self, now: UnixMillis, call_id: &CallId, mut offer: Offer) {
        offer.expires_at = offer.expires_at.min(UnixMillis(now.0.saturating_add(MAX_RING_MS)));
        // Who started a call may be rung for it too, after having left it.
        let ours = self.directory.get(call_id).is_none_or(|call| call.initiator == self.me && offer.ring == 1);
        if ours || offer.expires_at <= now {
            return;
        }
        match self.rings.get_mut(call_id) {
            Some(ring) if offer.ring <= ring.offer.ring => {}
            // It goes on ringing, longer.
            Some(ring) if ring.is_shown() => ring.offer = offer,
            Some(_) | None => drop(self.rings.insert(call_id.clone(), Ringing { offer, stage: RingStage::Held })),
        }
    }

    pub(super) fn end_ring(&mut self, call_id: &CallId, outcome: RingOutcome) {
        let Some(ring) = self.rings.get_mut(call_id) else { return };
        let was = std::mem::replace(&mut ring.stage, RingStage::Stopped);
        let (caller, quiet) = (ring.offer.caller.clone(), ring.offer.quiet.is_some());
        match was {
            RingStage::Shown => self.effects.push(Effect::StopRing { call_id: call_id.clone(), outcome }),
            RingStage::Held | RingStage::Stopped => return,
        }
        let Some((room_id, call_type)) = self.directory.get(call_id).map(|call| (call.room_id.clone(), call.call_type))
        else {
            return;
        };
        let notification = match outcome {
            RingOutcome::Expired | RingOutcome::Cancelled | RingOutcome::CallOver => {
                Notification::MissedCall { room_id, from: caller, call_type, quiet }
            }
            RingOutcome::AnsweredElsewhere => Notification::AnsweredElsewhere { room_id },
            RingOutcome::DeclinedElsewhere => Notification::DeclinedElsewhere { room_id },
            RingOutcome::AnsweredHere
            | RingOutcome::DeclinedHere
            | RingOutcome::BusyElsewhere
            | RingOutcome::SignedOut => return,
        };
        self.effects.push(Effect::Notify(notification));
    }

    /// Stops what ran out, drops what turned out to be our own call, shows what is held for no reason any more.
    pub(super) fn settle_rings(&mut self, now: UnixMillis) {
        let open: Vec<(CallId, UnixMillis)> =
            self.rings.iter().filter_map(|(id, ring)| Some((id.clone(), ring.deadline()?))).collect();
        for (call_id, deadline) in open {
            let own = self.call.as_ref().filter(|call| call.is_on());
            let in_it = own.is_some_and(|own| own.call_id() == Some(&call_id));
            let starting_it = own.is_some_and(|own| {
                own.call_id().is_none() && self.directory.get(&call_id).is_some_and(|call| call.room_id == own.room_id)
            });
            if in_it {
                self.end_ring(&call_id, RingOutcome::AnsweredHere);
            } else if deadline <= now {
                self.end_ring(&call_id, RingOutcome::Expired);
            } else if !starting_it
                && let Some(ring) = self.rings.get_mut(&call_id)
                && ring.stage == RingStage::Held
            {
                ring.stage = RingStage::Shown;
                self.effects.push(Effect::ShowRing { call_id });
            }
        }
    }

    /// The call is over: its ring too, and nothing about it can ring again.
    pub(super) fn forget_call(&mut self, call_id: &CallId, outcome: RingOutcome) {
        self.end_ring(call_id, outcome);
        self.rings.remove(call_id);
        self.directory.forget(call_id);
    }
}

/// What a final invite of ours, heard of while it rings here, means for the ring.
pub(super) fn outcome_of_invite(state: InviteState) -> Option<RingOutcome> {
    match state {
        InviteState::Pending | InviteState::Ringing => None,
        InviteState::Accepted => Some(RingOutcome::AnsweredElsewhere),
        InviteState::Declined => Some(RingOutcome::DeclinedElsewhere),
        InviteState::Busy => Some(RingOutcome::BusyElsewhere),
        InviteState::Missed => Some(RingOutcome::Expired),
        InviteState::Cancelled => Some(RingOutcome::Cancelled),
    }
}

/// What the end of a call means for a ring.
pub(super) fn outcome_of_end(reason: EndReason) -> RingOutcome {
    match reason {
        EndReason::Cancelled | EndReason::InitiatorNeverJoined => RingOutcome::Cancelled,
        EndReason::NoAnswer => RingOutcome::Expired,
        EndReason::Declined => RingOutcome::DeclinedElsewhere,
        EndReason::EndedByUser | EndReason::AllLeft | EndReason::SfuLost | EndReason::RoomClosed => {
            RingOutcome::CallOver
        }
    }
}
