//! What the agent does, from sign-in to the report.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use call_model::{CallId, DeviceId, RoomId};
use call_session::{
    EngineLaunch, MemoryVault, Milestone, Session, SessionConfig, Snapshot, UserCommand, UserError,
    view::{Account, CallOutcome, CallPhase, CallView, DrawnTile, Link},
};
use serde_json::{Value, json};
use tokio::{
    sync::{broadcast, mpsc, watch},
    time::{Instant, MissedTickBehavior, interval, sleep_until, timeout},
};
use tokio_util::sync::CancellationToken;

use crate::{
    cli::{Departure, Options},
    pictures::Pictures,
    print::{Printer, now},
    record::Record,
    report::Report,
};

/// For what should take a second: sign-in, the server's answer to a call.
const PATIENCE: Duration = Duration::from_secs(20);
/// For the list of rooms, once online.
const LISTING: Duration = Duration::from_secs(5);
/// For leaving.
const FAREWELL: Duration = Duration::from_secs(10);
/// How often the engine's counters are read.
const STATS_EVERY: Duration = Duration::from_millis(500);

/// Why the agent does not go on.
enum Halt {
    /// Ctrl-C.
    Stopped,
    Failed(String),
}

impl From<UserError> for Halt {
    fn from(error: UserError) -> Self {
        Self::Failed(error.message)
    }
}

pub(crate) struct Agent {
    options: Options,
    session: Session,
    snapshots: watch::Receiver<Arc<Snapshot>>,
    milestones: broadcast::Receiver<Milestone>,
    pictures: Pictures,
    first_pictures: mpsc::UnboundedReceiver<u32>,
    /// View by video track, and whose it is.
    views: BTreeMap<String, u32>,
    shown_by: BTreeMap<u32, String>,
    shown: Vec<DrawnTile>,
    opened: bool,
    phase: Option<CallPhase>,
    /// What the printed lines last said of the others.
    others: Value,
    record: Record,
    printer: Printer,
    stop: CancellationToken,
}

impl Agent {
    /// Does what the options say; what went wrong stands in the report.
    pub(crate) async fn run(options: Options, password: String, printer: Printer, stop: CancellationToken) -> Report {
        let engine = match EngineLaunch::locate() {
            Ok(engine) => engine,
            Err(error) => {
                let mut record = Record::new();
                record.error = Some(error.to_string());
                return record.report(&BTreeMap::new(), &BTreeMap::new());
            }
        };
        let session = Session::start(SessionConfig {
            vault: Arc::new(MemoryVault::default()),
            device_id: DeviceId::new(format!("agent-{}-{}", now().0, std::process::id())),
            media: options.media(),
            engine,
            last_server: None,
        });
        let (first, first_pictures) = mpsc::unbounded_channel();
        let mut agent = Self {
            snapshots: session.snapshots(),
            milestones: session.milestones(),
            pictures: Pictures::follow(session.frames(), first),
            first_pictures,
            views: BTreeMap::new(),
            shown_by: BTreeMap::new(),
            shown: Vec::new(),
            opened: false,
            phase: None,
            others: Value::Null,
            record: Record::new(),
            options,
            session,
            printer,
            stop,
        };
        match agent.act(password).await {
            Ok(()) => {}
            Err(Halt::Stopped) => agent.leave_if_in_call().await,
            Err(Halt::Failed(error)) => {
                agent.record.error = Some(error);
                agent.leave_if_in_call().await;
            }
        }
        agent.finish().await
    }

    async fn act(&mut self, password: String) -> Result<(), Halt> {
        self.sign_in(password).await?;
        let task = self.options.task.clone();
        if let Some(room) = task.call {
            let room_id = self.find_room(&room).await?;
            let call_type = self.options.call_type();
            self.session.dispatch(UserCommand::StartCall { room_id, call_type }).await?;
            return self.stay_in_call().await;
        }
        let call_id = self.wait_for_ring().await?;
        if task.reject {
            self.session.dispatch(UserCommand::Reject { call_id: call_id.clone() }).await?;
            self.until(PATIENCE, "the ring still goes on", |now| is_gone(now, &call_id)).await?;
            self.record.rejected = true;
            return Ok(());
        }
        let with_video = self.options.sends_picture();
        self.session.dispatch(UserCommand::Answer { call_id, with_video }).await?;
        self.stay_in_call().await
    }

