//! The client against a scripted server that answers as documented and otherwise, and against the reference server.
#![allow(clippy::unwrap_used)]

mod reference;
mod scripted;
mod sign_in;
mod stream;
mod tokens;
