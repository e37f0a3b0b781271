//! The server over real HTTP and real SQLite, spoken to in raw JSON, with an SFU whose every request can be made to fail. One run uses
//! the real SFU ([`livekit`]).
#![allow(clippy::unwrap_used, unreachable_pub)]

mod binary;
mod calls;
mod large_rooms;
mod livekit;
mod races;
mod rooms;
mod sfu_trouble;
mod sign_in;
mod stream;
mod webhook;
mod world;
