use std::time::Duration;

use scaiwave_wire::ApiError;

/// Why a request failed. The text is for a person and says what to check; it never holds a token or a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClientError {
    /// What was typed is no address.
    #[error("“{address}” is not a server address. Write it like chat.example.org.")]
    BadAddress {
        /// As typed.
        address: String,
    },
    /// Plain `http` would send the password in the clear.
    #[error("{server} would be spoken to without encryption. Use an https:// address.")]
    Insecure {
        /// The host.
        server: String,
    },
    /// Nobody answers there.
    #[error("{server} cannot be reached ({cause}). Check the address and your network connection.")]
    Unreachable {
        /// The host.
        server: String,
        /// Refused, no such name, …
        cause: String,
    },
    /// Somebody answered, but not as a ScaiWave server does.
    #[error("{server} answers, but it is not a ScaiWave server. Check the address.")]
    NotScaiWave {
        /// The host.
        server: String,
    },
    /// The server is there and has trouble of its own.
    #[error("{server} has a problem of its own (status {status}). Try again in a while.")]
    ServerTrouble {
        /// The host.
        server: String,
        /// The HTTP status.
        status: u16,
    },
    /// The server refuses name and password.
    #[error("The name or the password is wrong. Check both and try again.")]
    WrongPassword,
    /// The server signs people in another way.
    #[error("{server} does not sign in by name and password. Ask its administrator how to sign in.")]
    PasswordSignInOff {
        /// The host.
        server: String,
    },
    /// The server refused to renew the sign-in.
    #[error("You have been signed out. Sign in again.")]
    SignedOut,
    /// The server says no, by its error code.
    #[error("{}", .0.message)]
    Api(ApiError),
    /// No answer in time.
    #[error("{server} did not answer within {} s. Check your network connection and try again.", .limit.as_secs())]
    TimedOut {
        /// The host.
        server: String,
        /// What was allowed.
        limit: Duration,
    },
    /// More than is taken in.
    #[error("The answer of {server} is too large to be right (more than {limit_bytes} bytes).")]
    TooLarge {
        /// The host.
        server: String,
        /// What was allowed.
        limit_bytes: usize,
    },
    /// An answer of another shape than documented.
    #[error("The answer of {server} cannot be read ({cause}). Perhaps it runs another version.")]
    BadAnswer {
        /// The host.
        server: String,
        /// Which part.
        cause: String,
    },
    /// TLS could not be set up here.
    #[error("Secure connections cannot be set up on this computer: {cause}")]
    Tls {
        /// What is missing.
        cause: String,
    },
}

impl ClientError {
    /// The server's code, or a word where there is none.
    pub fn code(&self) -> &str {
        match self {
            Self::Api(error) => error.code.as_str(),
            Self::BadAddress { .. } => "bad_address",
            Self::Insecure { .. } => "insecure",
            Self::Unreachable { .. } => "unreachable",
            Self::NotScaiWave { .. } => "not_scaiwave",
            Self::ServerTrouble { .. } => "server_trouble",
            Self::WrongPassword => "wrong_password",
            Self::PasswordSignInOff { .. } => "password_sign_in_off",
            Self::SignedOut => "signed_out",
            Self::TimedOut { .. } => "timed_out",
            Self::TooLarge { .. } => "too_large",
            Self::BadAnswer { .. } => "bad_answer",
            Self::Tls { .. } => "tls",
        }
    }
}
