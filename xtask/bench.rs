//! `cargo xtask bench …`: figures, not verdicts.

use anyhow::Result;
use clap::Subcommand;

use crate::bench_start;
use crate::job::Job;
use crate::places;
use crate::words::Words;

/// What to measure.
#[derive(Subcommand)]
pub enum Bench {
    /// A company's directory in many mailboxes: time, calls, writes and memory.
    Contacts(Words),
    /// One calendar in one mailbox: time, calls, writes and memory.
    Calendar(Words),
    /// From process start to the first answer, and the size of the deployed binary.
    Start(bench_start::Options),
}

/// Measures and prints.
///
/// # Errors
/// What was to be measured did not run, or wrote something else than it should.
pub fn run(bench: &Bench) -> Result<()> {
    match bench {
        Bench::Contacts(words) => driven("contacts", words),
        Bench::Calendar(words) => driven("calendar", words),
        Bench::Start(options) => bench_start::run(options),
    }
}

/// Builds handler and driver for release, and lets the driver measure.
fn driven(what: &str, words: &Words) -> Result<()> {
    for (package, binary) in [("wheelhouse", "wheelhouse"), ("demo", "bench")] {
        let arguments = ["build", "--release", "--package", package, "--bin", binary];
        Job::cargo(&arguments).run(&mut |line| println!("{line}"))?;
    }
    let folder = places::target().join("release");
    let handler = folder.join("wheelhouse");
    let fixed = [what.as_ref(), "--wheelhouse".as_ref(), handler.as_os_str()];
    Job::new(folder.join("bench"), &fixed).words(words.all()).show()
}
