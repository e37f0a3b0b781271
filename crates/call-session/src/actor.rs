//! The one task that owns the session's state. It never waits for anything but its next input: whatever takes time is a task of its
//! own, whose result comes back as [`Mail`].

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::Arc,
    time::Duration,
};

use call_media::protocol::{Device, FrameEndpoint, MediaSetup, Stats};
use call_model::{
    CallId, RoomId, UnixMillis,
    client::{Attempt, CallInfo, ClickRefusal, Client as Machine, Effect, EngineNo, Input},
};
use futures_util::FutureExt;
use scaiwave_client::{Client, ClientError, HistoryPage, SavedTokens, StreamHandle, StreamUpdate};
use scaiwave_wire::{Call, JoinGrant, Room, RoomEvent, RoomState};
use tokio::{
    sync::{broadcast, mpsc, oneshot, watch},
    task::JoinHandle,
    time::{sleep, timeout},
};
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::{
    convert::{Skew, now},
    engine::{EngineMouth, EngineSlot, EngineWord},
    milestone::{Milestone, MilestoneKind},
    rooms::Rooms,
    session::SessionConfig,
    vault::{SavedSignIn, VaultError},
    view::{DrawnTile, Link, NoticeLevel, NoticeView, Person, Snapshot, TokenStorage, UserCommand, UserError},
};

/// Results and engine events that may wait; tasks wait when it is full.
const MAIL_QUEUE: usize = 256;
/// Inputs taken in before a snapshot is published.
const BATCH: usize = 64;
/// Notices shown at once; the oldest go.
const MAX_NOTICES: usize = 20;
/// How long leaving may take at the end of the program.
const FAREWELL: Duration = Duration::from_secs(4);

/// What the handle asks.
pub(crate) enum Request {
    Command(UserCommand, Answer),
    Stats(oneshot::Sender<Option<Stats>>),
    Shutdown(oneshot::Sender<()>),
}

/// How a command went.
pub(crate) type Answer = oneshot::Sender<Result<(), UserError>>;

/// Where results go.
pub(crate) struct Outlets {
    pub(crate) snapshots: watch::Sender<Arc<Snapshot>>,
    pub(crate) frames: watch::Sender<Option<FrameEndpoint>>,
    pub(crate) milestones: broadcast::Sender<Milestone>,
}

/// What comes back from a task.
pub(crate) enum Mail {
    /// For the sign-in of that number; of an earlier one it is void.
    Account(u64, What),
    /// From an engine.
    Engine(EngineNo, EngineWord),
    /// From an engine of its own, without a call.
    Devices(Result<Vec<Device>, String>),
}

pub(crate) enum What {
    Vault(Result<Option<SavedSignIn>, VaultError>),
    SignedIn(Result<Arrived, ClientError>),
    Kept(TokenStorage),
    Rooms { asked_at: UnixMillis, result: Result<OwnRooms, ClientError> },
    State(Box<RoomState>),
    LookedInto(Box<RoomState>, Vec<RoomEvent>),
    History(RoomId, Result<HistoryPage, ClientError>),
    Sent(RoomId, Uuid, Result<Box<RoomEvent>, ClientError>),
    Asked(Attempt, Result<Box<JoinGrant>, ClientError>),
    Call(Box<Call>),
    CallUnknown(CallId),
    Trouble(String),
    Nothing,
}

/// Own rooms, and the state of those with a live call: who calls should have a name when it rings.
pub(crate) struct OwnRooms {
    pub(crate) rooms: Vec<Room>,
    pub(crate) calling: Vec<RoomState>,
}

/// A sign-in that worked.
pub(crate) struct Arrived {
    pub(crate) client: Client,
    pub(crate) me: Person,
    pub(crate) kept: TokenStorage,
}

/// Somebody is signed in.
pub(crate) struct SignedIn {
    pub(crate) client: Client,
    pub(crate) me: Person,
    pub(crate) kept: TokenStorage,
    pub(crate) machine: Machine,
    pub(crate) rooms: Rooms,
    pub(crate) skew: Skew,
    pub(crate) link: Link,
    /// Held: the stream closes when it is dropped.
    pub(crate) _stream: StreamHandle,
    pub(crate) updates: mpsc::Receiver<StreamUpdate>,
    pub(crate) tokens: watch::Receiver<Option<SavedTokens>>,
    /// The last request about each room, so that the next one starts after it.
    pub(crate) lanes: HashMap<RoomId, JoinHandle<()>>,
    /// The call on the stage as it was last known alive.
    pub(crate) stage: Option<CallInfo>,
}

