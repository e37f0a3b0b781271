//! The life of a call. [`Calls`] takes requests, [`timers`] the clock, [`reconciler`] the SFU's word, [`webhook`] its hints; all of
//! them feed the pure machine of `call_model::server`, inside one transaction, and publish after the commit.

mod members;
mod news;
pub mod reconciler;
mod service;
pub mod sfu;
#[cfg(test)]
mod tests;
pub mod timers;
mod upkeep;
mod view;
pub mod webhook;

pub use service::Calls;
pub use view::CallView;
