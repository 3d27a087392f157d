//! `cargo xtask replay`: plays a directory's history through the whole product and checks every mailbox after each version.

mod count;
mod history;
mod play;
mod weather;

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, ensure};
use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};

use count::Score;
use play::{Played, Replay};

/// Plays a directory's history, version by version, through the whole product in a simulated tenant.
#[derive(Debug, Parser)]
#[command(version)]
struct Options {
    /// The history: one version a line, {"date", "changes": [{"op": "add" | "update" | "remove", …}]}.
    file: PathBuf,
    /// How many mailboxes there are; their owners are users outside the list.
    #[arg(long, default_value_t = 3)]
    mailboxes: usize,
    /// Chooses ids and faults.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Let Graph fail by chance: versions are run again until nothing is left.
    #[arg(long)]
    faults: bool,
    /// Only so many versions, from the first.
    #[arg(long)]
    versions: Option<usize>,
    /// Print one JSON document instead of lines.
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    demo::program::run("replay", replay(Options::parse()))
}

async fn replay(options: Options) -> Result<()> {
    let mut versions = history::read(&options.file)?;
    versions.truncate(options.versions.unwrap_or(versions.len()));
    let shown = Shown::new(options.json, versions.len());
    let mut replay = Replay::open(&options).await?;
    for (nth, version) in versions.iter().enumerate() {
        let played = replay.version(nth, version).await?;
        shown.version(&played);
    }
    shown.end();
    let score = replay.close().await;
    match options.json {
        true => println!("{}", serde_json::to_string(&score)?),
        false => println!("{score}"),
    }
    judge(&score, options.faults)
}

fn judge(score: &Score, faults: bool) -> Result<()> {
    ensure!(score.mismatches == 0, "{} differences between mailboxes and directory", score.mismatches);
    ensure!(score.writes >= score.least, "{} writes cannot do the work of {}", score.writes, score.least);
    ensure!(faults || score.writes == score.least, "{} writes more than needed", score.writes - score.least);
    Ok(())
}

/// What whoever waits sees: a bar on a terminal, a line for each version elsewhere, nothing beside JSON.
struct Shown {
    bar: Option<ProgressBar>,
    lines: bool,
}

impl Shown {
    fn new(silent: bool, versions: usize) -> Self {
        let is_terminal = std::io::stderr().is_terminal();
        let bar = (is_terminal && !silent).then(|| {
            let style = ProgressStyle::with_template("{bar:40} {pos}/{len} versions, {eta} left  {msg}");
            let bar = ProgressBar::new(versions as u64);
            style.map_or_else(|_| bar.clone(), |style| bar.clone().with_style(style))
        });
        Shown { lines: !is_terminal && !silent, bar }
    }

    fn version(&self, played: &Played) {
        if let Some(bar) = &self.bar {
            bar.set_message(played.to_string());
            bar.inc(1);
        }
        if self.lines {
            println!("{played}");
        }
        if played.is_wrong() {
            eprintln!("not as it should be: {played}");
        }
    }

    fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
