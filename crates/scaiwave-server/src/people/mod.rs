//! Who is there: presence ([`board`] decides, [`presence`] tells), typing, and when somebody wants quiet.

mod agenda;
mod board;
mod clock;
pub(crate) mod presence;
mod quiet;
pub(crate) mod typing;

pub use clock::Clock;
pub(crate) use presence::Presence;
pub use quiet::quiet_now;
pub(crate) use typing::Typing;
