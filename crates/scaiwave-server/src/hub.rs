//! Who is connected right now, and the way an event takes to them. One bounded queue per socket: who does not read is closed and
//! catches up by `sync`.

use std::collections::HashMap;

use axum::extract::ws::Utf8Bytes;
use call_model::ParticipantId;
use parking_lot::Mutex;
use tokio::sync::{mpsc, oneshot, watch};
use uuid::Uuid;

/// Frames that may wait for one socket.
const QUEUE: usize = 256;
/// Sockets of one person: some devices with some windows each.
const SOCKETS: usize = 32;
/// Requests of one person that may wait for news at once.
const WAITING: usize = 16;

/// Of these, what the events that are kept may always use: what passes is left out before.
const KEPT_BACK: usize = 128;

/// Why the hub gives up on a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dropped {
    /// The same token connected again.
    Duplicate,
    /// The person has too many sockets, and this is the oldest.
    TooMany,
    /// It did not read its events.
    SlowConsumer,
    /// The person's sessions were cut.
    SignedOut,
}

/// The way of an event from its commit to the sockets. In memory it ends at this process's [`Hub`]; with several server processes it
/// also hands the event to theirs. Callers keep the order by holding the [`crate::publish::Turn`].
pub(crate) trait Fanout: std::fmt::Debug + Send + Sync {
    /// Sends a frame to all sockets of a person; says whether one is known to have taken it.
    fn send(&self, to: &ParticipantId, frame: &Utf8Bytes) -> bool;
    /// Sends a frame that may be lost to all sockets of a person which keep up.
    fn offer(&self, to: &ParticipantId, frame: &Utf8Bytes);
    /// Tells waiting `sync` requests that the stream moved on.
    fn advance(&self, position: u64);
}

/// The sockets connected to this process.
#[derive(Debug)]
pub struct Hub {
    sockets: Mutex<HashMap<ParticipantId, Vec<Socket>>>,
    waiting: Mutex<HashMap<ParticipantId, usize>>,
    position: watch::Sender<u64>,
}

#[derive(Debug)]
struct Socket {
    session: Uuid,
    token: Uuid,
    frames: mpsc::Sender<Utf8Bytes>,
    dropped: oneshot::Sender<Dropped>,
}

/// A socket's end of its queue; unregisters itself.
#[derive(Debug)]
pub struct Subscription<'a> {
    hub: &'a Hub,
    participant: ParticipantId,
    /// This socket.
    pub session: Uuid,
    /// What to send.
    pub frames: mpsc::Receiver<Utf8Bytes>,
    /// Resolves when the hub gives up on the socket.
    pub dropped: oneshot::Receiver<Dropped>,
}

/// A request that may wait for news; counted as long as it lives.
#[derive(Debug)]
pub struct Waiting<'a> {
    hub: &'a Hub,
    participant: ParticipantId,
}

impl Default for Hub {
    fn default() -> Self {
        Self { sockets: Mutex::default(), waiting: Mutex::default(), position: watch::Sender::new(0) }
    }
}

impl Hub {
    /// Registers a socket; an older one with the same token is closed, and the oldest one of too many.
    pub fn subscribe(&self, participant: ParticipantId, token: Uuid) -> Subscription<'_> {
        let session = Uuid::new_v4();
        let (frames, frames_rx) = mpsc::channel(QUEUE);
        let (dropped, dropped_rx) = oneshot::channel();
        let mut sockets = self.sockets.lock();
        let mine = sockets.entry(participant.clone()).or_default();
        for old in mine.extract_if(.., |socket| socket.token == token) {
            let _ = old.dropped.send(Dropped::Duplicate);
        }
        let too_many = (mine.len() + 1).saturating_sub(SOCKETS);
        for oldest in mine.drain(..too_many) {
            tracing::warn!(%participant, session = %oldest.session, "too many sockets: the oldest is closed");
            let _ = oldest.dropped.send(Dropped::TooMany);
        }
        mine.push(Socket { session, token, frames, dropped });
        drop(sockets);
        Subscription { hub: self, participant, session, frames: frames_rx, dropped: dropped_rx }
    }

    /// Closes all sockets of a person.
    pub fn sign_out(&self, who: &ParticipantId) {
        for socket in self.sockets.lock().remove(who).into_iter().flatten() {
            let _ = socket.dropped.send(Dropped::SignedOut);
        }
    }

    /// Lets a request wait for news; `None` if too many of that person wait already.
    pub fn wait(&self, participant: &ParticipantId) -> Option<Waiting<'_>> {
        let mut waiting = self.waiting.lock();
        let mine = waiting.entry(participant.clone()).or_default();
        if *mine == WAITING {
            return None;
        }
        *mine += 1;
        Some(Waiting { hub: self, participant: participant.clone() })
    }

    /// Follows the stream's position.
    pub fn positions(&self) -> watch::Receiver<u64> {
        self.position.subscribe()
    }

    /// How many sockets are connected.
    pub fn connected(&self) -> usize {
        self.sockets.lock().values().map(Vec::len).sum()
    }
}

