//! Sessions against the reference server in this process, whose SFU is a stand-in that has every room, and against a test double of the
//! engine. The real engine and SFU are the end-to-end tests' part.
#![allow(clippy::unwrap_used, clippy::panic)]

mod calls;
mod rooms;
mod world;
