//! What the machine asks of its driver.

use super::input::{Attempt, EngineNo, Ticket};
use crate::{CallId, CallType, EndReason, ParticipantId, RoomId};

/// One thing to do. None of them answers at once; what comes of it is an [`super::Input`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// A ring begins. Exactly one [`Effect::StopRing`] follows.
    ShowRing {
        /// Which.
        call_id: CallId,
    },
    /// A ring ends.
    StopRing {
        /// Which.
        call_id: CallId,
        /// Why.
        outcome: RingOutcome,
    },
    /// Ask the server to start the room's call, or to let us into the running one.
    AskInitiate {
        /// For the answer.
        attempt: Attempt,
        /// Where.
        room_id: RoomId,
        /// Audio or video.
        call_type: CallType,
    },
    /// Ask the server for a (fresh) ticket.
    AskJoin {
        /// For the answer.
        attempt: Attempt,
        /// Where.
        room_id: RoomId,
        /// Which.
        call_id: CallId,
    },
    /// Tell the server that this device left. Asks about one room are to reach the server in this order.
    AskLeave {
        /// Where.
        room_id: RoomId,
        /// Which.
        call_id: CallId,
    },
    /// Tell the server that the ring was rejected.
    AskReject {
        /// Where.
        room_id: RoomId,
        /// Which.
        call_id: CallId,
        /// Because we are in another call.
        busy: bool,
    },
    /// Ask the server to end it for everyone.
    AskEnd {
        /// Where.
        room_id: RoomId,
        /// Which.
        call_id: CallId,
    },
    /// Tell the server that this device is still there.
    Heartbeat {
        /// Which.
        call_id: CallId,
    },
    /// Look at a call: comes back as `CallChanged` or `CallUnknown`.
    FetchCall {
        /// Which.
        call_id: CallId,
    },
    /// Start an engine process and let it warm up. There is never more than one.
    PrepareEngine {
        /// Its number.
        engine: EngineNo,
    },
    /// Connect.
    JoinMedia {
        /// Which.
        engine: EngineNo,
        /// By this.
        ticket: Ticket,
        /// Open at join.
        microphone: bool,
        /// Open at join.
        camera: bool,
    },
    /// Open or close the microphone.
    SetMicrophone {
        /// Which.
        engine: EngineNo,
        /// Open.
        on: bool,
    },
    /// Open or close the camera.
    SetCamera {
        /// Which.
        engine: EngineNo,
        /// Open.
        on: bool,
    },
    /// Leave the SFU if connected, and end the process. Nothing it says counts any more.
    StopEngine {
        /// Which.
        engine: EngineNo,
    },
    /// We are connected, or again.
    MediaConnected {
        /// The call.
        call_id: CallId,
    },
    /// The connection is lost and being mended.
    MediaLost {
        /// The call.
        call_id: CallId,
        /// The engine's process died.
        engine_died: bool,
    },
    /// The call is over for us.
    CallOver {
        /// Absent if the server never made one.
        call_id: Option<CallId>,
        /// How.
        outcome: Outcome,
    },
    /// Tell the person.
    Notify(Notification),
    /// The click could not be followed.
    Refused(ClickRefusal),
}

/// How a ring ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RingOutcome {
    /// Answered on this device.
    AnsweredHere,
    /// Rejected on this device.
    DeclinedHere,
    /// Answered on another device of ours.
    AnsweredElsewhere,
    /// Rejected on another device of ours.
    DeclinedElsewhere,
    /// Another device of ours was in a call.
    BusyElsewhere,
    /// Nobody answered in time, by the server's timer or our own.
    Expired,
    /// The caller hung up.
    Cancelled,
    /// The call ended while it rang here.
    CallOver,
    /// We signed out.
    SignedOut,
}

impl RingOutcome {
    /// In `snake_case`.
    pub fn name(self) -> &'static str {
        match self {
            Self::AnsweredHere => "answered_here",
            Self::DeclinedHere => "declined_here",
            Self::AnsweredElsewhere => "answered_elsewhere",
            Self::DeclinedElsewhere => "declined_elsewhere",
            Self::BusyElsewhere => "busy_elsewhere",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
            Self::CallOver => "call_over",
            Self::SignedOut => "signed_out",
        }
    }
}

/// How a call went for us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// We left.
    Left,
    /// It ended for everyone.
    Ended {
        /// Why.
        reason: EndReason,
        /// Who ended it.
        by: Option<ParticipantId>,
    },
    /// No longer a member, taken out, or the same device joined again.
    Removed,
    /// It could not be started, joined or kept.
    Failed {
        /// For people.
        message: String,
    },
}

impl Outcome {
    /// In `snake_case`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Ended { .. } => "ended",
            Self::Removed => "removed",
            Self::Failed { .. } => "failed",
        }
    }
}

/// What the person should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notification {
    /// It rang and nobody answered.
    MissedCall {
        /// Where.
        room_id: RoomId,
        /// Who called.
        from: ParticipantId,
        /// Audio or video.
        call_type: CallType,
        /// It rang in silence; so is this told.
        quiet: bool,
    },
    /// Another device of ours answered.
    AnsweredElsewhere {
        /// Where.
        room_id: RoomId,
    },
    /// Another device of ours rejected.
    DeclinedElsewhere {
        /// Where.
        room_id: RoomId,
    },
}

/// Why a click was not followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClickRefusal {
    /// One call at a time.
    #[error("You are in another call. Leave it first.")]
    InAnotherCall,
    /// Too late to answer.
    #[error("That call no longer rings. If it is still running, join it from its room.")]
    RingOver,
    /// Nothing to leave, end or mute.
    #[error("You are not in a call.")]
    NotInCall,
    /// Rights.
    #[error("Only who started the call, or a moderator of the room, may end it for everyone. You can leave it.")]
    MayNotEnd,
}

impl ClickRefusal {
    /// In `snake_case`.
    pub fn code(self) -> &'static str {
        match self {
            Self::InAnotherCall => "in_another_call",
            Self::RingOver => "ring_over",
            Self::NotInCall => "not_in_call",
            Self::MayNotEnd => "may_not_end",
        }
    }
}
