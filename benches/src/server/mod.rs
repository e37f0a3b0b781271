//! `bench server`: the reference server with many clients connected, all of them one `call-agent swarm`, and the real SFU.
//!
//! For each number of clients three runs, each with everybody connected: calls in a room of two, calls in a room of all, and a room
//! whose members all join at once. Server, SFU and clients share the machine.

mod people;
mod swarm;

use std::{thread, time::Duration};

use anyhow::{Context, Result, ensure};
use clap::Args;
use serde_json::Value;
use xtask::{
    paths,
    progress::{headline, say},
    stack::{Options, Stack},
};

use self::{people::People, swarm::Swarm};
use crate::{
    processes::Tree,
    table::{self, Figure},
};

/// How many and how often.
#[derive(Args, Clone)]
pub(crate) struct Plan {
    /// Numbers of connected clients.
    #[arg(long, value_name = "N,…", value_delimiter = ',', default_value = "10,100,1000", value_parser = clap::value_parser!(u16).range(3..))]
    clients: Vec<u16>,
    /// Calls in the room of two.
    #[arg(long, default_value_t = 200)]
    calls: u32,
    /// Calls in the room of all.
    #[arg(long, default_value_t = 20)]
    large_calls: u32,
    /// Members who join at once.
    #[arg(long, default_value_t = 50)]
    joiners: u16,
    /// Seconds that everybody is connected before the memory is read and the first call is made.
    #[arg(long, default_value_t = 5)]
    settle: u64,
    /// Programs as they were built for development: shows that it works, measures nothing.
    #[arg(long)]
    unoptimised: bool,
}

/// Clients before the first figure.
const WARM_UP: u16 = 32;
/// With fewer, memory says nothing about each.
const ENOUGH_FOR_MEMORY: u16 = 500;

/// The aims, at the largest number of clients.
const AIM_P99_MS: f64 = 100.0;
const AIM_KB: f64 = 40.0;

/// What was measured with a number of clients.
struct Measured {
    clients: u16,
    pair: Value,
    large: Value,
    joins: Value,
    kb_per_client: f64,
}

/// Measures and prints the table.
pub(crate) fn run(plan: &Plan) -> Result<()> {
    if !plan.unoptimised {
        paths::use_release();
    }
    let directory = paths::target_dir(&format!("bench/server-{}", std::process::id()))?;
    headline("Starting the stack");
    // All of them come from one address.
    let settings =
        ["SCAIWAVE_RATE_PER_CALLER", "SCAIWAVE_RATE_PER_ADDRESS"].map(|rate| (rate, "0".to_owned())).to_vec();
    let stack = Stack::start(Options { settings, ..Options::new(directory.join("stack")) })?;
    let people = People::seed(&stack, plan, &directory)?;
    // what sign-ins and first calls leave behind is not to be counted among the clients
    measure(plan, &stack, &people, plan.warm_up())?;
    let mut measured = Vec::new();
    for clients in plan.clients.iter().copied() {
        headline(&format!("{clients} clients"));
        measured.push(measure(plan, &stack, &people, clients).with_context(|| format!("with {clients} clients"))?);
    }
    println!("{}", table::by_size("clients connected", &plan.clients, &figures(&measured)?));
    if plan.unoptimised {
        say("the programs were not optimised: these figures are none");
    }
    Ok(())
}

