//! What presence needs to know: who set one by hand, and who may see it.

use async_trait::async_trait;
use call_model::{ParticipantId, UnixMillis};
use scaiwave_wire::ChosenPresence;

use super::Stored;

/// In a larger room everybody's coming and going would be told to everybody: who wants to know there asks.
pub(super) const CROWD: i64 = 250;

/// Chosen presences, and whom they are for.
#[async_trait]
pub trait Presence {
    /// Everybody who set a presence by hand.
    async fn chosen_presences(&self) -> Stored<Vec<(ParticipantId, ChosenPresence)>>;

    /// Keeps a presence set by hand.
    async fn set_chosen_presence(&self, who: &ParticipantId, chosen: Option<ChosenPresence>) -> Stored<()>;

    /// Who shares a room with somebody; rooms of a crowd do not count.
    async fn acquaintances(&self, who: &ParticipantId) -> Stored<Vec<ParticipantId>>;

    /// Who shares a direct room with somebody in which something was written since.
    async fn direct_partners(&self, who: &ParticipantId, since: UnixMillis) -> Stored<Vec<ParticipantId>>;

    /// Of these, who is in the tenant, and what: `human`, `model`, …
    async fn participant_types(&self, tenant: &str, ids: &[ParticipantId]) -> Stored<Vec<(ParticipantId, String)>>;
}
