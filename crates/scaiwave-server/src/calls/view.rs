//! A call as the API shows it.

use std::collections::HashMap;

use call_model::{
    InviteState, ParticipantId, PowerLevel, Quiet, UnixMillis,
    server::{Call, Device, Invite},
};
use scaiwave_wire::{self as wire, CallPermissions, MAX_LISTED_INVITES, Timestamp};

use super::sfu::room_name;

/// A call, ready to be shown to people with different rights.
#[derive(Clone, Debug)]
pub struct CallView {
    /// Where.
    pub room_id: call_model::RoomId,
    call: wire::Call,
    /// Whose open ring is silent; nobody else's business.
    quiet: HashMap<ParticipantId, Quiet>,
    /// Of a large call, the invites that are shown to their own person alone.
    own: HashMap<ParticipantId, wire::CallInvite>,
}

/// What differs from viewer to viewer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Part {
    permissions: CallPermissions,
    quiet: Option<Quiet>,
    own: Option<wire::CallInvite>,
}

impl From<&Call> for CallView {
    fn from(call: &Call) -> Self {
        let open = call.invites.iter().filter(|invite| !invite.state.is_final());
        let quiet = open.filter_map(|invite| Some((invite.participant.clone(), invite.quiet?))).collect();
        let large = call.invites.len() > MAX_LISTED_INVITES;
        let (own, listed) =
            call.invites.iter().map(invite).partition::<Vec<_>, _>(|one| large && !is_answered(one.state));
        let own = own.into_iter().map(|one| (one.participant_id.clone(), one)).collect();
        Self { room_id: call.room_id.clone(), call: wire_call(call, listed), quiet, own }
    }
}

/// Whether somebody gave an answer.
fn is_answered(state: InviteState) -> bool {
    match state {
        InviteState::Accepted | InviteState::Declined | InviteState::Busy => true,
        InviteState::Pending | InviteState::Ringing | InviteState::Missed | InviteState::Cancelled => false,
    }
}

impl CallView {
    /// As one viewer may see it.
    pub fn shown_to(&self, viewer: &ParticipantId, power: PowerLevel) -> wire::Call {
        self.with(&self.part_of(viewer, power))
    }

    pub(super) fn with(&self, Part { permissions, quiet, own }: &Part) -> wire::Call {
        let mut call = wire::Call { permissions: *permissions, quiet: *quiet, ..self.call.clone() };
        call.invites.extend(own.clone());
        call
    }

    pub(super) fn part_of(&self, viewer: &ParticipantId, power: PowerLevel) -> Part {
        Part {
            permissions: self.permissions(viewer, power),
            quiet: self.quiet.get(viewer).copied(),
            own: self.own.get(viewer).cloned(),
        }
    }

    fn permissions(&self, viewer: &ParticipantId, power: PowerLevel) -> CallPermissions {
        CallPermissions {
            // This server does not record yet; nobody is offered what it cannot do.
            can_record: false,
            can_end: *viewer == self.call.initiator_id || power >= PowerLevel::MODERATOR,
        }
    }
}

/// Times are kept in range by the database's own clock; one out of range shows as the epoch.
pub(super) fn time(at: UnixMillis) -> Timestamp {
    Timestamp::from_millisecond(at.0).unwrap_or(Timestamp::UNIX_EPOCH)
}

fn wire_call(call: &Call, invites: Vec<wire::CallInvite>) -> wire::Call {
    wire::Call {
        call_id: call.id.clone(),
        room_id: call.room_id.clone(),
        call_type: call.call_type,
        state: call.state,
        version: call.version,
        initiator_id: call.initiator.clone(),
        started_at: time(call.started_at),
        answered_at: call.answered_at.map(time),
        ended_at: call.ended_at.map(time),
        end_reason: call.end_reason,
        ring_expires_at: time(call.ring_expires_at),
        livekit_room: room_name(&call.id),
        participants: call.devices.iter().map(participant).collect(),
        invites,
        recording: None,
        permissions: CallPermissions::default(),
        quiet: None,
    }
}

fn participant(device: &Device) -> wire::CallParticipant {
    wire::CallParticipant {
        participant_id: device.identity.participant.clone(),
        device_id: device.identity.device.clone(),
        state: device.state,
        joined_at: device.joined_at.map(time),
        left_at: device.left_at.map(time),
    }
}

fn invite(invite: &Invite) -> wire::CallInvite {
    wire::CallInvite {
        participant_id: invite.participant.clone(),
        state: invite.state,
        ring: invite.ring,
        expires_at: Some(time(invite.expires_at)),
    }
}
