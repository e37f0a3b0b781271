//! One signed-in session of one device: the driver that runs the pure machines of `call-model` against the ScaiWave server
//! (`scaiwave-client`) and the media engine (`call-media`).
//!
//! **For**: the app and the agent, which are two faces of the same session: one draws its [`view::Snapshot`], the other prints it.
//!
//! **May be called by**: `src-tauri`, `call-agent`, tests.
//!
//! **Never**: windows, notifications, sound, the keyring (a [`TokenVault`] is handed in), or the SDK.

mod account;
mod actor;
mod commands;
mod convert;
mod effects;
mod engine;
mod milestone;
mod present;
mod rooms;
mod session;
mod stream;
mod vault;
pub mod view;

pub use call_media::host::EngineLaunch;
pub use call_media::protocol::{AudioInput, AudioOutput, FrameEndpoint, MediaSetup, Stats, VideoInput};
pub use milestone::{Milestone, MilestoneKind};
pub use session::{Session, SessionConfig};
pub use vault::{MemoryVault, SavedSignIn, TokenVault, VaultError};
pub use view::{Snapshot, UserCommand, UserError};

#[cfg(test)]
mod bindings {
    /// `cargo test -p call-session export_bindings` writes `ui/src/generated/*.ts`; the fields of `ts_rs` do the work, this test
    /// fails when a number would reach the webview as `bigint`.
    #[test]
    #[allow(clippy::unwrap_used)]
    fn export_bindings_without_bigint() {
        use ts_rs::TS as _;
        let config = ts_rs::Config::from_env();
        for text in [
            crate::Snapshot::export_to_string(&config).unwrap(),
            crate::UserCommand::export_to_string(&config).unwrap(),
            crate::UserError::export_to_string(&config).unwrap(),
        ] {
            assert!(!text.contains("bigint"), "{text}");
        }
    }
}
