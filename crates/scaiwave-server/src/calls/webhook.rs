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
    metrics::Metrics,
    store::Store,
};

/// Takes webhooks.
pub struct Webhooks {
    receiver: WebhookReceiver,
    store: Store,
    calls: Arc<Calls>,
    metrics: Arc<Metrics>,
}

/// What became of a webhook.
enum Taken {
    /// It made the server look.
    Acted,
    /// It was here before.
    Repeated,
    /// It is about no call of ours.
    NotOurs,
}

impl Webhooks {
    /// Verifies by the SFU's own key.
    pub fn new(livekit: &Livekit, store: Store, calls: Arc<Calls>, metrics: Arc<Metrics>) -> Self {
        let verifier = TokenVerifier::with_api_key(&livekit.api_key, &livekit.api_secret);
        Self { receiver: WebhookReceiver::new(verifier), store, calls, metrics }
    }

    /// Takes one webhook; what is not about a live call of ours is fine and changes nothing.
    pub async fn receive(&self, body: &[u8], authorization: &str) -> Answer<()> {
        let taken = self.take(body, authorization).await;
        self.metrics.webhook(match &taken {
            Ok(Taken::Acted) => "taken",
            Ok(Taken::Repeated) => "repeated",
            Ok(Taken::NotOurs) => "not_ours",
            Err(e) if e.code().status() < 500 => "refused",
            Err(_) => "failed",
        });
        taken.map(drop)
    }

    async fn take(&self, body: &[u8], authorization: &str) -> Answer<Taken> {
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
        let Some(call) = event.room.as_ref().and_then(|room| call_of_room(&room.name)) else {
            return Ok(Taken::NotOurs);
        };
        if event.id.is_empty() || !self.store.first_time(&event.id).await? {
            return Ok(Taken::Repeated);
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
            Err(e) if *e.code() == ErrorCode::CallNotFound => Ok(Taken::NotOurs),
            outcome => outcome.map(|()| Taken::Acted),
        }
    }
}
