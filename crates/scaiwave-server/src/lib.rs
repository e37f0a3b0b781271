//! The reference server: behaves as ScaiWave documents, so that everything runs, is tested and can be self-hosted.
//!
//! **For**: the binary `scaiwave-server`, and tests that start a [`Server`] in their own process.
//!
//! **How it is made**: [`http`] reads requests and writes answers, [`calls`] holds the life of a call around the pure machine of
//! `call_model::server`, [`rooms`] what people do to rooms and messages, [`people`] knows who is there, [`media`] keeps files, [`store`] is the
//! only place that knows a database, [`publish`] and [`hub`] carry events to sockets, [`openapi`] describes the routes.
//!
//! **Never**: decides about a call outside of the pure machine, publishes before the commit, logs a token.

pub mod admin;
pub mod auth;
pub mod calls;
pub mod clock;
pub mod config;
pub mod error;
mod http;
mod hub;
mod keys;
pub mod layers;
pub mod limits;
mod listen;
mod logging;
mod media;
mod metrics;
pub mod openapi;
pub mod people;
mod publish;
mod rates;
mod rooms;
mod sessions;
pub mod store;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use tokio::{net::TcpListener, task::JoinSet, time::timeout};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use crate::logging::log_filter;
use crate::{
    auth::Auth,
    calls::{
        Calls, reconciler,
        sfu::{MeteredSfu, Sfu},
        timers,
        webhook::Webhooks,
    },
    clock::Clock,
    config::Settings,
    media::Media,
    metrics::Metrics,
    people::{Presence, Typing},
    publish::Publisher,
    rates::Rates,
    store::Store,
};

/// What handlers share.
struct App {
    settings: Settings,
    store: Store,
    auth: Auth,
    publisher: Arc<Publisher>,
    calls: Arc<Calls>,
    presence: Arc<Presence>,
    typing: Arc<Typing>,
    webhooks: Webhooks,
    media: Media,
    metrics: Arc<Metrics>,
    rates: Rates,
    stops: Stops,
    /// Requests that change something: what they began they finish.
    changes: TaskTracker,
    /// Open event streams.
    sockets: TaskTracker,
}

/// The steps of stopping, in this order, so that no event is lost: whatever may still make events ends before the sockets do.
#[derive(Clone, Debug, Default)]
struct Stops {
    /// `/readyz` says no; everything else goes on.
    unready: CancellationToken,
    /// No new requests; the ones under way are finished, and whoever waits for events is answered.
    requests: CancellationToken,
    /// Sockets send what is in their queues and close.
    sockets: CancellationToken,
}

/// Open requests have so long to finish once the server is told to stop; so have sockets to take their last events.
const DRAIN: Duration = Duration::from_secs(10);

/// A running server.
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    app: Arc<App>,
    tasks: JoinSet<()>,
}

impl Server {
    /// Opens the data directory, listens, and re-arms the timers of calls that were under way.
    pub async fn start(settings: Settings, sfu: Arc<dyn Sfu>) -> anyhow::Result<Self> {
        Self::start_at(settings, sfu, Clock::default()).await
    }

    /// The same, with the calls on a given clock.
    pub async fn start_at(settings: Settings, sfu: Arc<dyn Sfu>, clock: Clock) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(settings.listen)
            .await
            .map_err(|e| anyhow::anyhow!("SCAIWAVE_LISTEN: cannot listen on {}: {e}", settings.listen))?;
        let address = listener.local_addr()?;
        let app = Arc::new(App::open(settings, sfu, clock).await?);
        let stop = app.stops.requests.clone();
        let mut tasks = JoinSet::new();
        tasks.spawn(people::presence::run(app.presence.clone(), stop.clone()));
        tasks.spawn(people::typing::run(app.typing.clone(), stop.clone()));
        tasks.spawn(timers::run(app.calls.clone(), stop.clone()));
        tasks.spawn(reconciler::run(app.calls.clone(), app.settings.reconcile, stop.clone()));
        tasks.spawn(sessions::run(app.clone(), stop.clone()));
        let (limits, metrics) = (app.settings.limits.clone(), app.metrics.clone());
        let router = http::router(app.clone());
        tasks.spawn(async move { listen::serve(listener, router, &limits, metrics, stop).await });
        Ok(Self { address, app, tasks })
    }

    /// Stops without losing an event: requests under way are answered, what they changed is sent, then the sockets are closed. Timers
    /// stay in the database.
    pub async fn stop(mut self) {
        let App { stops, changes, sockets, store, settings, .. } = &*self.app;
        stops.unready.cancel();
        tokio::time::sleep(settings.limits.shutdown_delay_seconds.0).await;
        stops.requests.cancel();
        changes.close();
        let finished = async {
            while self.tasks.join_next().await.is_some() {}
            changes.wait().await;
        };
        if timeout(DRAIN, finished).await.is_err() {
            tracing::warn!("open requests did not finish in time");
        }
        stops.sockets.cancel();
        sockets.close();
        if timeout(DRAIN, sockets.wait()).await.is_err() {
            tracing::warn!("open event streams did not take their last events in time");
        }
        self.tasks.shutdown().await;
        store.close().await;
    }
}

impl App {
    async fn open(settings: Settings, sfu: Arc<dyn Sfu>, clock: Clock) -> anyhow::Result<Self> {
        let write_wait = metrics::seconds();
        let store = store::open_measured(&settings.data_dir, write_wait.clone()).await?;
        let metrics = Arc::new(Metrics::new(write_wait));
        let auth = Auth::open(store.clone(), &settings).await?;
        let publisher = Arc::new(Publisher::new(metrics.clone()));
        let sfu = Arc::new(MeteredSfu::new(sfu, metrics.clone()));
        let (livekit, timings) = (settings.livekit.clone(), settings.timings);
        let calls = Arc::new(Calls::new(store.clone(), publisher.clone(), sfu, livekit.clone(), timings, clock));
        calls.recover().await.map_err(|e| anyhow::anyhow!("calls under way cannot be taken up: {e:?}"))?;
        let moment = settings.clock.clone();
        let presence = Arc::new(Presence::open(store.clone(), publisher.clone(), moment.clone()).await?);
        let typing = Arc::new(Typing::new(store.clone(), publisher.clone(), moment));
        let webhooks = Webhooks::new(&livekit, store.clone(), calls.clone(), metrics.clone());
        let media = Media::open(store.clone(), &settings).await?;
        let rates = Rates::new(&settings.limits);
        Ok(Self {
            settings,
            store,
            auth,
            publisher,
            calls,
            presence,
            typing,
            webhooks,
            media,
            metrics,
            rates,
            stops: Stops::default(),
            changes: TaskTracker::new(),
            sockets: TaskTracker::new(),
        })
    }
}
