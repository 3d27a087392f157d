//! `cargo xtask cost`: what a month of a stamp costs, computed from hub configurations.
//!
//! Prices are list prices in US dollars of November 2026 (region West Europe or East US; others differ by about a fifth); where
//! they come from stands in docs/COST.md. What a call needs was measured with `cargo xtask bench`.

use std::fs;
use std::path::PathBuf;
use std::str::FromStr;

use anyhow::{Context, Result, anyhow, ensure};
use chrono::{DateTime, TimeDelta, Utc};
use clap::{Args, ValueEnum};
use croner::Cron;
use serde::Serialize;
use sync::HubConfig;

/// Days of the month that is computed.
const DAYS: i64 = 30;
const HOURS: f64 = 730.0;
/// One message's mailboxes.
const TOGETHER: f64 = 20.0;

const ENDPOINT_HOUR: f64 = 0.01;
const ZONE_MONTH: f64 = 0.50;
const GIB_SECOND: f64 = 2.6e-5;
const FREE_GIB_SECONDS: f64 = 100_000.0;
const EXECUTION: f64 = 4e-7;
const FREE_EXECUTIONS: f64 = 250_000.0;
const QUEUE_CALL: f64 = 4e-7;
const BLOB_WRITE: f64 = 6.9e-6;
const BLOB_READ: f64 = 4.5e-7;
const VAULT_CALL: f64 = 1.5e-5;
const LOG_GB: f64 = 2.30;
const FREE_LOG_GB: f64 = 5.0;