fn measure(plan: &Plan, stack: &Stack, people: &People, clients: u16) -> Result<Measured> {
    let server = stack.state.processes.iter().find(|process| process.name == "scaiwave-server");
    let server = Tree::of(server.context("the stack has no server")?.pid);
    let before = server.pss_mb()?;
    let swarm = |room: &str, calls: u32, joiners: u16| Swarm {
        clients,
        joiners,
        room: room.to_owned(),
        calls,
        settle: Duration::from_secs(plan.settle),
    };
    let mut first = swarm(&people.pair, plan.calls, 0).start(stack, people)?;
    first.online()?;
    thread::sleep(Duration::from_secs(plan.settle) / 2);
    let kb_per_client = (server.pss_mb()? - before) * 1000.0 / f64::from(clients);
    let pair = first.report()?;
    let large = swarm(people.room_of_all(clients)?, plan.large_calls, 0).start(stack, people)?.report()?;
    let joiners = plan.joiners.min(clients - 1);
    let joins = swarm(people.room_of_joiners(joiners)?, 3, joiners).start(stack, people)?.report()?;
    let measured = Measured { clients, pair, large, joins, kb_per_client };
    say(&measured.said());
    Ok(measured)
}

impl Plan {
    fn warm_up(&self) -> u16 {
        self.clients.iter().copied().max().map_or(3, |most| most.min(WARM_UP))
    }
}

impl Measured {
    fn tells_memory(&self) -> bool {
        self.clients >= ENOUGH_FOR_MEMORY
    }

    fn said(&self) -> String {
        let Self { clients, pair, large, joins, kb_per_client } = self;
        let (pair, large, rate) = (&pair["rings"], &large["rings"], &joins["joins"]["per_second"]);
        format!("{clients}: {kb_per_client:.1} KB a client, {rate:.0} joins a second; two: {pair}; all: {large}")
    }

    /// A ring nobody saw, or saw twice, is no figure but a fault.
    fn faultless(&self) -> Result<()> {
        for report in [&self.pair, &self.large, &self.joins] {
            let rings = &report["rings"];
            let fine = rings["missed"] == 0 && rings["doubled"] == 0 && report["errors"] == serde_json::json!({});
            ensure!(fine, "rings missed or doubled, or requests failed: {report}");
        }
        Ok(())
    }
}

fn figures(measured: &[Measured]) -> Result<Vec<Figure>> {
    measured.iter().try_for_each(Measured::faultless)?;
    let largest = measured.last().context("nothing measured")?;
    let number = |value: &Value| value.as_f64().with_context(|| format!("no figure: {value}"));
    let spread = |value: &Value| -> Result<String> {
        let (p50, p95, p99) = (number(&value["p50"])?, number(&value["p95"])?, number(&value["p99"])?);
        Ok(format!("{p50:.1} / {p95:.1} / {p99:.1}"))
    };
    let each = |pick: &dyn Fn(&Measured) -> Result<String>| measured.iter().map(pick).collect::<Result<Vec<_>>>();
    let met = |met: bool| Some(met);
    Ok(vec![
        Figure {
            name: "`initiate` → ring, room of two: p50 / p95 / p99, ms",
            values: each(&|m| spread(&m.pair["rings"]["latency_ms"]))?,
            aim: "p99 < 100",
            met: met(number(&largest.pair["rings"]["latency_ms"]["p99"])? < AIM_P99_MS),
        },
        Figure {
            name: "`initiate` → ring, room of all: p50 / p95 / p99, ms",
            values: each(&|m| spread(&m.large["rings"]["latency_ms"]))?,
            aim: "p99 < 100",
            met: met(number(&largest.large["rings"]["latency_ms"]["p99"])? < AIM_P99_MS),
        },
        Figure {
            name: "the last one of all to be rung: p50 / p95 / p99, ms",
            values: each(&|m| spread(&m.large["rings"]["last_ms"]))?,
            aim: "–",
            met: None,
        },
        Figure {
            name: "joins a second, all members at once",
            values: each(&|m| Ok(format!("{:.0}", number(&m.joins["joins"]["per_second"])?)))?,
            aim: "–",
            met: None,
        },
        Figure {
            name: "memory per idle client (PSS of the server), KB",
            values: each(&|m| Ok(if m.tells_memory() { format!("{:.1}", m.kb_per_client) } else { "–".into() }))?,
            aim: "< 40",
            met: largest.tells_memory().then_some(largest.kb_per_client < AIM_KB),
        },
    ])
}
