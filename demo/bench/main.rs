//! `cargo xtask bench contacts` and `calendar`: what filling and keeping mailboxes costs, with handler and tenant in
//! processes of their own.

mod calendar;
mod contacts;
mod control;
mod figures;
mod process;
mod rounds;
mod world;

use std::io::Read;
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

/// Measures filling and keeping mailboxes, and prints the figures.
#[derive(Debug, Parser)]
#[command(version)]
enum Bench {
    /// A company's directory in many mailboxes: first fill, unchanged, one person changed.
    Contacts(contacts::Options),
    /// One calendar in one mailbox: first fill, unchanged, a source that fails.
    Calendar(calendar::Options),
    /// Be the tenant: print where it is, and end with the standard input.
    #[command(hide = true)]
    Simulator(simulator::Settings),
}

fn main() -> ExitCode {
    demo::program::run("bench", async {
        match Bench::parse() {
            Bench::Contacts(options) => contacts::run(&options).await,
            Bench::Calendar(options) => calendar::run(&options).await,
            Bench::Simulator(settings) => simulate(&settings).await,
        }
    })
}

async fn simulate(settings: &simulator::Settings) -> Result<()> {
    let (_simulator, info) = simulator::serve_cli(0, settings).await?;
    println!("{}", serde_json::to_string(&info)?);
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}
