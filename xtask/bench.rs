//! `cargo xtask bench …`: figures, not verdicts.

use anyhow::Result;
use clap::Subcommand;

use crate::{bench_contacts, bench_start};

/// What to measure.
#[derive(Subcommand)]
pub enum Bench {
    /// First fill, unchanged, one person changed: time, calls, writes and memory.
    Contacts(bench_contacts::Options),
    /// From process start to the first answer, and the size of the deployed binary.
    Start(bench_start::Options),
}

/// Measures and prints.
///
/// # Errors
/// What was to be measured did not run.
pub fn run(bench: &Bench) -> Result<()> {
    match bench {
        Bench::Contacts(options) => bench_contacts::run(options),
        Bench::Start(options) => bench_start::run(options),
    }
}
