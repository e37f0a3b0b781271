//! The moments of a call that reports and benchmarks measure.

use call_media::protocol::MediaKind;
use call_model::{CallId, UnixMillis};
use serde::{Deserialize, Serialize};

/// A moment. As JSON: `{"at_ms": …, "milestone": "ring_received", …}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Milestone {
    /// By this machine's clock.
    #[serde(rename = "at_ms")]
    pub at: UnixMillis,
    /// What happened.
    #[serde(flatten)]
    pub kind: MilestoneKind,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "milestone", rename_all = "snake_case")]
pub enum MilestoneKind {
    /// An invite came in and is shown.
    RingReceived {
        /// Which call.
        call_id: CallId,
    },
    /// A ring is no longer shown.
    RingStopped {
        /// Which call.
        call_id: CallId,
        /// The named outcome, snake_case.
        outcome: String,
    },
    /// The person answered, or started or joined a call.
    Answered {
        /// Which call; absent for one just started.
        call_id: Option<CallId>,
    },
    /// The engine is in the call.
    Connected {
        /// Which call.
        call_id: CallId,
    },
    /// The media connection was lost.
    Reconnecting {
        /// Which call.
        call_id: CallId,
    },
    /// The first frame was decoded, or the first sound above silence heard, of somebody.
    FirstMedia {
        /// The LiveKit identity.
        identity: String,
        /// Sound or picture.
        kind: MediaKind,
    },
    /// The engine's process died in a call; another takes over.
    EngineDied,
    /// The call is over for us.
    CallEnded {
        /// Which call; absent if the server never made one.
        call_id: Option<CallId>,
        /// The named outcome, snake_case.
        outcome: String,
    },
}
