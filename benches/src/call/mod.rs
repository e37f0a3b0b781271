//! `bench call`: a one-to-one call at 720p30, the app in its window beside `livekit-client` in Chromium's.
//!
//! Both are Alice, in turns: the same partner (`call-agent`), the same SFU, the same picture and sound files as camera and microphone,
//! the same virtual screen. Prints a Markdown table of medians and ratios; where we lose, it says so. Never run beside other work.

mod browser;
mod media;
mod native;

use std::{
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use anyhow::{Context, Result};
use clap::Args;
use serde_json::Value;
use xtask::{
    desktop::Desktop,
    paths,
    peers::Agent,
    progress::{headline, say},
    stack::{Options, Stack, direct_name},
};

use self::media::Sources;
use crate::{
    processes::Tree,
    table::{self, Row},
};

/// How long and how often.
#[derive(Args, Clone, Copy)]
pub(crate) struct Plan {
    /// Runs of each side, in turns.
    #[arg(long, default_value_t = 5)]
    runs: u32,
    /// Seconds a call is left alone before it is measured.
    #[arg(long, default_value_t = 6)]
    settle: u64,
    /// Seconds measured.
    #[arg(long, default_value_t = 20)]
    seconds: u64,
}

impl Plan {
    fn settle(self) -> Duration {
        Duration::from_secs(self.settle)
    }

    fn span(self) -> Duration {
        Duration::from_secs(self.seconds)
    }

    /// How long the partner stays.
    fn stay(self) -> String {
        // a few seconds for the answer and for the pictures taken at the end
        format!("{}s", self.settle + self.seconds + 4)
    }
}

/// What both sides are measured in.
pub(super) struct Scene {
    stack: Stack,
    desktop: Desktop,
    room: String,
    sources: Sources,
    directory: PathBuf,
    plan: Plan,
}

/// One call, measured. Milliseconds, percent of one core, MB (10⁶ bytes).
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Measured {
    first_frame_ms: f64,
    first_sound_ms: f64,
    latency_p50_ms: f64,
    latency_p95_ms: f64,
    fps: f64,
    width: f64,
    cpu: f64,
    x_server_cpu: f64,
    pss_mb: f64,
    idle_cpu: f64,
    idle_pss_mb: f64,
}

/// What a process tree costs while it waits, and in a call.
#[derive(Clone, Copy)]
pub(super) struct Cost {
    cpu: f64,
    x_server_cpu: f64,
    pss_mb: f64,
}

impl Scene {
    /// Lets things settle, then watches for the plan's span.
    pub(super) fn watch(&self, tree: &Tree) -> Result<Cost> {
        let x_server = self.desktop.pid("Xvfb").map(Tree::of).context("the virtual desktop has no X server")?;
        thread::sleep(self.plan.settle());
        let (cpu, x) = (tree.cpu()?, x_server.cpu()?);
        thread::sleep(self.plan.span());
        let (cpu, x_server_cpu) = (cpu.percent_until(tree.cpu()?), x.percent_until(x_server.cpu()?));
        Ok(Cost { cpu, x_server_cpu, pss_mb: tree.pss_mb()? })
    }

    /// Bob, who calls and stays as long as it takes to watch.
    pub(super) fn bob(&self, directory: &Path) -> Result<Agent> {
        let stay = self.plan.stay();
        let calls = ["--call", &self.room, "--publish", "pattern,tone:660", "--for", &stay, "--view", "1280x720"];
        Agent::start(&self.stack.state, "bob", &calls, directory)
    }
}

impl Measured {
    /// `second` gives the median over the watched seconds of what a side reported.
    pub(super) fn new(
        (first_frame_ms, first_sound_ms): (f64, f64),
        idle: Cost,
        call: Cost,
        second: impl Fn(&str) -> Result<f64>,
    ) -> Result<Self> {
        Ok(Self {
            first_frame_ms,
            first_sound_ms,
            latency_p50_ms: second("latency_p50_ms").or_else(|_| second("latency_ms_p50"))?,
            latency_p95_ms: second("latency_p95_ms").or_else(|_| second("latency_ms_p95"))?,
            fps: second("fps")?,
            width: second("width")?,
            cpu: call.cpu,
            x_server_cpu: call.x_server_cpu,
            pss_mb: call.pss_mb,
            idle_cpu: idle.cpu,
            idle_pss_mb: idle.pss_mb,
        })
    }
}

/// The time of a reported event, Unix milliseconds.
pub(super) fn at_ms(line: &Value) -> Result<f64> {
    line["at_ms"].as_f64().with_context(|| format!("no time in {line}"))
}

/// The median of a field over what was reported each second.
pub(super) fn middle<'a>(lines: impl Iterator<Item = &'a Value>, field: &str) -> Result<f64> {
    let values: Vec<f64> = lines.filter_map(|line| line[field].as_f64()).collect();
    table::median(&values).with_context(|| format!("nothing reported {field}"))
}

