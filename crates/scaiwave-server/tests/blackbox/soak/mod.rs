//! A scripted call while the server is killed at a random moment and started again on the same data, over and over. What is scripted
//! and when the server dies follows from a seed; `cargo xtask soak server --runs 1 --seed S` plays a run again.

mod device;
mod script;
mod verdict;

use std::{
    panic::AssertUnwindSafe,
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::FutureExt;
use parking_lot::Mutex;
use tempfile::TempDir;
use tokio::sync::watch;

use crate::{
    sfu::Sfu,
    world::{World, free_port},
};
use script::{Kill, Script};

/// A ring lasts 2.25 s, a device that dropped out is given up after 1 s, and the SFU is asked twice a second.
const SETTINGS: [(&str, &str); 1] = [("SCAIWAVE_TIME_LAPSE", "20")];

/// What happened when, to be printed if a run fails; and how far the script is.
#[derive(Clone)]
pub struct Trace {
    began: Instant,
    lines: Arc<Mutex<Vec<(Duration, String)>>>,
    requests: watch::Sender<usize>,
}

impl Trace {
    fn new() -> Self {
        Self { began: Instant::now(), lines: Arc::default(), requests: watch::Sender::new(0) }
    }

    /// Another request is sent.
    pub fn request(&self) {
        self.requests.send_modify(|sent| *sent = sent.saturating_add(1));
    }

    /// The script is over: what was to happen after a later request happens now.
    pub fn played(&self) {
        self.requests.send_replace(usize::MAX);
    }

    async fn requests(&self, sent: usize) {
        let _ = self.requests.subscribe().wait_for(|known| *known >= sent).await;
    }

    pub fn note(&self, what: impl Into<String>) {
        let (mut lines, what) = (self.lines.lock(), what.into());
        // Asking again and again is told once.
        if lines.last().is_none_or(|(_, last)| *last != what) {
            lines.push((self.began.elapsed(), what));
        }
    }
}

impl std::fmt::Display for Trace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.lines.lock().iter().try_for_each(|(at, what)| writeln!(f, "  {:7.3} s  {what}", at.as_secs_f64()))
    }
}

fn setting(name: &str) -> Option<u64> {
    let value = std::env::var(name).ok()?;
    Some(value.parse().unwrap_or_else(|_| panic!("{name}={value}: must be a whole number")))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_killed_at_any_moment_leaves_no_ghost_no_stuck_ring_and_no_second_call() {
    let runs = setting("SOAK_RUNS").unwrap_or(10);
    let first = setting("SOAK_SEED").unwrap_or_else(|| u64::from(rand::random::<u32>()));
    println!("soak server: {runs} runs, seeds {first} to {}", first + runs - 1);
    let mut stage = Stage::new().await;
    let mut failed = Vec::new();
    for seed in first..first + runs {
        if stage.run(seed).await {
            continue;
        }
        failed.push(seed);
        stage = Stage::new().await;
        let again = if stage.run(seed).await { "passes" } else { "fails too" };
        println!("seed {seed}: a second time it {again}; again alone: cargo xtask soak server --runs 1 --seed {seed}");
        stage = Stage::new().await;
    }
    assert!(failed.is_empty(), "{} of {runs} runs failed: seeds {failed:?}", failed.len());
}

/// The SFU, the same for all runs, and the port of the server that gets its webhooks.
struct Stage {
    sfu: Option<Sfu>,
    port: u16,
}

impl Stage {
    async fn new() -> Self {
        let port = free_port();
        let sfu = Sfu::start(TempDir::new().unwrap(), &format!("http://127.0.0.1:{port}/v1/calls/webhook")).await;
        Self { sfu: Some(sfu), port }
    }

    /// One run; says whether all was well, and tells all if not.
    async fn run(&mut self, seed: u64) -> bool {
        let trace = Trace::new();
        let script = Script::of(seed);
        let outcome = AssertUnwindSafe(self.play(&script, &trace)).catch_unwind().await;
        let took = trace.began.elapsed().as_secs_f32();
        println!("seed {seed}: {} in {took:.1} s  {script:?}", if outcome.is_ok() { "sound" } else { "FAILED" });
        if outcome.is_err() {
            println!("{trace}");
        }
        outcome.is_ok()
    }

    async fn play(&mut self, script: &Script, trace: &Trace) {
        let sfu = self.sfu.take();
        let mut world = World::new(&SETTINGS, sfu, self.port).await;
        let sfu = world.sfu.take().unwrap();
        let room = if script.direct { world.direct.clone() } else { world.team.clone() };
        let base = world.base();
        let (cast, ()) =
            tokio::join!(script.play(&base, &room, &sfu, trace), kill(&mut world, &script.kills, &sfu, trace));
        let log = world.logged();
        let judged = AssertUnwindSafe(verdict::judge(cast, &room, &sfu, trace)).catch_unwind().await;
        if let Err(panic) = judged {
            trace.note(format!("the server's log:\n{}", tail(&log, &world.logged())));
            std::panic::resume_unwind(panic);
        }
        world.stop().await;
        self.sfu = Some(sfu);
    }
}

/// What the server logged of calls; all of it would be too much.
fn tail(before: &str, now: &str) -> String {
    let lines: Vec<_> = now.lines().filter(|line| line.contains("call")).collect();
    let newest = lines.len().saturating_sub(60);
    format!("({} bytes when the script had ended)\n{}", before.len(), lines[newest..].join("\n"))
}

/// Ends the server when the script says, and starts it again.
async fn kill(world: &mut World, kills: &[Kill], sfu: &Sfu, trace: &Trace) {
    for Kill { request, after, down } in kills {
        trace.requests(*request).await;
        tokio::time::sleep(*after).await;
        world.kill().await;
        trace.note("SIGKILL");
        tokio::time::sleep(*down).await;
        world.again_at(&sfu.url()).await;
        trace.note("the server listens again");
    }
}