    async fn sign_in(&mut self, password: String) -> Result<(), Halt> {
        let looked = |now: &Snapshot| (!matches!(now.account, Account::Starting)).then_some(());
        self.until(PATIENCE, "the session does not start", looked).await?;
        let (server, username) = (self.options.server.clone(), self.options.user.clone());
        self.session.dispatch(UserCommand::SignIn { server, username, password }).await?;
        let account = |now: &Snapshot| match &now.account {
            Account::SignedIn { me, .. } => Some(Ok(me.clone())),
            Account::SignedOut { error: Some(error), .. } => Some(Err(error.clone())),
            _ => None,
        };
        let me = self.until(PATIENCE, "the server does not answer", account).await?.map_err(Halt::Failed)?;
        self.record.signed_in();
        self.printer.own("signed_in", json!({"participant_id": me.participant_id, "display_name": me.display_name}));
        self.record.me = Some(me);
        let online = |now: &Snapshot| (now.link == Link::Online).then_some(());
        self.until(PATIENCE, "the event stream does not come up", online).await?;
        self.printer.own("online", json!({}));
        Ok(())
    }

    async fn find_room(&mut self, wanted: &str) -> Result<RoomId, Halt> {
        let find = |now: &Snapshot| {
            let by_id = now.rooms.iter().find(|room| room.room_id.as_str() == wanted);
            let by_name = || now.rooms.iter().find(|room| room.name.eq_ignore_ascii_case(wanted));
            by_id.or_else(by_name).map(|room| room.room_id.clone())
        };
        self.until(LISTING, &format!("there is no room “{wanted}” for {}", self.options.user), find).await
    }

    async fn wait_for_ring(&mut self) -> Result<CallId, Halt> {
        let rings = |now: &Snapshot| now.rings.first().map(|ring| ring.call_id.clone());
        let call_id = self.until(self.options.wait, "nobody called", rings).await?;
        if !self.options.after.is_zero() {
            let stopped = self.during(self.options.after, |now| is_gone(now, &call_id)).await?;
            if stopped.is_some() {
                return Err(Halt::Failed("the call stopped ringing before its time".into()));
            }
        }
        Ok(call_id)
    }

    /// Waits for something to show up in the snapshot; `or_else` says what it means that it did not.
    async fn until<T>(
        &mut self,
        limit: Duration,
        or_else: &str,
        look: impl Fn(&Snapshot) -> Option<T>,
    ) -> Result<T, Halt> {
        self.during(limit, look).await?.ok_or_else(|| Halt::Failed(format!("{or_else} (waited {limit:?})")))
    }

    /// The same, where its absence is an answer too.
    async fn during<T>(&mut self, limit: Duration, look: impl Fn(&Snapshot) -> Option<T>) -> Result<Option<T>, Halt> {
        let deadline = Instant::now() + limit;
        let stop = self.stop.clone();
        loop {
            let snapshot = self.newest();
            if let Some(found) = look(&snapshot) {
                return Ok(Some(found));
            }
            tokio::select! {
                news = self.news() => news?,
                () = sleep_until(deadline) => return Ok(None),
                () = stop.cancelled() => return Err(Halt::Stopped),
            }
        }
    }

    /// Waits for anything to change.
    async fn news(&mut self) -> Result<(), Halt> {
        tokio::select! {
            changed = self.snapshots.changed() => changed.map_err(|_| Halt::Failed("the session ended by itself".into())),
            milestone = self.milestones.recv() => {
                if let Ok(milestone) = milestone {
                    self.printer.milestone(&milestone);
                    self.record.milestone(&milestone);
                }
                Ok(())
            }
            Some(view) = self.first_pictures.recv() => {
                self.printer.own("first_frame_drawn", json!({"identity": self.shown_by.get(&view)}));
                Ok(())
            }
        }
    }

    fn newest(&mut self) -> Arc<Snapshot> {
        let snapshot = Arc::clone(&self.snapshots.borrow_and_update());
        self.record.snapshot(&snapshot);
        snapshot
    }

