//! Calls with their invites and devices. A change is written back only onto the version it was made from.

use async_trait::async_trait;
use call_model::{
    CallId, ParticipantId, RoomId, UnixMillis,
    server::{Call, Timings},
};

use super::Stored;

/// A webhook that comes again within so many milliseconds is known.
pub(super) const WEBHOOKS_KEPT_MS: i64 = 24 * 3600 * 1000;

/// Calls as they are, and which webhooks were here.
#[async_trait]
pub trait Calls {
    /// A call, whoever asks.
    async fn call(&self, id: &CallId) -> Stored<Option<Call>>;

    /// The live call of a room.
    async fn live_call(&self, room: &RoomId) -> Stored<Option<Call>>;

    /// The live calls of all rooms somebody is in.
    async fn live_calls_of(&self, viewer: &ParticipantId) -> Stored<Vec<Call>>;

    /// All live calls.
    async fn live_calls(&self) -> Stored<Vec<CallId>>;

    /// All calls that are not over, those that are just ending included.
    async fn open_calls(&self) -> Stored<Vec<CallId>>;

    /// How many live calls each tenant has.
    async fn live_calls_by_tenant(&self) -> Stored<Vec<(String, i64)>>;

    /// The calls whose timers run out next, soonest first.
    async fn next_due(&self) -> Stored<Vec<(CallId, UnixMillis)>>;

    /// Notes a webhook; `false` if it was here before.
    async fn first_time(&self, webhook: &str) -> Stored<bool>;
}

/// Calls being changed.
#[async_trait]
pub trait CallChanges {
    /// A call, inside of the transaction that will change it.
    async fn call_for_update(&mut self, id: &CallId) -> Stored<Option<Call>>;

    /// Whether somebody is in a room, asked inside of the transaction that lets them into its call.
    async fn is_member(&mut self, room: &RoomId, who: &ParticipantId) -> Stored<bool>;

    /// Adds a call, unless its room has a live one: then `false`, and nothing is written.
    async fn add_call(&mut self, call: &Call, t: &Timings) -> Stored<bool>;

    /// Writes a changed call back; `false` if somebody else changed it meanwhile.
    async fn save_call(&mut self, before: &Call, after: &Call, t: &Timings) -> Stored<bool>;
}
