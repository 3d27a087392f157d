//! `cargo xtask replay`: a directory's history through the whole product; a program of its own does it.

use anyhow::Result;

use crate::job::{Job, Lines};
use crate::places;

/// The history that `cargo verify` plays a slice of.
const HISTORY: &str = "../shared/data/congress/history-2012-2022.jsonl";
/// How many of its versions: they hold the largest changes of all.
const SLICE: &str = "40";

/// A slice without faults and with them; without the history it says so loudly and does nothing.
///
/// # Errors
/// A mailbox was not what it should be, or more was written than needed.
pub fn slice(lines: Lines<'_>) -> Result<()> {
    if !places::root().join(HISTORY).exists() {
        lines(&format!("SKIPPED replay: {HISTORY} is absent"));
        return Ok(());
    }
    let run = ["run", "--quiet", "--package", "demo", "--bin", "replay", "--", HISTORY, "--versions", SLICE];
    Job::cargo(&run).run(lines)?;
    Job::cargo(&run).words(&["--faults"]).run(lines)
}
