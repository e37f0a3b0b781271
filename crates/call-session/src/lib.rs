//! One signed-in session of one device: the driver that runs the pure machines of `call-model` against the ScaiWave server
//! (`scaiwave-client`) and the media engine (`call-media`).
//!
//! **For**: the app and the agent, which are two faces of the same session: one draws its [`view::Snapshot`], the other prints it.
//!
//! **May be called by**: `src-tauri`, `call-agent`, tests.
//!
//! **Never**: windows, notifications, sound, the keyring (a [`TokenVault`] is handed in), or the SDK.

pub mod view;
