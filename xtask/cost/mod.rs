//! `cargo xtask cost`: what a month of a stamp costs, computed from hub configurations.
//!
//! docs/COST.md says how, and the tests of `page.rs` write its tables.

mod load;
mod month;
#[cfg(test)]
mod page;
mod prices;

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, anyhow, ensure};
use clap::{Args, ValueEnum};
use sync::HubConfig;

use load::Load;
use month::Month;

/// What is to be computed.
#[derive(Args, Clone)]
pub struct Options {
    /// Hub configurations, as JSON files.
    #[arg(required_unless_present = "prices")]
    hubs: Vec<PathBuf>,
    /// How many mailboxes a hub serves whose audience is a group or everybody.
    #[arg(long, default_value_t = 1_000)]
    mailboxes: u32,
    /// How many of a hundred scheduled runs find something changed.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(0..=100))]
    changed: u32,
    /// How the app reaches storage and vault.
    #[arg(long, value_enum, default_value = "private-endpoints")]
    network: Network,
    /// A host name of your own, by Front Door Standard.
    #[arg(long)]
    front_door: bool,
    /// Memory of an instance in MB: 512, 2048 or 4096.
    #[arg(long, default_value_t = 512)]
    memory: u32,
    /// Bytes that one mailbox's visit writes into the log.
    #[arg(long, default_value_t = 250)]
    log_bytes: u32,
    /// List the prices and where they were read, and compute nothing.
    #[arg(long)]
    prices: bool,
    /// One JSON document instead of a table.
    #[arg(long)]
    json: bool,
}

/// How the app reaches storage and vault.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Network {
    /// Private addresses: a fixed price an hour.
    PrivateEndpoints,
    /// Public addresses closed to all but the app's subnet: free.
    ServiceEndpoints,
}

/// Prints the month.
///
/// # Errors
/// A file is missing or holds no hub's configuration.
pub fn run(options: &Options) -> Result<()> {
    if options.prices {
        let mut list = String::new();
        prices::write(&mut list)?;
        print!("{list}");
        return Ok(());
    }
    ensure!([512, 2048, 4096].contains(&options.memory), "--memory is 512, 2048 or 4096");
    let hubs: Vec<_> = options.hubs.iter().map(read).collect::<Result<_>>()?;
    let load = Load::of(&hubs, options)?;
    let month = Month::of(&load, options)?;
    match options.json {
        true => println!("{}", serde_json::to_string_pretty(&month.document())?),
        false => print(&month, &load),
    }
    Ok(())
}

fn read(path: &PathBuf) -> Result<HubConfig> {
    let json = fs::read(path).with_context(|| path.display().to_string())?;
    sync::hub::parse(&json).map_err(|problem| anyhow!("{}: {problem}", path.display()))
}

fn print(month: &Month, load: &Load) {
    let Load { runs, messages, writing, looking, .. } = load;
    println!(
        "{runs:.0} runs, {messages:.0} messages; {writing:.0} mailboxes get something, {looking:.0} are looked into"
    );
    for (name, dollars) in month.rows() {
        println!("{name:<12}{dollars:>10.2} USD a month");
    }
}
