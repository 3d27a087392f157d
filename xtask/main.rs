//! What a developer runs beside cargo's own commands: `cargo xtask --help`.

mod advisories;
mod bench;
mod bench_start;
mod demo;
mod deny;
mod job;
mod laws;
mod npm;
mod places;
mod progress;
mod steps;
mod stopwatch;
mod tally;
mod verify;

use clap::Parser;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "What a developer runs beside cargo's own commands")]
enum Command {
    /// Check everything: format, lints, tests, laws, emulators, SDKs, docs, licences.
    Verify(verify::Options),
    /// Run the laws of the sync core over many random worlds.
    Laws(laws::Options),
    /// Measure, and print the figures.
    #[command(subcommand)]
    Bench(bench::Bench),
    /// Ask the advisory database about every dependency (needs the network).
    Advisories,
}

fn main() -> anyhow::Result<()> {
    std::env::set_current_dir(places::root())?;
    match Command::parse() {
        Command::Verify(options) => verify::run(&options),
        Command::Laws(options) => laws::run(&options, &mut |line| println!("{line}")),
        Command::Bench(bench) => bench::run(&bench),
        Command::Advisories => advisories::run(),
    }
}
