//! Keeps one stream going: connect, catch up, read, lose, wait, again.

use std::{
    collections::VecDeque,
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

use scaiwave_wire::{MAX_SYNC_PAGE, RoomEvent, StreamEvent, StreamFrame};
use tokio::{
    sync::{Notify, mpsc},
    time::Instant,
};

use super::{
    StreamUpdate,
    backoff::{Backoff, STABLE_AFTER},
    seen::Seen,
    socket::{Hello, Incoming, Lost, Socket},
};
use crate::{Client, ClientError};

/// Live room events that may wait while older ones are fetched; beyond, the socket waits.
const MAX_WAITING: usize = 1024;

pub(crate) struct Driver {
    client: Client,
    updates: mpsc::Sender<StreamUpdate>,
    hurry: Arc<Notify>,
    received: Arc<AtomicU64>,
    seen: Seen,
    backoff: Backoff,
    was_online: bool,
    /// Duplicates without a good connection between them.
    duplicates: u32,
}

/// Why the driver stops.
enum Stop {
    SignedOut,
    /// Nobody reads any more.
    Unread,
}

impl Driver {
    pub(crate) fn new(
        client: Client,
        since: Option<u64>,
        updates: mpsc::Sender<StreamUpdate>,
        hurry: Arc<Notify>,
        received: Arc<AtomicU64>,
    ) -> Self {
        Self {
            client,
            updates,
            hurry,
            received,
            seen: Seen::up_to(since),
            backoff: Backoff::default(),
            was_online: false,
            duplicates: 0,
        }
    }

    pub(crate) async fn run(mut self) {
        if let Err(Stop::SignedOut) = self.keep_going().await {
            let reason = ClientError::SignedOut.to_string();
            // whoever does not read any more need not know
            let _ = self.updates.send(StreamUpdate::SignedOut { reason }).await;
        }
    }

    async fn keep_going(&mut self) -> Result<(), Stop> {
        let mut delay = Duration::ZERO;
        loop {
            self.wait(delay).await;
            self.tell(StreamUpdate::Connecting).await?;
            let token = match self.client.access_token().await {
                Ok(token) => token,
                Err(error) => {
                    delay = self.lose(Lost::Other(stop_if_signed_out(error)?.to_string())).await?;
                    continue;
                }
            };
            let lost = match Socket::connect(self.client.server(), &token, Arc::clone(&self.received)).await {
                Ok((socket, hello)) => {
                    let since = Instant::now();
                    let lost = self.live(socket, hello).await?;
                    self.backoff.connection_lived(since.elapsed());
                    if since.elapsed() >= STABLE_AFTER {
                        self.duplicates = 0;
                    }
                    lost
                }
                Err(lost) => lost,
            };
            if matches!(lost, Lost::Token | Lost::Duplicate)
                && let Err(error) = self.client.renew(&token).await
            {
                stop_if_signed_out(error)?;
            }
            delay = self.lose(lost).await?;
        }
    }

    /// Says that the stream is down and when the next try is. A try at once is not worth a word.
    async fn lose(&mut self, lost: Lost) -> Result<Duration, Stop> {
        tracing::info!(reason = %lost, "event stream down");
        if lost == Lost::Duplicate {
            self.duplicates += 1;
            // with a fresh token nobody else has, a second time means that another copy of us does the same: no fight
            if self.duplicates > 1 {
                self.backoff.hold_off();
            }
        }
        let retry_in = self.backoff.next_delay(rand::random());
        if !retry_in.is_zero() {
            self.tell(StreamUpdate::Offline { retry_in, reason: lost.to_string() }).await?;
        }
        Ok(retry_in)
    }

    async fn wait(&self, delay: Duration) {
        tokio::select! {
            () = tokio::time::sleep(delay) => {}
            () = self.hurry.notified() => {}
        }
    }

    /// From the hello to the end of the connection.
    async fn live(&mut self, mut socket: Socket, hello: Hello) -> Result<Lost, Stop> {
        self.tell(StreamUpdate::Online { server_name: hello.server_name }).await?;
        let first = !std::mem::replace(&mut self.was_online, true);
        // 0 is a server without any event, or one that does not tell: on that nothing can be built until it tells more
        let since = match self.seen.since() {
            None if hello.stream_position == 0 => None,
            None if first => {
                self.seen.raise(hello.stream_position);
                None
            }
            None => Some(0),
            known => known,
        };
        if let Some(since) = since
            && let Some(lost) = self.catch_up(&mut socket, since).await?
        {
            return Ok(lost);
        }
        self.tell(StreamUpdate::CaughtUp).await?;
        loop {
            match socket.next().await {
                Ok(Incoming::Frame(frame)) => self.hand_on(frame).await?,
                Ok(Incoming::Nothing) => {}
                Err(lost) => return Ok(lost),
            }
        }
    }

    /// Fetches what was missed while live frames keep coming: those of the timeline wait for their turn, a ring does not.
    async fn catch_up(&mut self, socket: &mut Socket, mut since: u64) -> Result<Option<Lost>, Stop> {
        let mut waiting = VecDeque::new();
        loop {
            let client = self.client.clone();
            let fetch = client.sync(since, MAX_SYNC_PAGE, Duration::ZERO);
            tokio::pin!(fetch);
            let page = loop {
                tokio::select! {
                    page = &mut fetch => break page,
                    incoming = socket.next(), if waiting.len() < MAX_WAITING => match incoming {
                        Ok(Incoming::Frame(frame)) if position(&frame.event).is_some() => waiting.push_back(frame),
                        Ok(Incoming::Frame(frame)) => self.hand_on(frame).await?,
                        Ok(Incoming::Nothing) => {}
                        Err(lost) => return Ok(Some(lost)),
                    },
                }
            };
            let page = match page {
                Ok(page) => page,
                Err(error) => return Ok(Some(Lost::Other(stop_if_signed_out(error)?.to_string()))),
            };
            let more = page.has_more && page.next_cursor > since;
            since = since.max(page.next_cursor);
            let events: Vec<RoomEvent> =
                page.events.into_iter().filter(|event| self.seen.is_new(event.stream_position)).collect();
            self.seen.raise(since);
            if !events.is_empty() {
                self.tell(StreamUpdate::Missed(events)).await?;
            }
            if !more {
                break;
            }
        }
        for frame in waiting {
            self.hand_on(frame).await?;
        }
        Ok(None)
    }

    /// Hands a live frame on, unless it has been handed on before.
    async fn hand_on(&mut self, frame: Box<StreamFrame>) -> Result<(), Stop> {
        match &frame.event {
            StreamEvent::Hello { .. } | StreamEvent::Other => return Ok(()),
            event => {
                if position(event).is_some_and(|position| !self.seen.is_new(position)) {
                    tracing::debug!("event seen before dropped");
                    return Ok(());
                }
            }
        }
        self.tell(StreamUpdate::Event(frame)).await
    }

    async fn tell(&self, update: StreamUpdate) -> Result<(), Stop> {
        self.updates.send(update).await.map_err(|_| Stop::Unread)
    }
}

fn stop_if_signed_out(error: ClientError) -> Result<ClientError, Stop> {
    if error == ClientError::SignedOut { Err(Stop::SignedOut) } else { Ok(error) }
}

/// Where an event of the timeline stands.
fn position(event: &StreamEvent) -> Option<u64> {
    match event {
        StreamEvent::RoomMessage { stream_position, .. }
        | StreamEvent::CallStarted { stream_position, .. }
        | StreamEvent::CallEnded { stream_position, .. } => Some(*stream_position),
        _ => None,
    }
}
