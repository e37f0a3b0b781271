//! The reference server: behaves as ScaiWave documents, so that everything runs, is tested and can be self-hosted.
//!
//! **For**: the binary `scaiwave-server`, and tests that start a [`Server`] in their own process.
//!
//! **How it is made**: [`http`] reads requests and writes answers, [`calls`] holds the life of a call around the pure machine of
//! `call_model::server`, [`rooms`] what people do to rooms and messages, [`people`] knows who is there, [`store`] is the only place that
//! knows SQL, [`publish`] and [`hub`] carry events to sockets, [`openapi`] describes the routes.
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
pub mod openapi;
pub mod people;
mod publish;
mod rooms;
pub mod store;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use tokio::{net::TcpListener, task::JoinSet};
use tokio_util::sync::CancellationToken;

use crate::{
    auth::Auth,
    calls::{Calls, reconciler, sfu::Sfu, timers, webhook::Webhooks},
    clock::Clock,
    config::Settings,
    people::{Presence, Typing},
    publish::Publisher,
    store::{DEFAULT_TENANT, Store},
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
    stopping: CancellationToken,
}

/// Open requests have so long to finish once the server is told to stop.
const DRAIN: Duration = Duration::from_secs(5);

/// A running server.
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    store: Store,
    stop: CancellationToken,
    tasks: JoinSet<()>,
}

impl Server {
    /// Opens the data directory, listens, and re-arms the timers of calls that were under way.
    pub async fn start(settings: Settings, sfu: Arc<dyn Sfu>) -> anyhow::Result<Self> {
        Self::start_at(settings, sfu, Clock::default()).await
    }

    /// The same, with the calls on a given clock.
    pub async fn start_at(settings: Settings, sfu: Arc<dyn Sfu>, clock: Clock) -> anyhow::Result<Self> {
        let store = Store::open(&settings.data_dir).await?;
        let auth = Auth::open(store.clone(), &settings).await?;
        let publisher = Arc::new(Publisher::new(DEFAULT_TENANT));
        let (livekit, timings) = (settings.livekit.clone(), settings.timings);
        let calls = Arc::new(Calls::new(store.clone(), publisher.clone(), sfu, livekit.clone(), timings, clock));
        calls.recover().await.map_err(|e| anyhow::anyhow!("calls under way cannot be taken up: {e:?}"))?;
        let moment = settings.clock.clone();
        let presence = Arc::new(Presence::open(store.clone(), publisher.clone(), moment.clone()).await?);
        let typing = Arc::new(Typing::new(store.clone(), publisher.clone(), moment));
        let webhooks = Webhooks::new(&livekit, store.clone(), calls.clone());
        let stop = CancellationToken::new();
        let listener = TcpListener::bind(settings.listen)
            .await
            .map_err(|e| anyhow::anyhow!("SCAIWAVE_LISTEN: cannot listen on {}: {e}", settings.listen))?;
        let address = listener.local_addr()?;
        let reconcile = settings.reconcile;
        let app = Arc::new(App {
            settings,
            store: store.clone(),
            auth,
            publisher,
            calls: calls.clone(),
            presence: presence.clone(),
            typing: typing.clone(),
            webhooks,
            stopping: stop.clone(),
        });
        let mut tasks = JoinSet::new();
        tasks.spawn(people::presence::run(presence, stop.clone()));
        tasks.spawn(people::typing::run(typing, stop.clone()));
        tasks.spawn(timers::run(calls.clone(), stop.clone()));
        tasks.spawn(reconciler::run(calls, reconcile, stop.clone()));
        let graceful = axum::serve(listener, http::router(app)).with_graceful_shutdown(stop.clone().cancelled_owned());
        tasks.spawn(async move {
            if let Err(e) = graceful.await {
                tracing::error!(cause = %e, "the listener failed");
            }
        });
        Ok(Self { address, store, stop, tasks })
    }

    /// Stops: sockets are closed, open requests finish, timers stay in the database.
    pub async fn stop(mut self) {
        self.stop.cancel();
        let drained = tokio::time::timeout(DRAIN, async { while self.tasks.join_next().await.is_some() {} }).await;
        if drained.is_err() {
            tracing::warn!("open requests did not finish in time");
        }
        self.tasks.shutdown().await;
        self.store.close().await;
    }
}
