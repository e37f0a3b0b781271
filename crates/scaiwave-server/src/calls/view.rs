//! A call as the API shows it.

use std::collections::HashMap;

use call_model::{
    InviteState, ParticipantId, PowerLevel, UnixMillis,
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
    /// Of a large call, the invites that are shown to their own person alone.
    own: HashMap<ParticipantId, InviteState>,
}

impl From<&Call> for CallView {
    fn from(call: &Call) -> Self {
        let large = call.invites.len() > MAX_LISTED_INVITES;
        let (own, listed) = call.invites.iter().partition::<Vec<_>, _>(|i| large && !is_answered(i.state));
        Self {
            room_id: call.room_id.clone(),
            call: wire_call(call, listed),
            own: own.into_iter().map(|i| (i.participant.clone(), i.state)).collect(),
        }
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
        let mut call = wire::Call { permissions: self.permissions(viewer, power), ..self.call.clone() };
        let own = self.own.get(viewer);
        call.invites.extend(own.map(|state| wire::CallInvite { participant_id: viewer.clone(), state: *state }));
        call
    }

    /// What a viewer is shown depends on this and nothing else.
    pub fn difference(&self, viewer: &ParticipantId, power: PowerLevel) -> (CallPermissions, Option<ParticipantId>) {
        (self.permissions(viewer, power), self.own.contains_key(viewer).then(|| viewer.clone()))
    }

    /// What a viewer may do.
    pub fn permissions(&self, viewer: &ParticipantId, power: PowerLevel) -> CallPermissions {
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

fn wire_call(call: &Call, invites: Vec<&Invite>) -> wire::Call {
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
        invites: invites.into_iter().map(invite).collect(),
        recording: None,
        permissions: CallPermissions::default(),
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
    wire::CallInvite { participant_id: invite.participant.clone(), state: invite.state }
}
