//! The whole product at once: the real SFU, server, app, engine and agent, on a desktop without a screen.
//! Run by `cargo xtask test`, which builds the programs first; one test at a time, for each measures times.
#![allow(clippy::unwrap_used)]

mod bad_input;
mod browser;
mod caller;
mod faults;
mod rights;
mod ring;
mod sfu;
mod webhooks;
