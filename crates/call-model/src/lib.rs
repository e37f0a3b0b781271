//! The call as a pure model: ids, units, vocabulary, and the state machines of ring, call, invite and device session.
//!
//! **For**: every crate that must agree on what a call is. The client's machine ([`client`]) takes inputs (an event of the server,
//! a click, news of the media engine, the clock) and returns effects; the server's machines ([`server`]) decide which change of a
//! call or invite row is legal.
//!
//! **May be called by**: everything of ours.
//!
//! **Never**: I/O, a clock, threads, randomness, Tauri, the SDK, or another crate of ours. Time is an argument.

pub mod client;
mod ids;
pub mod server;
mod vocabulary;

pub use ids::*;
pub use vocabulary::*;