/// Nobody is.
#[derive(Default)]
pub(crate) struct SignedOut {
    pub(crate) starting: bool,
    pub(crate) signing_in: Option<String>,
    pub(crate) server: Option<String>,
    pub(crate) error: Option<String>,
    /// Waits for the sign-in under way.
    pub(crate) answer: Option<Answer>,
}

pub(crate) struct Actor {
    pub(crate) config: SessionConfig,
    pub(crate) outlets: Outlets,
    pub(crate) mail: mpsc::Sender<Mail>,
    pub(crate) tasks: TaskTracker,
    pub(crate) epoch: u64,
    pub(crate) signed: Option<SignedIn>,
    pub(crate) out: SignedOut,
    pub(crate) media: MediaSetup,
    pub(crate) engine: Option<EngineSlot>,
    pub(crate) devices: Vec<Device>,
    pub(crate) drawn: Vec<DrawnTile>,
    pub(crate) volumes: HashMap<String, f32>,
    pub(crate) notices: Vec<NoticeView>,
    pub(crate) notices_made: u64,
    /// Of devices: said once.
    pub(crate) said: HashSet<String>,
    /// The last word with the vault: the next one comes after it.
    pub(crate) vault_lane: Option<JoinHandle<()>>,
    /// Inputs that came up while another was being carried out.
    pub(crate) pending: VecDeque<Input>,
}

/// What woke the actor.
enum Wake {
    Request(Option<Request>),
    Mail(Mail),
    Stream(Option<StreamUpdate>),
    Tokens,
    Timer,
}

impl Actor {
    pub(crate) async fn run(config: SessionConfig, outlets: Outlets, mut requests: mpsc::Receiver<Request>) {
        let (mail, mut inbox) = mpsc::channel(MAIL_QUEUE);
        let mut actor = Self {
            media: config.media.clone(),
            out: SignedOut { starting: true, server: config.last_server.clone(), ..SignedOut::default() },
            config,
            outlets,
            mail,
            tasks: TaskTracker::new(),
            epoch: 0,
            signed: None,
            engine: None,
            devices: Vec::new(),
            drawn: Vec::new(),
            volumes: HashMap::new(),
            notices: Vec::new(),
            notices_made: 0,
            said: HashSet::new(),
            vault_lane: None,
            pending: VecDeque::new(),
        };
        actor.look_into_vault();
        let goodbye = loop {
            match actor.next(&mut requests, &mut inbox).await {
                Wake::Request(Some(Request::Shutdown(answer))) => break Some(answer),
                Wake::Request(None) => break None,
                Wake::Request(Some(request)) => actor.on_request(request),
                Wake::Mail(mail) => actor.on_mail(mail),
                Wake::Stream(update) => actor.on_stream(update),
                Wake::Tokens => actor.on_tokens(),
                Wake::Timer => {
                    actor.step(Input::Tick);
                }
            }
            // a burst of results is one snapshot
            for _ in 0..BATCH {
                let Some(mail) = inbox.recv().now_or_never().flatten() else { break };
                actor.on_mail(mail);
            }
            actor.publish();
        };
        actor.end(inbox).await;
        if let Some(answer) = goodbye {
            let _ = answer.send(());
        }
    }

