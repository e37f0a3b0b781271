//! Between the words of the wire, of the engine and of the model. Nothing else here knows more than one of them.

use std::time::{SystemTime, UNIX_EPOCH};

use call_media::protocol::{DisconnectReason, EngineError, EngineErrorCode};
use call_model::{
    CallId, UnixMillis,
    client::{CallDevice, CallInfo, InviteInfo, JoinFault, MediaEnd, Refusal, RefusalKind},
};
use scaiwave_client::ClientError;
use scaiwave_wire::{Call, ErrorCode, Timestamp};

use crate::view::UserError;

/// This machine's clock.
pub(crate) fn now() -> UnixMillis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixMillis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// How far our clock is ahead of the server's, milliseconds.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Skew(i64);

impl Skew {
    /// Measured on a message that was just sent. What it took to get here counts as skew: a ring then ends a little late, not early.
    pub(crate) fn measure(sent: Timestamp, now: UnixMillis) -> Self {
        Self(now.0.saturating_sub(sent.as_millisecond()))
    }

    /// A time of the server, by our clock.
    pub(crate) fn local(self, at: Timestamp) -> UnixMillis {
        UnixMillis(at.as_millisecond().saturating_add(self.0))
    }
}

/// A call in the model's words.
pub(crate) fn call_info(call: Call, skew: Skew) -> CallInfo {
    CallInfo {
        call_id: call.call_id,
        room_id: call.room_id,
        call_type: call.call_type,
        state: call.state,
        version: call.version,
        initiator: call.initiator_id,
        started_at: skew.local(call.started_at),
        answered_at: call.answered_at.map(|at| skew.local(at)),
        end_reason: call.end_reason,
        ring_expires_at: skew.local(call.ring_expires_at),
        invites: call
            .invites
            .into_iter()
            .map(|invite| InviteInfo {
                participant: invite.participant_id,
                state: invite.state,
                ring: invite.ring,
                expires_at: invite.expires_at.map(|at| skew.local(at)),
            })
            .collect(),
        quiet: call.quiet,
        devices: call
            .participants
            .into_iter()
            .map(|device| CallDevice {
                participant: device.participant_id,
                device: device.device_id,
                state: device.state,
            })
            .collect(),
        can_end: call.permissions.can_end,
    }
}

/// What a failed request means for getting into a call.
pub(crate) fn refusal(error: &ClientError) -> Refusal {
    let kind = match error {
        ClientError::Api(error) => match error.code {
            ErrorCode::CallEnded => RefusalKind::CallOver,
            ErrorCode::CallNotFound
            | ErrorCode::CallForbidden
            | ErrorCode::NotMember
            | ErrorCode::RoomNotFound
            | ErrorCode::RoomForbidden => RefusalKind::NotAllowed,
            ErrorCode::CallLivekitUnreachable | ErrorCode::RateLimitExceeded | ErrorCode::Internal => {
                RefusalKind::Passing
            }
            _ => RefusalKind::Lasting,
        },
        ClientError::Unreachable { .. } | ClientError::TimedOut { .. } | ClientError::ServerTrouble { .. } => {
            RefusalKind::Passing
        }
        _ => RefusalKind::Lasting,
    };
    Refusal { kind, message: error.to_string() }
}

/// Whether the call is over, or not ours to see any more.
pub(crate) fn says_over(error: &ClientError) -> bool {
    matches!(refusal(error).kind, RefusalKind::CallOver | RefusalKind::NotAllowed)
}

/// Whether asking again later may help.
pub(crate) fn may_pass(error: &ClientError) -> bool {
    refusal(error).kind == RefusalKind::Passing
}

pub(crate) fn join_fault(error: &EngineError) -> JoinFault {
    match error.code {
        EngineErrorCode::Unreachable | EngineErrorCode::TokenRefused | EngineErrorCode::Internal => JoinFault::Passing,
        EngineErrorCode::BadRequest
        | EngineErrorCode::SdkUnavailable
        | EngineErrorCode::NotInCall
        | EngineErrorCode::Device => JoinFault::Lasting,
    }
}

pub(crate) fn media_end(reason: DisconnectReason) -> MediaEnd {
    match reason {
        DisconnectReason::Left => MediaEnd::Left,
        DisconnectReason::RoomDeleted => MediaEnd::RoomDeleted,
        DisconnectReason::Removed => MediaEnd::Removed,
        DisconnectReason::DuplicateIdentity => MediaEnd::DuplicateIdentity,
        DisconnectReason::Lost => MediaEnd::Lost,
    }
}

/// A failed request, for the one who clicked.
pub(crate) fn user_error(error: &ClientError) -> UserError {
    let code = match error {
        // the code that the server answers, which the client has read already
        ClientError::WrongPassword => "SW_AUTH_INVALID_CREDENTIALS",
        other => other.code(),
    };
    UserError { code: code.into(), message: error.to_string() }
}

pub(crate) fn refuse(code: &str, message: &str) -> UserError {
    UserError { code: code.into(), message: message.into() }
}

/// For the log and reports.
pub(crate) fn call_name(call: Option<&CallId>) -> &str {
    call.map_or("-", CallId::as_str)
}
