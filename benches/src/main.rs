//! `cargo xtask bench`: what a call costs beside a browser, and what the server holds.
//!
//! Each prints a Markdown table; where an aim is missed, it says so. Never run beside other work.

mod call;
mod processes;
mod server;
mod table;

use anyhow::Result;
use clap::{Parser, Subcommand};
use xtask::process;

#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// A one-to-one call at 720p30, beside a browser.
    Call(call::Plan),
    /// Rings, joins and memory of the server with many clients.
    Server(server::Plan),
}

fn main() -> Result<()> {
    let what = Cli::parse().what;
    process::end_all_when_interrupted()?;
    match what {
        What::Call(plan) => call::run(plan),
        What::Server(plan) => server::run(&plan),
    }
}
