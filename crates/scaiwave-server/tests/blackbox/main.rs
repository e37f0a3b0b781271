//! The server as a black box: the program itself and a real SFU, spoken to by HTTP and WebSocket in raw JSON. Nothing of our own
//! crates is used here, so that what is asserted is what a stranger's client sees.
//!
//! - `contract`: written from the vendor's pages alone, an example of each endpoint and event;
//! - `security`: what a stranger, a neighbour or a broken program tries;
//! - `outage`: the SFU dies before, during and after a call;
//! - `soak`: calls during which the server is killed at random moments (`cargo xtask soak server`).
#![allow(clippy::unwrap_used, unreachable_pub)]

mod contract;
mod events;
mod outage;
mod security;
mod sfu;
mod shape;
mod soak;
mod user;
mod world;
