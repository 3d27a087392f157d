//! `cargo xtask bench contacts`: what filling and keeping mailboxes costs, with handler and tenant in processes of their own.

mod control;
mod figures;
mod process;
mod rounds;
mod world;

use std::io::Read;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, ensure};
use clap::Parser;

use rounds::Rounds;
use world::World;

/// Measures filling and keeping mailboxes, and prints the figures.
#[derive(Debug, Parser)]
#[command(version)]
struct Options {
    /// How many mailboxes there are.
    #[arg(long, default_value_t = 100)]
    mailboxes: usize,
    /// How many people the list has.
    #[arg(long, default_value_t = 500)]
    people: usize,
    /// How long Graph takes for one request, in milliseconds.
    #[arg(long, default_value_t = 50)]
    latency_ms: u64,
    /// Chooses the made-up people and all ids.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The deployed binary.
    #[arg(long, value_name = "FILE", required_unless_present = "simulator")]
    wheelhouse: Option<PathBuf>,
    /// Be the tenant: print where it is, and end with the standard input.
    #[arg(long, hide = true)]
    simulator: bool,
}

fn main() -> ExitCode {
    let options = Options::parse();
    rustls::crypto::ring::default_provider().install_default().ok();
    let done = if options.simulator { simulate(&options) } else { measure(&options) };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn simulate(options: &Options) -> Result<()> {
    let Options { people, mailboxes, latency_ms, seed, .. } = *options;
    let settings = simulator::Settings {
        company: people,
        mailboxes,
        latency_ms,
        seed,
        ..simulator::Settings::default()
    };
    let runtime = tokio::runtime::Runtime::new()?;
    let (_simulator, info) = runtime.block_on(simulator::serve_cli(&settings))?;
    println!("{}", serde_json::to_string(&info)?);
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

#[tokio::main]
async fn measure(options: &Options) -> Result<()> {
    let Options { people, mailboxes, latency_ms, .. } = *options;
    ensure!(mailboxes <= people, "--mailboxes {mailboxes}: there are only {people} people");
    println!("bench=contacts mailboxes={mailboxes} people={people} latency_ms={latency_ms}");
    let world = World::open(options).await?;
    Rounds::new(&world, options).all().await
}
