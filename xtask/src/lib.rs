//! What `cargo xtask` does, as a library, so that the end-to-end tests start the same stack and the same desktop as the demo.
//!
//! Used by the `xtask` program and by `tests/`; no product crate depends on it. Everything it makes lies under the target directory,
//! everything it starts listens on the loopback interface and ends with it. It never downloads what is not pinned and checked by hash.

pub mod api;
pub mod bench;
pub mod build;
pub mod demo;
pub mod desktop;
pub mod licences;
pub mod lines;
pub mod paths;
pub mod peers;
pub mod process;
pub mod progress;
pub mod setup;
pub mod soak;
pub mod stack;
pub mod test;
