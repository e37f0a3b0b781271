//! The contract: paths, methods, statuses, envelopes, keys, ids, times and codes, from the vendor's pages alone. A request sends only
//! what is documented; where a body is not shown there, the most natural one is sent and marked.

mod auth;
mod calls;
mod directory;
mod errors;
mod me;
mod media;
mod members;
mod messages;
mod operations;
mod presence;
mod recording;
mod rooms;
mod stream;
mod sync;
