//! The client of a ScaiWave server: sign-in and refresh, the REST API, and the event stream with resume.
//!
//! **For**: the driver of one signed-in device (`call-session`), which holds one [`Client`] and one stream of [`StreamUpdate`]s.
//! Every device signs in for itself: the server closes the older of two streams that use the same token.
//!
//! **May be called by**: `call-session`, `call-agent`, tests. Everything here runs inside a tokio runtime.
//!
//! **Never**: keeps state of rooms or calls, decides what a ring means, stores tokens ([`Client::saved`] tells a keeper when they
//! change), writes a token into a log or an error, or waits without a limit in time and size.

mod address;
mod api;
mod error;
mod http;
mod sign_in;
mod stream;
mod tokens;

pub use api::{Client, Direction, HistoryPage, HistoryQuery};
pub use error::ClientError;
pub use http::Connections;
pub use stream::backoff;
pub use stream::{StreamHandle, StreamUpdate};
pub use tokens::SavedTokens;
