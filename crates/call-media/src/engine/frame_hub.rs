//! Who draws what, and what of it was drawn: scales each frame for each view that shows it and that has credit left.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::sync::mpsc;

use super::video::{
    camera::unix_us,
    picture::{Picture, Scaler, fit},
};
use crate::{
    frames::{CREDITS, FrameHeader, HEADER_BYTES, i420_bytes},
    protocol::{MAX_VIEWS, VideoView, ViewSource, ViewStats},
};

/// A frame that may be drawn.
#[derive(Clone)]
pub(crate) struct Shot {
    pub(crate) picture: Arc<Picture>,
    pub(crate) sequence: u64,
    pub(crate) captured_unix_us: i64,
    pub(crate) received_unix_us: i64,
}

/// An older frame is no longer what the source looks like.
const STALE_US: i64 = 2_000_000;

/// All views and the one client that draws them.
#[derive(Default)]
pub(crate) struct FrameHub {
    views: Mutex<HashMap<u32, Arc<Mutex<View>>>>,
    /// The newest frame of each source: a view that comes later than it need not wait for the next one.
    newest: Mutex<Vec<(ViewSource, Shot)>>,
    client: Mutex<Option<mpsc::Sender<Bytes>>>,
    /// Counts clients, so that one that was replaced cannot detach its successor.
    clients: AtomicU64,
}

struct View {
    spec: VideoView,
    credits: u32,
    /// The newest frame, waiting for credit.
    waiting: Option<Shot>,
    sent: u64,
    dropped: u64,
    scaler: Scaler,
}

impl View {
    fn new(spec: VideoView) -> Self {
        Self { spec, credits: CREDITS, waiting: None, sent: 0, dropped: 0, scaler: Scaler::default() }
    }

    fn message(&mut self, shot: &Shot) -> Option<Bytes> {
        let planes = shot.picture.planes()?;
        let (width, height) = fit((planes.width, planes.height), (self.spec.width, self.spec.height));
        let header = FrameHeader {
            view: self.spec.view,
            width,
            height,
            sequence: shot.sequence,
            captured_unix_us: shot.captured_unix_us,
            received_unix_us: shot.received_unix_us,
        };
        let mut message = Vec::with_capacity(HEADER_BYTES + i420_bytes(width, height));
        message.extend_from_slice(&header.encode());
        self.scaler.append(planes, (width, height), &mut message)?;
        Some(message.into())
    }

    /// Sends on one credit, which must be there.
    fn send(&mut self, shot: &Shot, client: &mpsc::Sender<Bytes>) {
        if let Some(message) = self.message(shot)
            && client.try_send(message).is_ok()
        {
            self.credits -= 1;
            self.sent += 1;
        } else {
            self.dropped += 1;
        }
    }
}

impl FrameHub {
    /// All views, whole. One that stays keeps its credits.
    pub(crate) fn show(&self, wanted: Vec<VideoView>) {
        let mut views = self.views.lock();
        views.retain(|id, _| wanted.iter().any(|spec| spec.view == *id));
        let mut changed = Vec::new();
        for spec in wanted {
            let view = views.entry(spec.view).or_insert_with(|| {
                let view = Arc::new(Mutex::new(View::new(spec.clone())));
                changed.push(view.clone());
                view
            });
            let mut shown = view.lock();
            if shown.spec.source != spec.source {
                shown.waiting = None;
                changed.push(view.clone());
            }
            shown.spec = spec;
        }
        drop(views);
        self.start(&changed);
    }

    /// Gives views that show something new the newest frame there is.
    fn start(&self, views: &[Arc<Mutex<View>>]) {
        let Some(client) = self.client.lock().clone() else { return };
        let newest = self.newest.lock();
        for view in views {
            let mut view = view.lock();
            let shot = newest.iter().find(|(source, _)| *source == view.spec.source).map(|(_, shot)| shot);
            if let Some(shot) = shot.filter(|shot| unix_us() - shot.received_unix_us < STALE_US)
                && view.credits > 0
            {
                view.send(shot, &client);
            }
        }
    }

    fn remember(&self, source: &ViewSource, shot: &Shot) {
        let mut newest = self.newest.lock();
        match newest.iter_mut().find(|(known, _)| known == source) {
            Some((_, known)) => *known = shot.clone(),
            None => newest.push((source.clone(), shot.clone())),
        }
    }

    /// Somebody draws this source.
    pub(crate) fn shows(&self, source: &ViewSource) -> bool {
        self.client.lock().is_some() && self.views.lock().values().any(|view| view.lock().spec.source == *source)
    }

    /// A new frame: goes out where there is credit, waits where there is none, and takes the place of one that still waits.
    pub(crate) fn offer(&self, source: &ViewSource, shot: &Shot) {
        self.remember(source, shot);
        let Some(client) = self.client.lock().clone() else { return };
        for view in self.of(source) {
            let mut view = view.lock();
            if view.credits > 0 {
                view.send(shot, &client);
            } else if view.waiting.replace(shot.clone()).is_some() {
                view.dropped += 1;
            }
        }
    }

    /// The source has ended: lets go of its frames.
    pub(crate) fn forget(&self, source: &ViewSource) {
        self.newest.lock().retain(|(known, _)| known != source);
        self.of(source).into_iter().for_each(|view| view.lock().waiting = None);
    }

    /// The call has ended: nothing is drawn any more.
    pub(crate) fn clear(&self) {
        self.views.lock().clear();
        self.newest.lock().clear();
    }

    /// A client that draws from now on, with its number; the one before gets nothing more.
    pub(crate) fn attach(&self) -> (u64, mpsc::Receiver<Bytes>) {
        let (sender, receiver) = mpsc::channel(MAX_VIEWS * CREDITS as usize);
        let number = {
            let mut client = self.client.lock();
            *client = Some(sender);
            self.clients.fetch_add(1, Ordering::Relaxed) + 1
        };
        for view in self.views.lock().values() {
            let mut view = view.lock();
            (view.credits, view.waiting) = (CREDITS, None);
        }
        (number, receiver)
    }

    /// The client drew a frame of this view, or let it go.
    pub(crate) fn shown(&self, view: u32) {
        let Some(client) = self.client.lock().clone() else { return };
        let Some(view) = self.views.lock().get(&view).cloned() else { return };
        let mut view = view.lock();
        view.credits = (view.credits + 1).min(CREDITS);
        if let Some(shot) = view.waiting.take() {
            view.send(&shot, &client);
        }
    }

    /// The client is gone, unless another took its place.
    pub(crate) fn detach(&self, number: u64) {
        let mut client = self.client.lock();
        if self.clients.load(Ordering::Relaxed) == number {
            *client = None;
            self.views.lock().values().for_each(|view| view.lock().waiting = None);
        }
    }

    pub(crate) fn stats(&self) -> Vec<ViewStats> {
        let views = self.views.lock();
        let mut stats: Vec<ViewStats> = views
            .iter()
            .map(|(&id, view)| {
                let view = view.lock();
                ViewStats { view: id, sent: view.sent, dropped: view.dropped }
            })
            .collect();
        stats.sort_by_key(|stats| stats.view);
        stats
    }

    fn of(&self, source: &ViewSource) -> Vec<Arc<Mutex<View>>> {
        self.views.lock().values().filter(|view| view.lock().spec.source == *source).cloned().collect()
    }
}
