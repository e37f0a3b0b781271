//! One person of the swarm: signed in, listening, and joining if that is the part it plays.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use call_model::{CallId, DeviceId, ParticipantId};
use scaiwave_client::{Client, ClientError, Connections, StreamHandle, StreamUpdate};
use scaiwave_wire::{ErrorCode, StreamEvent};
use tokio::{
    sync::mpsc::Receiver,
    time::{sleep, timeout},
};

use super::{Shared, options::Account, tally::Who};

/// From the sign-in to being online; a server with many at its door takes its time.
const PATIENCE: Duration = Duration::from_secs(60);
/// A server that limits the rate of sign-ins, or that has more of them than it can do at once, is asked again.
const TRIES: u32 = 30;
const TRY_AGAIN: Duration = Duration::from_secs(2);

pub(super) struct Member {
    pub(super) who: Who,
    pub(super) id: ParticipantId,
    pub(super) client: Client,
    pub(super) device: DeviceId,
    pub(super) stream: StreamHandle,
    online: AtomicBool,
}

impl Member {
    /// Signs in and waits until events are live.
    pub(super) async fn sign_in(
        shared: &Arc<Shared>,
        connections: Connections,
        server: &str,
        who: Who,
        account: &Account,
    ) -> Result<Arc<Self>, ClientError> {
        let mut tries = 1;
        let client = loop {
            match Client::sign_in_over(connections.clone(), server, &account.username, &account.password).await {
                Err(error) if is_busy(&error) && tries < TRIES => {
                    tries += 1;
                    sleep(TRY_AGAIN).await;
                }
                other => break other?,
            }
        };
        let id = client.register().await?.participant_id;
        let (stream, mut updates) = client.stream(None);
        let device = DeviceId::new(format!("swarm-{who}"));
        let member = Arc::new(Self { who, id, client, device, stream, online: AtomicBool::new(false) });
        let live = async { while !matches!(updates.recv().await, Some(StreamUpdate::CaughtUp) | None) {} };
        if timeout(PATIENCE, live).await.is_err() {
            return Err(ClientError::TimedOut { server: server.to_owned(), limit: PATIENCE });
        }
        member.online.store(true, Ordering::Relaxed);
        tokio::spawn(Arc::clone(&member).listen(Arc::clone(shared), updates));
        Ok(member)
    }

    /// Whether a ring can be expected to arrive.
    pub(super) fn is_online(&self) -> bool {
        self.online.load(Ordering::Relaxed)
    }

    async fn listen(self: Arc<Self>, shared: Arc<Shared>, mut updates: Receiver<StreamUpdate>) {
        while let Some(update) = updates.recv().await {
            match update {
                StreamUpdate::Event(frame) => {
                    if let StreamEvent::CallInvite { call, .. } = frame.event {
                        shared.tally.lock().rung(&call.call_id, self.who, Instant::now());
                        if shared.joins(self.who) {
                            tokio::spawn(Arc::clone(&self).join(Arc::clone(&shared), call.call_id));
                        }
                    }
                }
                StreamUpdate::Connecting => self.online.store(false, Ordering::Relaxed),
                StreamUpdate::Online { .. } => {
                    shared.reconnects.fetch_add(1, Ordering::Relaxed);
                    self.online.store(true, Ordering::Relaxed);
                }
                StreamUpdate::SignedOut { .. } => shared.failed(&ClientError::SignedOut),
                StreamUpdate::Offline { .. } | StreamUpdate::Missed(_) | StreamUpdate::CaughtUp => {}
            }
        }
    }

    async fn join(self: Arc<Self>, shared: Arc<Shared>, call: CallId) {
        let Ok(_turn) = shared.requests.acquire().await else { return };
        let sent = Instant::now();
        let answer = self.client.join(&call, &self.device).await;
        shared.tally.lock().joined(&call, (sent, Instant::now()), answer.is_ok());
        if let Err(error) = answer {
            shared.failed(&error);
        }
    }
}

fn is_busy(error: &ClientError) -> bool {
    match error {
        ClientError::Api(error) => error.code == ErrorCode::RateLimitExceeded,
        ClientError::TimedOut { .. } => true,
        _ => false,
    }
}
