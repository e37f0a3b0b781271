//! Names the SFU gives.

use std::fmt;

/// Who a participant is, chosen by who made the token.
#[derive(Clone, Default, Debug, Eq, Hash, PartialEq, PartialOrd, Ord)]
pub struct ParticipantIdentity(pub String);

impl From<String> for ParticipantIdentity {
    fn from(value: String) -> Self {
        Self(value)
    }
}

impl From<&str> for ParticipantIdentity {
    fn from(value: &str) -> Self {
        Self(value.to_owned())
    }
}

/// Text access shared by all of them.
macro_rules! text {
    ($name:ident) => {
        impl $name {
            /// As text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text!(ParticipantIdentity);

/// An id with the SFU's prefix.
macro_rules! sid {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Eq, Hash, PartialEq, PartialOrd, Ord)]
        pub struct $name(String);

        text!($name);

        impl TryFrom<String> for $name {
            type Error = String;

            /// The text is given back if it has another prefix.
            fn try_from(value: String) -> Result<Self, String> {
                if value.starts_with($prefix) { Ok(Self(value)) } else { Err(value) }
            }
        }

        impl $name {
            /// For what the library sends: it checked the prefix itself.
            #[allow(dead_code)]
            pub(crate) fn from_library(value: String) -> Self {
                Self(value)
            }
        }
    };
}

sid!(
    /// One stay of a participant, `PA_…`.
    ParticipantSid,
    "PA_"
);
sid!(
    /// A published track, `TR_…`.
    TrackSid,
    "TR_"
);
sid!(
    /// A room's session, `RM_…`.
    RoomSid,
    "RM_"
);
