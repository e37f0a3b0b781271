//! Many people in one process, for load: each is signed in and has its own event stream, all share one pool of connections.
//!
//! **Never**: keeps a session or an engine; what a client costs here is two tasks, a socket and a few kilobytes.

mod limits;
mod member;
mod options;
mod report;
mod starter;
mod tally;

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use anyhow::{Result, ensure};
use call_model::ParticipantId;
use futures_util::{StreamExt, stream};
use parking_lot::Mutex;
use scaiwave_client::{ClientError, Connections};
use serde_json::json;
use tokio::{sync::Semaphore, task::JoinSet, time::sleep};
use tokio_util::sync::CancellationToken;

pub(crate) use options::SwarmOptions;

use self::{
    member::Member,
    report::{Clients, Report, milliseconds},
    starter::Starter,
    tally::{Tally, Who},
};
use crate::print::Printer;

/// What all of a swarm share.
struct Shared {
    options: SwarmOptions,
    tally: Mutex<Tally>,
    reconnects: AtomicU64,
    requests: Semaphore,
    /// The time is over, or somebody wants it to be.
    over: CancellationToken,
}

impl Shared {
    fn failed(&self, error: &ClientError) {
        tracing::warn!(%error, "a request failed");
        self.tally.lock().failed(error.code());
    }

    /// Starters come first, then joiners.
    fn joins(&self, who: Who) -> bool {
        let SwarmOptions { starters, joiners, .. } = self.options;
        (starters..starters + joiners).contains(&who)
    }
}

/// Does what the options say; what went wrong stands in the report.
pub(crate) async fn run(options: SwarmOptions, printer: Printer, stop: CancellationToken) -> Report {
    let mut report = Report::default();
    report.clients.wanted = options.people();
    let requests = Semaphore::new(options.at_once.into());
    let (tally, reconnects) = (Mutex::default(), AtomicU64::default());
    let shared = Arc::new(Shared { options, tally, reconnects, requests, over: stop.child_token() });
    let acted = act(&shared, printer, &mut report).await;
    report.error = acted.err().map(|error| format!("{error:#}"));
    let tally = std::mem::take(&mut *shared.tally.lock());
    (report.calls, report.rings, report.joins, report.errors) = tally.finish();
    report.reconnects = shared.reconnects.load(Ordering::Relaxed);
    report
}

async fn act(shared: &Arc<Shared>, printer: Printer, report: &mut Report) -> Result<()> {
    let members = come_online(shared, &mut report.clients).await?;
    let Clients { wanted, online, online_after_ms } = report.clients;
    printer.own("all_online", json!({ "clients": online, "after_ms": online_after_ms }));
    let acted = if online == wanted { make_calls(shared, &members).await } else { Ok(()) };
    report.stream_bytes = members.iter().map(|member| member.stream.received()).sum();
    ensure!(online == wanted, "only {online} of {wanted} came online; the errors say why");
    acted
}

/// Signs everybody in, a few at a time.
async fn come_online(shared: &Arc<Shared>, clients: &mut Clients) -> Result<Vec<Arc<Member>>> {
    let began = Instant::now();
    let (server, accounts) = shared.options.read()?;
    let at_once = usize::from(shared.options.at_once);
    limits::allow_sockets(accounts.len(), at_once)?;
    let connections = Connections::new()?;
    let signing_in = accounts.into_iter().enumerate().map(|(who, account)| {
        let (shared, connections, server) = (Arc::clone(shared), connections.clone(), server.clone());
        async move {
            let member = Member::sign_in(&shared, connections, &server, who, &account).await;
            member.inspect_err(|error| shared.failed(error)).ok()
        }
    });
    let over = shared.over.clone();
    let signed_in = stream::iter(signing_in).buffered(at_once).filter_map(std::future::ready);
    let members: Vec<Arc<Member>> = signed_in.take_until(over.cancelled_owned()).collect().await;
    clients.online = members.len();
    clients.online_after_ms = milliseconds(began.elapsed());
    Ok(members)
}

/// Lets the starters call until it is over.
async fn make_calls(shared: &Arc<Shared>, members: &[Arc<Member>]) -> Result<()> {
    let places: HashMap<ParticipantId, Who> = members.iter().map(|member| (member.id.clone(), member.who)).collect();
    let mut starters = JoinSet::new();
    for starter in starter::with_rooms(shared, members, &places).await? {
        starters.spawn(begin(shared.clone(), starter));
    }
    let (options, over) = (&shared.options, &shared.over);
    let alone = starters.is_empty();
    tokio::select! {
        () = sleep(options.settle + options.lasts) => {}
        () = over.cancelled() => {}
        // all of them have made their calls
        () = async { while starters.join_next().await.is_some() {} }, if !alone => {}
    }
    over.cancel();
    while starters.join_next().await.is_some() {}
    Ok(())
}

async fn begin(shared: Arc<Shared>, starter: Starter) {
    let settled = shared.over.run_until_cancelled(sleep(shared.options.settle)).await;
    if settled.is_some() {
        starter.run(&shared).await;
    }
}
