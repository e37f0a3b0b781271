use serde::{Deserialize, Serialize};

/// A failed answer: `{"error": {"code": "SW_…", "message": "…"}}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ErrorBody {
    /// What went wrong.
    pub error: ApiError,
}

/// Match on `code`; `message` is for people and may be localised.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[error("{code}: {message}")]
pub struct ApiError {
    /// The stable code.
    pub code: ErrorCode,
    /// Says what to do.
    #[cfg_attr(feature = "schema", schemars(example = &"There is no such room for you."))]
    pub message: String,
}

macro_rules! codes {
    ($($(#[doc = $doc:literal])* $name:ident = $wire:literal, $status:literal;)*) => {
        /// The error codes a call client meets, each with one HTTP status.
        #[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(from = "String", into = "String")]
        pub enum ErrorCode {
            $($(#[doc = $doc])* $name,)*
            /// A code this version does not know; kept as it came.
            Other(String),
        }

        impl ErrorCode {
            /// Every code of this version.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// What the code says, as one sentence.
            pub fn meaning(&self) -> &str {
                match self {
                    $(Self::$name => concat!($($doc),*).trim_ascii(),)*
                    Self::Other(_) => "A code this version does not know.",
                }
            }

            /// The code as it stands on the wire.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$name => $wire,)*
                    Self::Other(code) => code,
                }
            }

            /// The HTTP status it goes with.
            pub fn status(&self) -> u16 {
                match self {
                    $(Self::$name => $status,)*
                    Self::Other(_) => 500,
                }
            }
        }

        impl From<String> for ErrorCode {
            fn from(code: String) -> Self {
                match code.as_str() {
                    $($wire => Self::$name,)*
                    _ => Self::Other(code),
                }
            }
        }
    };
}

impl From<ErrorCode> for String {
    fn from(code: ErrorCode) -> Self {
        code.as_str().to_owned()
    }
}

impl std::fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for ErrorCode {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ErrorCode".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "enum": Self::ALL })
    }
}

codes! {
    /// The token is missing, malformed or not ours.
    AuthInvalidToken = "SW_AUTH_INVALID_TOKEN", 401;
    /// The token has expired: refresh.
    AuthExpiredToken = "SW_AUTH_EXPIRED_TOKEN", 401;
    /// Wrong name or password, or the grant is off (ours: the vendor names no code).
    AuthInvalidCredentials = "SW_AUTH_INVALID_CREDENTIALS", 401;
    /// The identity provider refused.
    AuthOidcFailed = "SW_AUTH_OIDC_FAILED", 400;
    /// The redirect address is not the registered one.
    AuthRedirectMismatch = "SW_AUTH_REDIRECT_MISMATCH", 400;
    /// Not allowed at all.
    AuthInsufficientPermission = "SW_AUTH_INSUFFICIENT_PERMISSION", 403;
    /// Not a member of the room.
    NotMember = "SW_NOT_MEMBER", 403;
    /// The room forbids it.
    RoomForbidden = "SW_ROOM_FORBIDDEN", 403;
    /// No such room for the caller.
    RoomNotFound = "SW_ROOM_NOT_FOUND", 404;
    /// No such event for the caller.
    EventNotFound = "SW_EVENT_NOT_FOUND", 404;
    /// No such address (ours).
    NotFound = "SW_NOT_FOUND", 404;
    /// Neither its sender nor power level ≥ 50.
    RedactForbidden = "SW_REDACT_FORBIDDEN", 403;
    /// Not with a room of this kind.
    RoomTypeInvariant = "SW_ROOM_TYPE_INVARIANT", 400;
    /// The room is full.
    RoomCapacity = "SW_ROOM_CAPACITY", 409;
    /// Messages are edited within a day.
    EventTooOldToEdit = "SW_EVENT_TOO_OLD_TO_EDIT", 409;
    /// Closed or archived.
    RoomFrozen = "SW_ROOM_FROZEN", 409;
    /// Content above 64 KB, or a file above the server's limit.
    ContentTooLarge = "SW_CONTENT_TOO_LARGE", 413;
    /// The range asked for lies beyond the file's end (ours).
    RangeNotSatisfiable = "SW_RANGE_NOT_SATISFIABLE", 416;
    /// No such media for the caller, or a signed address that is not this server's (ours).
    MediaNotFound = "SW_MEDIA_NOT_FOUND", 404;
    /// The signed address was good once: ask for another (ours).
    MediaUrlExpired = "SW_MEDIA_URL_EXPIRED", 403;
    /// A field is missing or wrong (ours).
    Validation = "SW_VALIDATION", 422;
    /// The request came too slowly (ours).
    RequestTooSlow = "SW_REQUEST_TOO_SLOW", 408;
    /// The server has too much to do: try again after `Retry-After` seconds (ours).
    Overloaded = "SW_OVERLOADED", 503;
    /// Too many requests: wait `Retry-After` seconds.
    RateLimitExceeded = "SW_RATE_LIMIT_EXCEEDED", 429;
    /// No such call for the caller.
    CallNotFound = "SW_CALL_NOT_FOUND", 404;
    /// The call is over.
    CallEnded = "SW_CALL_ENDED", 410;
    /// Neither the initiator nor power level ≥ 50; or not in the call one wants to ring others into.
    CallForbidden = "SW_CALL_FORBIDDEN", 403;
    /// One recording at a time.
    CallRecordingActive = "SW_CALL_RECORDING_ACTIVE", 409;
    /// Nothing is being recorded.
    CallRecordingNotActive = "SW_CALL_RECORDING_NOT_ACTIVE", 409;
    /// This server cannot record (now).
    CallRecordingUnavailable = "SW_CALL_RECORDING_UNAVAILABLE", 503;
    /// The SFU does not answer; comes with `Retry-After`.
    CallLivekitUnreachable = "SW_CALL_LIVEKIT_UNREACHABLE", 503;
    /// Our own fault (ours).
    Internal = "SW_INTERNAL", 500;
}
