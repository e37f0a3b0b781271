//! Ids as types, so that a room cannot be passed where a call is meant. All are opaque strings made by the server, but
//! [`DeviceId`], which each installation makes once for itself.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};
use ts_rs::TS;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $pattern:literal, $example:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[cfg_attr(feature = "schema", schemars(extend("pattern" = $pattern, "examples" = [$example])))]
        #[ts(type = "string")]
        pub struct $name(Arc<str>);

        impl $name {
            /// Wraps an id as the server gave it.
            pub fn new(id: impl Into<Arc<str>>) -> Self {
                Self(id.into())
            }

            /// The id as it stands on the wire.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", &*self.0)
            }
        }

        impl From<&str> for $name {
            fn from(id: &str) -> Self {
                Self::new(id)
            }
        }

        impl From<String> for $name {
            fn from(id: String) -> Self {
                Self::new(id)
            }
        }
    };
}

id!(
    /// A room, `room-…`.
    RoomId, "^room-", "room-0197f3a1c2d37000a4b5c6d7e8f90123"
);
id!(
    /// A call, `call-…`.
    CallId, "^call-", "call-0197f3a1c2d37001a4b5c6d7e8f90123"
);
id!(
    /// A person (or AI) of the directory: a bare UUID, `ai-…` for AIs.
    ParticipantId, "^[A-Za-z0-9][A-Za-z0-9._-]*$", "5e4d1f0a-7c1b-4a52-9d0e-2f6b8c3a1e44"
);
id!(
    /// One installation of a client: a person rings on all of their devices and answers on one.
    DeviceId, "^[A-Za-z0-9._-]{1,64}$", "desk"
);
id!(
    /// An event of a room, `evt-…`.
    EventId, "^evt-", "evt-0197f3a1c2d37002a4b5c6d7e8f90123"
);
id!(
    /// A media entry, `med-…`.
    MediaId, "^med-", "med-0197f3a1c2d37003a4b5c6d7e8f90123"
);
id!(
    /// A recording of a call, `rec-…`.
    RecordingId, "^rec-", "rec-0197f3a1c2d37004a4b5c6d7e8f90123"
);

/// Who somebody is at the SFU: participant and device, so that one person may be in a call twice.
/// Written `<participant_id>/<device_id>` as the LiveKit identity.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SfuIdentity {
    /// The person.
    pub participant: ParticipantId,
    /// The person's device.
    pub device: DeviceId,
}

impl SfuIdentity {
    /// Reads an identity as LiveKit reports it; `None` for one we did not make.
    pub fn parse(identity: &str) -> Option<Self> {
        let (participant, device) = identity.split_once('/')?;
        (!participant.is_empty() && !device.is_empty())
            .then(|| Self { participant: participant.into(), device: device.into() })
    }
}

impl fmt::Display for SfuIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.participant, self.device)
    }
}
