//! The client against a scripted server that answers as documented, and as not documented.
#![allow(clippy::unwrap_used)]

mod scripted;
mod sign_in;
mod stream;
mod tokens;
