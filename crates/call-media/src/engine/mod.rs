//! The process: reads commands, holds the call, tells what happens.
//!
//! One task, [`run`], owns all state and is never blocked: whatever may wait has a thread or a task of its own and reports by
//! [`news::News`]. Threads: stdin, stdout, microphone, speaker, camera, devices; tasks: one a remote track, one for frames.

#[cfg(not(feature = "static-sdk"))]
pub(crate) use livekit_shared as livekit;
#[cfg(feature = "static-sdk")]
pub(crate) use livekit_static as livekit;

mod audio;
mod call;
mod commands;
mod devices;
mod frame_hub;
mod frame_server;
mod media;
mod news;
mod policy;
mod remote_audio;
mod roster;
mod run;
mod sdk;
mod session;
mod stats;
mod stdio;
mod video;
mod watch;

pub use run::run;
