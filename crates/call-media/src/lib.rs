//! The media engine: one process per call (`call-engine`) that holds what may die: the LiveKit session, devices, frames.
//!
//! **For**: whoever runs a call. The shell, the agent and the tests start the process by [`host`] and drive it by the two enums of
//! [`protocol`], one JSON object a line over stdio; frames come over a loopback WebSocket ([`frames`]).
//!
//! **May be called by**: `call-session`, `src-tauri`, `call-agent`, tests.
//!
//! **Never**: knows rooms, rings, rights or windows; never speaks to the ScaiWave server. The SDK is named in [`mod@engine`] alone,
//! which only the process compiles (feature `engine`).

#[cfg(feature = "engine")]
pub mod engine;
pub mod frames;
pub mod host;
pub mod pattern;
pub mod protocol;