    /// From the click to the end of the call.
    async fn stay_in_call(&mut self) -> Result<(), Halt> {
        let in_call = |now: &Snapshot| now.call.as_ref().map(|_| ());
        self.until(PATIENCE, "the call does not begin", in_call).await?;
        let stop = self.stop.clone();
        let mut give_up_at = self.options.give_up.map(|time| Instant::now() + time);
        let mut leave_at = None;
        let mut stats = interval(STATS_EVERY);
        stats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let snapshot = self.newest();
            let Some(call) = &snapshot.call else { return Ok(()) };
            self.note_phase(call);
            self.note_others(call);
            match &call.phase {
                CallPhase::Ended { outcome } => return self.ended(outcome),
                CallPhase::Connected if leave_at.is_none() => {
                    leave_at = self.options.stay.map(|time| Instant::now() + time);
                }
                _ => {}
            }
            if call.answered_at.is_some() {
                give_up_at = None;
            }
            self.open_sources(call).await?;
            self.show_pictures(call).await?;
            let deadline = [leave_at, give_up_at].into_iter().flatten().min();
            tokio::select! {
                news = self.news() => news?,
                _ = stats.tick() => self.read_stats().await,
                () = sleep_until(deadline.unwrap_or_else(Instant::now)), if deadline.is_some() => {
                    return self.depart(self.options.depart).await;
                }
                () = stop.cancelled() => return Err(Halt::Stopped),
            }
        }
    }

    fn note_phase(&mut self, call: &CallView) {
        if self.phase.as_ref() != Some(&call.phase) {
            self.printer.own("phase", json!({"phase": call.phase, "call_id": call.call_id}));
            self.phase = Some(call.phase.clone());
        }
    }

    /// Who else is there and what they send, as a window would show it.
    fn note_others(&mut self, call: &CallView) {
        let others = call.tiles.iter().filter(|tile| !tile.is_local).map(
            |tile| json!({"identity": tile.identity, "microphone_on": tile.microphone_on, "camera_on": tile.camera_on}),
        );
        let others = others.collect();
        if self.others != others {
            self.printer.own("people", json!({"others": others}));
            self.others = others;
        }
    }

    fn ended(&mut self, outcome: &CallOutcome) -> Result<(), Halt> {
        self.record.outcome = Some(outcome.clone());
        match outcome {
            CallOutcome::Failed { message } => Err(Halt::Failed(message.clone())),
            CallOutcome::Left | CallOutcome::Ended { .. } | CallOutcome::Removed => Ok(()),
        }
    }

    /// Opens what is to be sent and closes what is not, once: a mute after that is meant.
    async fn open_sources(&mut self, call: &CallView) -> Result<(), Halt> {
        if call.phase != CallPhase::Connected || self.opened {
            return Ok(());
        }
        self.opened = true;
        let (sound, picture) = (self.options.sends_sound(), self.options.sends_picture());
        if call.microphone_on != sound {
            self.session.dispatch(UserCommand::SetMicrophone { on: sound }).await?;
        }
        if call.camera_on != picture {
            self.session.dispatch(UserCommand::SetCamera { on: picture }).await?;
        }
        Ok(())
    }

    /// Asks for the picture of everybody who sends one, as a window with all of them in sight would.
    async fn show_pictures(&mut self, call: &CallView) -> Result<(), Halt> {
        let (width, height) = self.options.view;
        let mut tiles = Vec::new();
        for tile in call.tiles.iter().filter(|tile| !tile.is_local && tile.camera_on) {
            let Some(video) = tile.video.clone() else { continue };
            let next = self.views.len() as u32 + 1;
            let view = *self.views.entry(video.clone()).or_insert(next);
            self.shown_by.insert(view, tile.identity.clone());
            tiles.push(DrawnTile { view, video, width, height });
        }
        if tiles != self.shown {
            self.shown.clone_from(&tiles);
            self.session.dispatch(UserCommand::ShowVideo { tiles }).await?;
        }
        Ok(())
    }

    async fn read_stats(&mut self) {
        if let Some(stats) = self.session.media_stats().await {
            for track in &stats.tracks {
                self.printer.own("media", json!(track));
            }
            self.record.stats(stats);
        }
    }

    /// Leaves or ends the call and waits until it is over.
    async fn depart(&mut self, how: Departure) -> Result<(), Halt> {
        self.read_stats().await;
        let command = match how {
            Departure::Leave => UserCommand::Leave,
            Departure::End => UserCommand::EndForEveryone,
        };
        self.session.dispatch(command).await?;
        let deadline = Instant::now() + FAREWELL;
        loop {
            let snapshot = self.newest();
            let Some(call) = &snapshot.call else { return Ok(()) };
            self.note_phase(call);
            if let CallPhase::Ended { outcome } = &call.phase {
                return self.ended(outcome);
            }
            tokio::select! {
                news = self.news() => news?,
                () = sleep_until(deadline) => return Err(Halt::Failed("the call does not let go".into())),
            }
        }
    }

    async fn leave_if_in_call(&mut self) {
        let snapshot = self.newest();
        let in_call = snapshot.call.as_ref().is_some_and(|call| !matches!(call.phase, CallPhase::Ended { .. }));
        if in_call && let Err(Halt::Failed(error)) = self.depart(Departure::Leave).await {
            self.record.error.get_or_insert(error);
        }
    }

    async fn finish(mut self) -> Report {
        self.read_stats().await;
        while let Ok(milestone) = self.milestones.try_recv() {
            self.printer.milestone(&milestone);
            self.record.milestone(&milestone);
        }
        if timeout(FAREWELL, self.session.shutdown()).await.is_err() {
            tracing::warn!("the session did not end in time");
        }
        let drawn = self.pictures.drawn();
        self.record.report(&self.shown_by, &drawn)
    }
}

fn is_gone(snapshot: &Snapshot, call_id: &CallId) -> Option<()> {
    (!snapshot.rings.iter().any(|ring| ring.call_id == *call_id)).then_some(())
}
