//! `cargo xtask bench contacts`: what filling and keeping mailboxes costs.

use anyhow::Result;
use clap::Args;

use crate::job::Job;
use crate::places;

/// How large the company is, and how slow Graph.
#[derive(Args)]
pub struct Options {
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
}

/// Builds handler and driver for release, and lets the driver measure.
///
/// # Errors
/// The build failed, or a round wrote something else than it should.
pub fn run(options: &Options) -> Result<()> {
    for (package, binary) in [("wheelhouse", "wheelhouse"), ("demo", "bench")] {
        let arguments = ["build", "--release", "--package", package, "--bin", binary];
        Job::cargo(&arguments).run(&mut |line| println!("{line}"))?;
    }
    let folder = places::target().join("release");
    let Options { mailboxes, people, latency_ms, seed } = options;
    let arguments = [
        "--wheelhouse".to_owned(),
        folder.join("wheelhouse").to_string_lossy().into_owned(),
        format!("--mailboxes={mailboxes}"),
        format!("--people={people}"),
        format!("--latency-ms={latency_ms}"),
        format!("--seed={seed}"),
    ];
    Job::new(folder.join("bench"), &arguments).show()
}