    async fn next(&mut self, requests: &mut mpsc::Receiver<Request>, inbox: &mut mpsc::Receiver<Mail>) -> Wake {
        let due = self.signed.as_ref().and_then(|signed| signed.machine.deadline());
        let wait = due.map(|due| Duration::from_millis(u64::try_from(due.0 - now().0).unwrap_or(0)));
        let timer = async {
            match wait {
                Some(wait) => sleep(wait).await,
                None => std::future::pending().await,
            }
        };
        let signed = self.signed.as_mut();
        let account = async {
            match signed {
                Some(SignedIn { updates, tokens, .. }) => tokio::select! {
                    update = updates.recv() => Wake::Stream(update),
                    Ok(()) = tokens.changed() => Wake::Tokens,
                },
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            request = requests.recv() => Wake::Request(request),
            Some(mail) = inbox.recv() => Wake::Mail(mail),
            wake = account => wake,
            () = timer => Wake::Timer,
        }
    }

    fn on_request(&mut self, request: Request) {
        match request {
            Request::Command(command, answer) => self.on_command(command, answer),
            Request::Stats(answer) => match &self.engine {
                Some(engine) => engine.stats(answer),
                None => {
                    let _ = answer.send(None);
                }
            },
            // taken by the loop
            Request::Shutdown(_) => {}
        }
    }

    fn on_mail(&mut self, mail: Mail) {
        match mail {
            Mail::Account(epoch, what) if epoch == self.epoch => self.on_account_mail(what),
            Mail::Account(..) => {}
            Mail::Engine(number, word) => self.on_engine_word(number, word),
            Mail::Devices(Ok(devices)) => self.devices = devices,
            Mail::Devices(Err(message)) => self.notice(NoticeLevel::Error, message, None),
        }
    }

    /// Leaves the call and waits, within limits, until the server and the engine have heard of it.
    async fn end(mut self, mut inbox: mpsc::Receiver<Mail>) {
        self.leave_everything();
        self.publish();
        self.tasks.close();
        let drain = async { while inbox.recv().await.is_some() {} };
        tokio::select! {
            _ = timeout(FAREWELL, self.tasks.wait()) => {}
            () = drain => {}
        }
    }

    /// Runs the machine and carries out what it asks for; tells if it was a click that cannot be followed.
    pub(crate) fn step(&mut self, input: Input) -> Option<ClickRefusal> {
        let mut refused = None;
        self.pending.push_back(input);
        while let Some(input) = self.pending.pop_front() {
            let Some(signed) = &mut self.signed else { continue };
            let step = signed.machine.step(now(), input);
            if step.trace.before != step.trace.after || !step.effects.is_empty() {
                tracing::debug!(trace = %step.trace, "call");
            }
            for effect in step.effects {
                match effect {
                    Effect::Refused(refusal) => refused = Some(refusal),
                    effect => self.carry_out(effect),
                }
            }
        }
        refused
    }

    /// Does something that takes time for the present sign-in.
    pub(crate) fn spawn(&self, work: impl Future<Output = What> + Send + 'static) -> JoinHandle<()> {
        let (mail, epoch) = (self.mail.clone(), self.epoch);
        self.tasks.spawn(async move {
            let what = work.await;
            // nobody reads any more: the session has ended
            let _ = mail.send(Mail::Account(epoch, what)).await;
        })
    }

    pub(crate) fn engine_mouth(&self) -> EngineMouth {
        let mail = self.mail.clone();
        Arc::new(move |number, word| {
            let mail = mail.clone();
            async move {
                let _ = mail.send(Mail::Engine(number, word)).await;
            }
            .boxed()
        })
    }

    pub(crate) fn milestone(&self, kind: MilestoneKind) {
        // nobody may be listening
        let _ = self.outlets.milestones.send(Milestone { at: now(), kind });
    }

    pub(crate) fn notice(&mut self, level: NoticeLevel, text: String, room_id: Option<RoomId>) {
        self.notices_made += 1;
        self.notices.push(NoticeView { id: self.notices_made, level, text, room_id });
        if self.notices.len() > MAX_NOTICES {
            self.notices.remove(0);
        }
    }

    pub(crate) fn publish(&mut self) {
        if let Some(signed) = &mut self.signed {
            let call_id = signed.machine.call().and_then(|call| call.call_id());
            match (call_id.and_then(|id| signed.machine.live_call(id)), signed.machine.call()) {
                (Some(info), _) => signed.stage = Some(info.clone()),
                (None, None) => signed.stage = None,
                (None, Some(_)) => {}
            }
        }
        let mut snapshot = self.snapshot();
        self.outlets.snapshots.send_if_modified(|held| {
            snapshot.revision = held.revision;
            if **held == snapshot {
                return false;
            }
            snapshot.revision += 1;
            *held = Arc::new(snapshot);
            true
        });
    }
}
