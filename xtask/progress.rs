//! What the developer sees while a step runs: one moving line on a terminal, every line elsewhere.

use std::fs::{self, File};
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};

use crate::places;
use crate::tally::Tally;

/// Lines of a failed step shown on a terminal; the rest is in its log file.
const LINES_SHOWN: usize = 80;

/// The output of one step.
pub struct Progress {
    bar: Option<ProgressBar>,
    log: File,
    path: PathBuf,
    /// The tests that ran in this step.
    pub tally: Tally,
}

impl Progress {
    /// Opens the step's log and shows its title.
    pub fn start(name: &str, title: &str) -> Result<Self> {
        let folder = places::target().join("verify");
        fs::create_dir_all(&folder)?;
        let path = folder.join(format!("{name}.log"));
        let log = File::create(&path)?;
        let bar = std::io::stdout().is_terminal().then(|| spinner(title)).transpose()?;
        if bar.is_none() {
            println!("==> {title}");
        }
        Ok(Self { bar, log, path, tally: Tally::default() })
    }

    /// Takes a line of output.
    pub fn line(&mut self, line: &str) {
        self.tally.line(line);
        // The log is a convenience: a full disk shows itself in the build soon enough.
        let _ = writeln!(self.log, "{line}");
        match &self.bar {
            Some(bar) => bar.set_message(line.trim().to_owned()),
            None => println!("{line}"),
        }
    }

    /// Leaves the step's closing line, after the end of its log where the log was not seen and is needed.
    pub fn finish(self, closing: &str, failed: bool) -> Result<()> {
        let Some(bar) = self.bar else {
            println!("<== {closing}");
            return Ok(());
        };
        bar.finish_and_clear();
        if failed {
            let log = fs::read_to_string(&self.path)?;
            let lines: Vec<_> = log.lines().collect();
            let from = lines.len().saturating_sub(LINES_SHOWN);
            lines.iter().skip(from).for_each(|line| println!("{line}"));
            println!("(all of it: {})", self.path.display());
        }
        println!("{closing}");
        Ok(())
    }
}

fn spinner(title: &str) -> Result<ProgressBar> {
    let style = ProgressStyle::with_template("{spinner} {prefix} {elapsed} {wide_msg:.dim}")?;
    let bar = ProgressBar::new_spinner().with_style(style).with_prefix(title.to_owned());
    bar.enable_steady_tick(Duration::from_millis(200));
    Ok(bar)
}
