//! The part of the `livekit` 0.10 crate's API that a call client needs, on LiveKit's SDK as a shared library, `liblivekit_ffi`.
//!
//! The real crate links a libwebrtc archive that not every build machine can reach; the same SDK ships ready-made in LiveKit's
//! wheels. Names, signatures and behaviour are the real crate's, so that `call-media` compiles against either; only it may use
//! this crate, under the name `livekit`. What the real crate does not have is in [`shared`].
//!
//! It never blocks the library's threads, never lets a buffer cross that is not what it says (a fault in the library ends the
//! process), never leaks a handle ([`shared::live_handles`]), and holds no policy of calls.
//!
//! How it works: a request is a protobuf message handed over by one C function; answers and events come on the library's threads
//! (`router`) and go to who awaits them, to a room's pump (`room`), or to a stream's bounded queue (`webrtc::queue`). All unsafe
//! code is in `ffi`.

mod client;
mod error;
mod ffi;
mod handle;
mod library;
pub mod prelude;
mod room;
mod router;
pub mod shared;
pub mod webrtc;

/// The library's messages, generated from the descriptors in `proto/`.
#[allow(missing_docs, unreachable_pub, dead_code, clippy::all)]
mod proto {
    include!(concat!(env!("OUT_DIR"), "/livekit.proto.rs"));
}

pub use error::{EngineError, RoomError, RoomResult, SignalError};
pub use room::*;
