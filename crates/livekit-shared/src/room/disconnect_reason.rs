//! Why somebody is gone.

use crate::proto;

macro_rules! reasons {
    ($($(#[$doc:meta])* $reason:ident,)+) => {
        /// Why a participant, or the room itself, is gone.
        #[derive(Debug, Clone, Copy, Eq, PartialEq)]
        pub enum DisconnectReason {
            $($(#[$doc])* $reason,)+
        }

        impl DisconnectReason {
            pub(crate) fn from_wire(reason: proto::DisconnectReason) -> Self {
                match reason {
                    $(proto::DisconnectReason::$reason => Self::$reason,)+
                }
            }
        }
    };
}

reasons! {
    /// Not said.
    UnknownReason,
    /// It left.
    ClientInitiated,
    /// The same identity joined elsewhere.
    DuplicateIdentity,
    /// The SFU stops.
    ServerShutdown,
    /// The server took it out.
    ParticipantRemoved,
    /// The server deleted the room.
    RoomDeleted,
    /// Client and SFU disagree: join afresh.
    StateMismatch,
    /// It never got in.
    JoinFailure,
    /// Moved to another SFU.
    Migration,
    /// The signalling connection ended.
    SignalClose,
    /// The room ran empty.
    RoomClosed,
    /// A called telephone did not answer.
    UserUnavailable,
    /// A called telephone declined.
    UserRejected,
    /// A telephone line failed.
    SipTrunkFailure,
    /// Silent for too long.
    ConnectionTimeout,
    /// Its media connection failed.
    MediaFailure,
    /// A program failed.
    AgentError,
}
