//! `cargo verify`: every check of the project, one step after the other.

use std::time::Duration;

use anyhow::{Result, bail};
use clap::Args;

use crate::progress::Progress;
use crate::steps::{STEPS, Step};
use crate::stopwatch::Stopwatch;
use crate::tally::Tally;

/// What to check and how far to go.
#[derive(Args)]
pub struct Options {
    /// Only this step; may be given several times.
    #[arg(long, value_name = "STEP")]
    only: Vec<String>,
    /// Go on after a failed step.
    #[arg(long)]
    keep_going: bool,
    /// Name the steps and stop.
    #[arg(long)]
    list: bool,
}

struct Done {
    name: &'static str,
    failure: Option<String>,
    time: Duration,
    tally: Tally,
}

/// Runs the chosen steps in their order.
///
/// # Errors
/// A step that is not known, or a step that failed.
pub fn run(options: &Options) -> Result<()> {
    if options.list {
        STEPS.iter().for_each(|step| println!("{:<12}{}", step.name, step.about));
        return Ok(());
    }
    let chosen = chosen(&options.only)?;
    let mut done = Vec::new();
    for (index, step) in chosen.iter().enumerate() {
        done.push(perform(step, &format!("[{}/{}]", index + 1, chosen.len()))?);
        if !options.keep_going && done.last().is_some_and(|step| step.failure.is_some()) {
            break;
        }
    }
    report(&done, chosen.len())
}

fn chosen(only: &[String]) -> Result<Vec<&'static Step>> {
    if let Some(unknown) = only.iter().find(|name| STEPS.iter().all(|step| step.name != **name)) {
        bail!("`{unknown}` is no step; `cargo verify --list` names them");
    }
    Ok(STEPS.iter().filter(|step| only.is_empty() || only.iter().any(|name| name == step.name)).collect())
}

fn perform(step: &Step, number: &str) -> Result<Done> {
    let mut progress = Progress::start(step.name, &format!("{number} {}: {}", step.name, step.about))?;
    let watch = Stopwatch::start();
    let failure = (step.run)(&mut |line| progress.line(line)).err().map(|error| format!("{error:#}"));
    let time = watch.elapsed();
    let tally = std::mem::take(&mut progress.tally);
    let verdict = failure.as_ref().map_or("ok".to_owned(), |failure| format!("FAILED: {failure}"));
    progress.finish(
        &format!("{number} {} {:.1} s {verdict}", step.name, time.as_secs_f64()),
        failure.is_some(),
    )?;
    Ok(Done { name: step.name, failure, time, tally })
}

fn report(done: &[Done], planned: usize) -> Result<()> {
    println!();
    for step in done {
        let verdict = if step.failure.is_some() { "FAILED" } else { "ok" };
        println!("{:<12}{:>8.1} s  {:<7} {}", step.name, step.time.as_secs_f64(), verdict, step.tally);
        step.tally.skipped().iter().for_each(|line| println!("{:<12}{line}", ""));
    }
    let time: Duration = done.iter().map(|step| step.time).sum();
    let failed: Vec<_> = done.iter().filter(|step| step.failure.is_some()).map(|step| step.name).collect();
    println!("{} of {planned} steps in {:.0} s", done.len(), time.as_secs_f64());
    if !failed.is_empty() {
        bail!("not verified: {} failed; `cargo verify --only STEP` runs one alone", failed.join(", "));
    }
    Ok(())
}
