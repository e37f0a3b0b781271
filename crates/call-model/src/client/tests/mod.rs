//! Timelines on a virtual clock: see [`score`].
#![allow(clippy::unwrap_used, clippy::panic)]

mod calls;
mod random;
mod rings;
mod score;