/// Measures and prints the table.
pub(crate) fn run(plan: Plan) -> Result<()> {
    paths::use_release();
    let directory = paths::target_dir(&format!("bench/run-{}", std::process::id()))?;
    headline("Starting the stack and a virtual desktop");
    let stack = Stack::start(Options::new(directory.join("stack")))?;
    let room = stack.state.room(&direct_name("alice", "bob"))?.room_id.clone();
    let desktop = Desktop::start(&directory.join("desktop"))?;
    let sources = Sources::write(&directory)?;
    let scene = Scene { stack, desktop, room, sources, directory, plan };

    let (mut native, mut browser) = (Vec::new(), Vec::new());
    for run in 1..=plan.runs {
        headline(&format!("Run {run} of {}: the app", plan.runs));
        native.push(native::measure(&scene, run).with_context(|| format!("the app, run {run}"))?);
        say(&format!("{:?}", native[native.len() - 1]));
        headline(&format!("Run {run} of {}: Chromium", plan.runs));
        browser.push(browser::measure(&scene, run).with_context(|| format!("Chromium, run {run}"))?);
        say(&format!("{:?}", browser[browser.len() - 1]));
    }
    headline("Waiting for a ring without a window");
    let windowless = (0..plan.runs).map(|run| native::measure_windowless(&scene, run)).collect::<Result<Vec<_>>>()?;
    println!("{}", table::markdown(&rows(&native, &browser, &windowless)));
    Ok(())
}

fn rows(native: &[Measured], browser: &[Measured], windowless: &[Measured]) -> Vec<Row> {
    let both = |name, aim, pick: fn(&Measured) -> f64| Row {
        name,
        aim,
        native: native.iter().map(pick).collect(),
        browser: browser.iter().map(pick).collect(),
    };
    let alone = |name, pick: fn(&Measured) -> f64| Row {
        name,
        aim: None,
        native: windowless.iter().map(pick).collect(),
        browser: Vec::new(),
    };
    vec![
        both("answer → first remote frame, ms", Some(0.4), |m| m.first_frame_ms),
        both("answer → first sound, ms", None, |m| m.first_sound_ms),
        both("picture latency p50, ms", Some(1.0), |m| m.latency_p50_ms),
        both("picture latency p95, ms", Some(1.0), |m| m.latency_p95_ms),
        both("frames drawn a second", None, |m| m.fps),
        both("width of the picture drawn, px", None, |m| m.width),
        both("CPU in the call, % of a core", Some(0.75), |m| m.cpu),
        both("X server meanwhile, % of a core", None, |m| m.x_server_cpu),
        both("memory in the call (PSS), MB", Some(0.8), |m| m.pss_mb),
        both("waiting for a ring, window open: PSS, MB", None, |m| m.idle_pss_mb),
        both("waiting for a ring, window open: CPU, %", None, |m| m.idle_cpu),
        alone("waiting for a ring, no window: PSS, MB (aim 45)", |m| m.idle_pss_mb),
        alone("waiting for a ring, no window: CPU, %", |m| m.idle_cpu),
    ]
}