/// What is to be computed.
#[derive(Args)]
pub struct Options {
    /// Hub configurations, as JSON files.
    #[arg(required = true)]
    hubs: Vec<PathBuf>,
    /// How many mailboxes each hub serves.
    #[arg(long)]
    mailboxes: u32,
    /// How many of a hundred scheduled runs find something changed.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(0..=100))]
    changed: u32,
    /// How the app reaches storage and vault.
    #[arg(long, value_enum, default_value = "private-endpoints")]
    network: Network,
    /// Memory of an instance in MB: 512, 2048 or 4096.
    #[arg(long, default_value_t = 512)]
    memory: u32,
    /// Bytes that one mailbox's visit writes into the log.
    #[arg(long, default_value_t = 200)]
    log_bytes: u32,
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

/// A month in dollars, by what it is for.
#[derive(Debug, Default, Clone, PartialEq, Serialize)]
struct Month {
    network: f64,
    compute: f64,
    executions: f64,
    queues: f64,
    blobs: f64,
    vault: f64,
    logs: f64,
    total: f64,
}

/// What hubs make the functions do in a month.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
struct Load {
    runs: f64,
    messages: f64,
    visits: f64,
}

/// Prints the month.
///
/// # Errors
/// A file is missing or holds no hub's configuration.
pub fn run(options: &Options) -> Result<()> {
    ensure!([512, 2048, 4096].contains(&options.memory), "--memory is 512, 2048 or 4096");
    let mut load = Load::default();
    for path in &options.hubs {
        load = load.and(of_hub(&read(path)?, options)?);
    }
    let month = month(load, options);
    if options.json {
        println!("{}", serde_json::to_string_pretty(&month)?);
    } else {
        print(&month, load);
    }
    Ok(())
}

fn read(path: &PathBuf) -> Result<HubConfig> {
    let json = fs::read(path).with_context(|| path.display().to_string())?;
    sync::hub::parse(&json).map_err(|problem| anyhow!("{}: {problem}", path.display()))
}

impl Load {
    fn and(self, other: Self) -> Self {
        Self {
            runs: self.runs + other.runs,
            messages: self.messages + other.messages,
            visits: self.visits + other.visits,
        }
    }
}

/// Runs that change nothing end in the gathering; the others, those of two-way hubs and the drift checks visit every mailbox.
fn of_hub(config: &HubConfig, options: &Options) -> Result<Load> {
    let runs = runs(&config.schedule)?;
    let share = if config.spokes.iter().any(|spoke| spoke.two_way) {
        1.0
    } else {
        f64::from(options.changed) / 100.0
    };
    let drift_checks = 24.0 * DAYS as f64 / f64::from(config.drift_check_hours.max(1));
    let visiting = (runs * share + drift_checks).min(runs);
    let mailboxes = f64::from(options.mailboxes);
    Ok(Load { runs, messages: visiting * (mailboxes / TOGETHER).ceil(), visits: visiting * mailboxes })
}

/// How often a schedule starts its hub in a month.
fn runs(schedule: &str) -> Result<f64> {
    let cron = Cron::from_str(schedule).with_context(|| format!("{schedule}: no schedule"))?;
    let begin: DateTime<Utc> = DateTime::UNIX_EPOCH;
    let end = begin + TimeDelta::days(DAYS);
    Ok(cron.iter_after(begin).take_while(|time| *time <= end).count() as f64)
}

fn month(load: Load, options: &Options) -> Month {
    let gib = f64::from(options.memory) / 1024.0;
    // The minute timer, the gatherings, the messages; none is billed for less than a second.
    let (minutes, gathering, message) = (HOURS * 60.0, 2.0, 4.0);
    let seconds = minutes + load.runs * gathering + load.messages * message;
    let executions = minutes + load.runs + load.messages;
    let network = match options.network {
        Network::PrivateEndpoints => 4.0 * HOURS * ENDPOINT_HOUR + 4.0 * ZONE_MONTH,
        Network::ServiceEndpoints => 0.0,
    };
    let gigabytes = load.visits * f64::from(options.log_bytes) / 1e9;
    let mut month = Month {
        network,
        compute: (seconds * gib - FREE_GIB_SECONDS).max(0.0) * GIB_SECOND,
        executions: (executions - FREE_EXECUTIONS).max(0.0) * EXECUTION,
        queues: (load.messages + load.runs) * 4.0 * QUEUE_CALL,
        // Each message reads its mailboxes' states and writes its outcome; a tenth of the states move.
        blobs: load.visits * BLOB_READ
            + (load.visits / 10.0 + load.messages + load.runs) * BLOB_WRITE
            + minutes * 3.0 * BLOB_READ,
        // A data key is kept for five minutes, by the timers', the queues' and the calls' instances each.
        vault: minutes / 5.0 * 3.0 * VAULT_CALL,
        logs: (gigabytes - FREE_LOG_GB).max(0.0) * LOG_GB,
        total: 0.0,
    };
    month.total = month.network
        + month.compute
        + month.executions
        + month.queues
        + month.blobs
        + month.vault
        + month.logs;
    month
}

fn print(month: &Month, load: Load) {
    println!(
        "{:.0} runs, {:.0} messages, {:.0} visits to mailboxes in {DAYS} days",
        load.runs, load.messages, load.visits
    );
    let rows = [
        ("network", month.network),
        ("compute", month.compute),
        ("executions", month.executions),
        ("queues", month.queues),
        ("blobs", month.blobs),
        ("vault", month.vault),
        ("logs", month.logs),
        ("total", month.total),
    ];
    for (name, dollars) in rows {
        println!("{name:<12}{dollars:>10.2} USD a month");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(mailboxes: u32, network: Network) -> Options {
        Options {
            hubs: Vec::new(),
            mailboxes,
            changed: 10,
            network,
            memory: 512,
            log_bytes: 200,
            json: false,
        }
    }

    fn load(mailboxes: u32) -> Load {
        let visiting = 720.0 * 0.1 + 30.0;
        Load {
            runs: 720.0,
            messages: visiting * (f64::from(mailboxes) / TOGETHER).ceil(),
            visits: visiting * f64::from(mailboxes),
        }
    }

    #[test]
    fn an_hourly_schedule_starts_720_runs_and_a_daily_one_30() {
        assert_eq!(runs("0 * * * *").unwrap(), 720.0);
        assert_eq!(runs("0 6 * * *").unwrap(), 30.0);
        assert!(runs("whenever").is_err());
    }

    #[test]
    fn the_network_is_the_price_of_a_small_company_and_service_endpoints_take_it_away() {
        let small = month(load(50), &options(50, Network::PrivateEndpoints));
        assert!((31.0..33.0).contains(&small.total), "{small:?}");
        let cheap = month(load(50), &options(50, Network::ServiceEndpoints));
        assert!(cheap.total < 2.0, "{cheap:?}");
    }

    #[test]
    fn logs_of_ten_kilobytes_are_most_of_a_large_bill() {
        let chatty = Options { log_bytes: 10_240, ..options(100_000, Network::ServiceEndpoints) };
        let month = month(load(100_000), &chatty);
        assert!(month.logs / month.total > 0.5, "{month:?}");
    }
}
