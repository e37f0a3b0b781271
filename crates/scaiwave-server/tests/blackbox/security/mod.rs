//! What a stranger, a neighbour or a broken program tries.

mod flood;
mod injection;
mod limits;
mod pages;
mod passwords;
mod tenants;
mod tokens;
mod webhooks;