impl Fanout for Hub {
    fn send(&self, to: &ParticipantId, frame: &Utf8Bytes) -> bool {
        let mut sockets = self.sockets.lock();
        let Some(mine) = sockets.get_mut(to) else { return false };
        for slow in mine.extract_if(.., |socket| socket.frames.try_send(frame.clone()).is_err()) {
            tracing::warn!(participant = %to, session = %slow.session, "socket does not read its events: closed");
            let _ = slow.dropped.send(Dropped::SlowConsumer);
        }
        let reached = !mine.is_empty();
        if !reached {
            sockets.remove(to);
        }
        reached
    }

    fn offer(&self, to: &ParticipantId, frame: &Utf8Bytes) {
        let sockets = self.sockets.lock();
        for socket in sockets.get(to).into_iter().flatten().filter(|socket| socket.frames.capacity() > KEPT_BACK) {
            if socket.frames.try_send(frame.clone()).is_err() {
                tracing::debug!(session = %socket.session, "a passing event was left out");
            }
        }
    }

    fn advance(&self, position: u64) {
        self.position.send_if_modified(|known| {
            let moved = position > *known;
            *known = position.max(*known);
            moved
        });
    }
}

impl Drop for Subscription<'_> {
    fn drop(&mut self) {
        let mut sockets = self.hub.sockets.lock();
        if let Some(mine) = sockets.get_mut(&self.participant) {
            mine.retain(|socket| socket.session != self.session);
            if mine.is_empty() {
                sockets.remove(&self.participant);
            }
        }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut waiting = self.hub.waiting.lock();
        if let Some(mine) = waiting.get_mut(&self.participant) {
            *mine -= 1;
            if *mine == 0 {
                waiting.remove(&self.participant);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn alice() -> ParticipantId {
        "alice".into()
    }

    #[test]
    fn a_frame_reaches_every_socket_of_a_person() {
        let hub = Hub::default();
        let mut first = hub.subscribe(alice(), Uuid::new_v4());
        let mut second = hub.subscribe(alice(), Uuid::new_v4());
        assert!(hub.send(&alice(), &"x".into()));
        assert_eq!(first.frames.try_recv().unwrap(), "x");
        assert_eq!(second.frames.try_recv().unwrap(), "x");
        drop((first, second));
        assert!(!hub.send(&alice(), &"x".into()));
        assert_eq!(hub.connected(), 0);
    }

    #[test]
    fn the_same_token_again_closes_the_older_socket() {
        let hub = Hub::default();
        let token = Uuid::new_v4();
        let mut old = hub.subscribe(alice(), token);
        let _new = hub.subscribe(alice(), token);
        assert_eq!(old.dropped.try_recv().unwrap(), Dropped::Duplicate);
        assert_eq!(hub.connected(), 1);
    }

    #[test]
    fn of_too_many_sockets_the_oldest_is_closed() {
        let hub = Hub::default();
        let mut sockets: Vec<_> = (0..=SOCKETS).map(|_| hub.subscribe(alice(), Uuid::new_v4())).collect();
        assert_eq!(sockets[0].dropped.try_recv().unwrap(), Dropped::TooMany);
        assert!(sockets[1..].iter_mut().all(|socket| socket.dropped.try_recv().is_err()));
        assert_eq!(hub.connected(), SOCKETS);
    }

    #[test]
    fn so_many_requests_of_a_person_wait_and_no_more() {
        let hub = Hub::default();
        let mut waiting: Vec<_> = (0..WAITING).map(|_| hub.wait(&alice()).unwrap()).collect();
        assert!(hub.wait(&alice()).is_none());
        assert!(hub.wait(&"bob".into()).is_some());
        waiting.pop();
        waiting.push(hub.wait(&alice()).unwrap());
        drop(waiting);
        assert!(hub.waiting.lock().is_empty());
    }

    #[test]
    fn who_does_not_read_is_dropped_and_the_others_go_on() {
        let hub = Hub::default();
        let mut slow = hub.subscribe(alice(), Uuid::new_v4());
        let mut quick = hub.subscribe(alice(), Uuid::new_v4());
        for _ in 0..=QUEUE {
            hub.send(&alice(), &"x".into());
            quick.frames.try_recv().unwrap();
        }
        assert_eq!(slow.dropped.try_recv().unwrap(), Dropped::SlowConsumer);
        assert_eq!(hub.connected(), 1);
    }

    #[test]
    fn what_passes_never_costs_a_socket() {
        let hub = Hub::default();
        let mut slow = hub.subscribe(alice(), Uuid::new_v4());
        for _ in 0..2 * QUEUE {
            hub.offer(&alice(), &"x".into());
        }
        for _ in 0..KEPT_BACK {
            assert!(hub.send(&alice(), &"y".into()));
        }
        assert!(slow.dropped.try_recv().is_err());
        assert_eq!(slow.frames.len(), QUEUE);
    }
}
