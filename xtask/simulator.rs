//! `cargo xtask simulator`: a Microsoft 365 tenant to try any Graph client on.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use simulator::Settings;

/// What lives in the tenant.
#[derive(Args)]
pub struct Options {
    /// The port on 127.0.0.1; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// People of your own: JSON lines or CSV. Without it a company is made up.
    #[arg(long, value_name = "FILE")]
    people: Option<PathBuf>,
    /// How many of the first people have a mailbox.
    #[arg(long, default_value_t = 25)]
    mailboxes: usize,
    /// How long Graph takes for one request.
    #[arg(long, default_value_t = 0)]
    latency_ms: u64,
    /// Chooses all ids and the made up company.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Runs the simulator until Ctrl-C, after printing what a client needs to know.
///
/// # Errors
/// The port is taken, or the file of people is broken.
pub fn run(options: Options) -> Result<()> {
    let Options { port, people, mailboxes, latency_ms, seed } = options;
    let settings = Settings { port, people, mailboxes, latency_ms, seed, ..Settings::default() };
    tokio::runtime::Runtime::new()?.block_on(async {
        let (_simulator, info) = simulator::serve_cli(&settings).await?;
        println!("{info}\n\nCtrl-C ends it.");
        tokio::signal::ctrl_c().await?;
        Ok(())
    })
}
