//! The one engine process, from the session's side: commands go in order, what it says comes back as news with its number.

use std::{sync::Arc, time::Duration};

use call_media::{
    host::{Engine, EngineLaunch, LaunchError},
    protocol::{Command, Device, EngineError, Event, Participant, Reply, Stats},
};
use call_model::client::EngineNo;
use futures_util::{StreamExt, stream::FuturesUnordered};
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Commands that may wait for the engine; it takes them as fast as they come unless it hangs.
const QUEUE: usize = 128;
/// How long an engine may take to leave before it is dropped, which kills it.
const GOODBYE: Duration = Duration::from_secs(3);

/// What an engine says.
pub(crate) enum EngineWord {
    /// An event.
    Event(Event),
    /// A command was not followed.
    Refused(CommandKind, EngineError),
    /// Devices, asked for.
    Devices(Vec<Device>),
    /// The process is gone.
    Died,
}

/// Commands whose refusal means something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CommandKind {
    Prepare,
    Join,
    Other,
}

/// Hands on what an engine says, with its number.
pub(crate) type EngineMouth =
    Arc<dyn Fn(EngineNo, EngineWord) -> futures_util::future::BoxFuture<'static, ()> + Send + Sync>;

/// A running engine and what it last told.
pub(crate) struct EngineSlot {
    pub(crate) number: EngineNo,
    commands: mpsc::Sender<Order>,
    /// Whole, newest.
    pub(crate) participants: Vec<Participant>,
    /// It found no microphone.
    pub(crate) listen_only: bool,
}

enum Order {
    Do(Command),
    Stats(oneshot::Sender<Option<Stats>>),
}

impl EngineSlot {
    /// Starts the process.
    pub(crate) fn launch(
        number: EngineNo,
        launch: EngineLaunch,
        tasks: &TaskTracker,
        mouth: EngineMouth,
    ) -> Result<Self, LaunchError> {
        let (engine, mut events) = Engine::launch(launch)?;
        let (commands, orders) = mpsc::channel(QUEUE);
        let dead = CancellationToken::new();
        tasks.spawn(follow_orders(number, engine, orders, mouth.clone(), dead.clone()));
        tokio::spawn(async move {
            while let Some(event) = events.recv().await {
                mouth(number, EngineWord::Event(event)).await;
            }
            dead.cancel();
            mouth(number, EngineWord::Died).await;
        });
        Ok(Self { number, commands, participants: Vec::new(), listen_only: false })
    }

    /// Sends a command after those before it; never waits.
    pub(crate) fn send(&self, command: Command) {
        if self.commands.try_send(Order::Do(command)).is_err() {
            tracing::warn!(engine = self.number.0, "the engine does not take its commands: one dropped");
        }
    }

    /// The counters as of now.
    pub(crate) fn stats(&self, answer: oneshot::Sender<Option<Stats>>) {
        // a full queue drops the question, which the asker sees
        let _ = self.commands.try_send(Order::Stats(answer));
    }
}

/// Sends each command as it comes; its reply is awaited beside those of the others. When the slot is dropped, the engine leaves.
async fn follow_orders(
    number: EngineNo,
    engine: Engine,
    mut orders: mpsc::Receiver<Order>,
    mouth: EngineMouth,
    dead: CancellationToken,
) {
    let mut replies = FuturesUnordered::new();
    loop {
        tokio::select! {
            order = orders.recv() => match order {
                Some(order) => replies.push(follow(number, &engine, order, &mouth)),
                None => break,
            },
            Some(()) = replies.next() => {}
        }
    }
    drop(replies);
    // one that is dead need not be asked
    let goodbye = dead.run_until_cancelled(timeout(GOODBYE, engine.request(Command::Shutdown)));
    if let Some(Err(_)) = goodbye.await {
        tracing::warn!(engine = number.0, "the engine does not leave: killed");
    }
}

async fn follow(number: EngineNo, engine: &Engine, order: Order, mouth: &EngineMouth) {
    let command = match order {
        Order::Do(command) => command,
        Order::Stats(answer) => {
            let stats = match engine.request(Command::Stats).await {
                Ok(Reply::Stats { stats }) => Some(stats),
                Ok(Reply::Done | Reply::Devices { .. }) | Err(_) => None,
            };
            // nobody may be waiting any more
            let _ = answer.send(stats);
            return;
        }
    };
    let kind = match command {
        Command::Prepare { .. } => CommandKind::Prepare,
        Command::Join { .. } => CommandKind::Join,
        _ => CommandKind::Other,
    };
    match engine.request(command).await {
        Ok(Reply::Devices { devices }) => mouth(number, EngineWord::Devices(devices)).await,
        Ok(Reply::Done | Reply::Stats { .. }) => {}
        Err(error) => mouth(number, EngineWord::Refused(kind, error)).await,
    }
}

/// Looks for devices by an engine of its own, for when there is no call.
pub(crate) async fn list_devices(launch: EngineLaunch) -> Result<Vec<Device>, String> {
    let (engine, mut events) = Engine::launch(launch).map_err(|error| error.to_string())?;
    let drain = tokio::spawn(async move { while events.recv().await.is_some() {} });
    let listed = engine.request(Command::ListDevices).await;
    let _ = timeout(GOODBYE, engine.request(Command::Shutdown)).await;
    drop(engine);
    drain.abort();
    match listed {
        Ok(Reply::Devices { devices }) => Ok(devices),
        Ok(Reply::Done | Reply::Stats { .. }) => Err("the media engine gave no list of devices".into()),
        Err(error) => Err(error.message),
    }
}
