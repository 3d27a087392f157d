//! What a developer runs beside cargo's own commands: `cargo xtask --help`.

mod advisories;
mod bench;
mod bench_start;
mod cost;
mod demo;
mod deny;
mod infra;
mod job;
mod laws;
mod musl;
mod npm;
mod oracle;
mod package;
mod places;
mod progress;
mod promises;
mod python;
mod replay;
mod replay_ics;
mod sdk;
mod simulator;
mod steps;
mod stopwatch;
mod tally;
mod verify;
mod words;

use std::process::ExitCode;

use clap::Parser;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "What a developer runs beside cargo's own commands")]
enum Command {
    /// Check everything: format, lints, tests, laws, emulators, SDKs, docs, licences.
    Verify(verify::Options),
    /// Run the laws of the sync core over many random worlds.
    Laws(laws::Options),
    /// Run the simulated Microsoft 365 tenant alone, for any Graph client.
    Simulator(simulator::Options),
    /// Drive the simulator with one of Microsoft's own Graph SDKs.
    Sdk {
        /// The SDK's language.
        language: sdk::Language,
    },
    /// Prove every promise of docs/SECURITY.md by its own command.
    Promises(promises::Options),
    /// Play a directory's history through the whole product, and check every mailbox after each version.
    Replay(words::Words),
    /// Mirror every calendar of a folder through the whole product, and let the oracle compare.
    ReplayIcs(words::Words),
    /// Measure, and print the figures.
    #[command(subcommand)]
    Bench(bench::Bench),
    /// Compute what a month costs, from hub configurations.
    Cost(cost::Options),
    /// Build what is deployed: the zip, the list of what is in it, and the checksums, in `dist/`.
    Package(package::Options),
    /// Ask the advisory database about every dependency (needs the network).
    Advisories,
}

fn main() -> ExitCode {
    match run(Command::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Verify(options) => verify::run(&options),
        Command::Laws(options) => laws::run(&options, &mut |line| println!("{line}")),
        Command::Simulator(options) => simulator::run(&options),
        Command::Sdk { language } => sdk::run(language, &mut |line| println!("{line}")),
        Command::Promises(options) => promises::run(&options, &mut |line| println!("{line}")),
        Command::Replay(words) => words.run("replay"),
        Command::ReplayIcs(words) => replay_ics::run(&words, &mut |line| println!("{line}")),
        Command::Bench(bench) => bench::run(&bench),
        Command::Cost(options) => cost::run(&options),
        Command::Package(options) => package::run(&options, &mut |line| println!("{line}")),
        Command::Advisories => advisories::run(),
    }
}
