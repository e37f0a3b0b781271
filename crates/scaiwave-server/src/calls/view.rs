//! A call as the API shows it.

use call_model::{
    ParticipantId, PowerLevel, Quiet, UnixMillis,
    server::{Call, Device, Invite},
};
use scaiwave_wire::{self as wire, CallPermissions, Timestamp};

use super::sfu::room_name;

/// A call, ready to be shown to people with different rights.
#[derive(Clone, Debug)]
pub struct CallView {
    /// Where.
    pub room_id: call_model::RoomId,
    call: wire::Call,
    /// Whose open ring is silent; nobody else's business.
    quiet: Vec<(ParticipantId, Quiet)>,
}

/// What differs from viewer to viewer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    permissions: CallPermissions,
    quiet: Option<Quiet>,
}

impl From<&Call> for CallView {
    fn from(call: &Call) -> Self {
        let open = call.invites.iter().filter(|invite| !invite.state.is_final());
        let quiet = open.filter_map(|invite| Some((invite.participant.clone(), invite.quiet?))).collect();
        Self { room_id: call.room_id.clone(), call: wire_call(call), quiet }
    }
}

impl CallView {
    /// As one viewer may see it.
    pub fn shown_to(&self, viewer: &ParticipantId, power: PowerLevel) -> wire::Call {
        self.with(self.part_of(viewer, power))
    }

    pub(super) fn with(&self, Part { permissions, quiet }: Part) -> wire::Call {
        wire::Call { permissions, quiet, ..self.call.clone() }
    }

    pub(super) fn part_of(&self, viewer: &ParticipantId, power: PowerLevel) -> Part {
        let quiet = self.quiet.iter().find(|(who, _)| who == viewer).map(|(_, why)| *why);
        Part { permissions: self.permissions(viewer, power), quiet }
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

fn wire_call(call: &Call) -> wire::Call {
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
        invites: call.invites.iter().map(invite).collect(),
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
