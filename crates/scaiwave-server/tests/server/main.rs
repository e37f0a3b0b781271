//! The server over real HTTP and real SQLite, spoken to in raw JSON, with an SFU whose every request can be made to fail. One run uses
//! the real SFU ([`livekit`]).
#![allow(clippy::unwrap_used, unreachable_pub)]

mod accounts;
mod binary;
mod calls;
mod limits;
mod livekit;
mod logs;
mod metrics;
mod migrations;
mod program;
mod races;
mod rooms;
mod settings;
mod sfu_trouble;
mod shutdown;
mod sign_in;
mod stream;
mod webhook;
mod world;
