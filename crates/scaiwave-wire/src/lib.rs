//! The JSON of the ScaiWave API: requests, answers, events and error codes, as documented by the vendor; where the vendor's pages
//! are silent, our decision, marked "ours". A correction from the vendor touches this crate alone.
//!
//! **For**: `scaiwave-client` and `scaiwave-server`.
//!
//! **Never**: I/O or behaviour beyond (de)serialising and validating what crosses.

mod auth;
mod call;
mod envelope;
mod error;
mod health;
mod me;
mod media;
mod message;
mod presence;
mod room;
mod room_request;
mod stream;

pub use auth::*;
pub use call::*;
pub use envelope::*;
pub use error::*;
pub use health::*;
pub use me::*;
pub use media::*;
pub use message::*;
pub use presence::*;
pub use room::*;
pub use room_request::*;
pub use stream::*;

pub use jiff::Timestamp;

/// The largest message content the API takes, in bytes.
pub const MAX_CONTENT_BYTES: usize = 64 * 1024;
/// The largest page of history.
pub const MAX_HISTORY_PAGE: u32 = 200;
/// The largest page of `GET /v1/sync`.
pub const MAX_SYNC_PAGE: u32 = 500;
/// The most people `GET /v1/presence` is asked about at once (ours).
pub const MAX_PRESENCE_IDS: usize = 200;
/// The largest page of a directory (ours).
pub const MAX_DIRECTORY_PAGE: u32 = 200;
