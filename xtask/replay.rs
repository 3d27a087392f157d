//! `cargo xtask replay`: a directory's history through the whole product; a program of its own does it.

use std::path::{self, PathBuf};

use anyhow::Result;
use clap::Args;

use crate::job::{Job, Lines};
use crate::places;

/// The history that `cargo verify` plays a slice of.
const HISTORY: &str = "../shared/data/congress/history-2012-2022.jsonl";
/// How many of its versions: they hold the largest changes of all.
const SLICE: usize = 40;

/// What to play.
#[derive(Args)]
pub struct Options {
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

/// Plays a history and prints `versions=… mailboxes=… mismatches=… writes=… least=… held=…`.
///
/// # Errors
/// A mailbox was not what it should be, more was written than needed, or the file is broken.
pub fn run(options: &Options) -> Result<()> {
    let Options { mailboxes, seed, versions, .. } = options;
    let mut arguments = vec![path::absolute(&options.file)?.to_string_lossy().into_owned()];
    let mut add = |name: &str, value: String| arguments.extend([name.to_owned(), value]);
    add("--mailboxes", mailboxes.to_string());
    add("--seed", seed.to_string());
    if let Some(versions) = versions {
        add("--versions", versions.to_string());
    }
    arguments.extend(options.faults.then(|| "--faults".to_owned()));
    arguments.extend(options.json.then(|| "--json".to_owned()));
    replay(&arguments).show()
}

/// A slice without faults and with them; without the history it says so loudly and does nothing.
///
/// # Errors
/// As [`run`].
pub fn slice(lines: Lines<'_>) -> Result<()> {
    if !places::root().join(HISTORY).exists() {
        lines(&format!("SKIPPED replay: {HISTORY} is absent"));
        return Ok(());
    }
    let arguments = [HISTORY.to_owned(), "--versions".to_owned(), SLICE.to_string()];
    replay(&arguments).run(lines)?;
    replay(&[&arguments[..], &["--faults".to_owned()]].concat()).run(lines)
}

fn replay(arguments: &[String]) -> Job {
    let run = ["run", "--quiet", "--package", "demo", "--bin", "replay", "--"];
    Job::cargo(&[&run[..], &arguments.iter().map(String::as_str).collect::<Vec<_>>()].concat())
}
