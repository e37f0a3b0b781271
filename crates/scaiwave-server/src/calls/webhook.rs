//! LiveKit's webhooks: signed, perhaps late, doubled, shuffled or missing. They only make the server look sooner.

use std::sync::Arc;

use call_model::{SfuIdentity, server::Input};
use livekit_api::{
    access_token::TokenVerifier,
    webhooks::{WebhookError, WebhookReceiver},
};
use scaiwave_wire::ErrorCode;

use super::{Calls, sfu::call_of_room};
use crate::{
    config::Livekit,
    error::{Answer, Failure},
    store::Store,
};

/// Takes webhooks.
pub struct Webhooks {
    receiver: WebhookReceiver,
    store: Store,
    calls: Arc<Calls>,
}

impl Webhooks {
    /// Verifies by the SFU's own key.
    pub fn new(livekit: &Livekit, store: Store, calls: Arc<Calls>) -> Self {
        let verifier = TokenVerifier::with_api_key(&livekit.api_key, &livekit.api_secret);
        Self { receiver: WebhookReceiver::new(verifier), store, calls }
    }

    /// Takes one webhook; what is not about a live call of ours is fine and changes nothing.
    pub async fn receive(&self, body: &[u8], authorization: &str) -> Answer<()> {
        let refused = || Failure::new(ErrorCode::AuthInvalidToken, "The webhook is not signed by this server's SFU.");
        let body = std::str::from_utf8(body).map_err(|_| Failure::validation("body: must be UTF-8"))?;
        let event = self.receiver.receive(body, authorization).map_err(|e| {
            tracing::warn!(cause = %e, "webhook refused");
            match e {
                WebhookError::InvalidData(e) => Failure::validation(format!("body: {e}")),
                WebhookError::InvalidSignature | WebhookError::InvalidBase64(_) | WebhookError::InvalidAuth(_) => {
                    refused()
                }
            }
        })?;
        let Some(call) = event.room.as_ref().and_then(|room| call_of_room(&room.name)) else { return Ok(()) };
        if event.id.is_empty() || !self.store.first_time(&event.id).await? {
            return Ok(());
        }
        let device = event
            .participant
            .as_ref()
            .and_then(|participant| Some((SfuIdentity::parse(&participant.identity)?, participant.sid.clone())));
        tracing::debug!(%call, event = event.event, "webhook");
        let outcome = match (event.event.as_str(), device) {
            ("participant_joined", Some((identity, sid))) => self.calls.seen(&call, identity, sid).await,
            ("participant_left" | "participant_connection_aborted", Some((identity, sid))) => {
                self.calls.act(&call, Input::SfuLeft { identity, sid }).await.map(drop)
            }
            ("room_finished", _) => self.calls.observe(&call).await,
            _ => Ok(()),
        };
        match outcome {
            Err(e) if *e.code() == ErrorCode::CallNotFound => Ok(()),
            outcome => outcome,
        }
    }
}
