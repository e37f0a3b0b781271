//! The server over real HTTP and real SQLite, spoken to in raw JSON, with an SFU whose every request can be made to fail. One run uses
//! the real SFU ([`livekit`]).
#![allow(clippy::unwrap_used, unreachable_pub)]

mod binary;
mod calls;
mod clock;
mod leaving;
mod livekit;
mod members;
mod messages;
mod migration;
mod migrations;
mod oidc;
mod openapi;
mod own_settings;
mod people;
mod presence;
mod provider;
mod races;
mod recordings;
mod rings;
mod room_life;
mod rooms;
mod sfu_trouble;
mod sign_in;
mod stream;
mod webhook;
mod webhook_shuffle;
mod world;
