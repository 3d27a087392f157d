//! `cargo xtask replay-ics`: imports every calendar of a folder and mirrors it through the whole product.
//!
//! What came of each file is printed as one JSON line; whether mirror and source show the same, an oracle says that is
//! not written in Rust.

mod files;
mod play;
mod windows;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};

use play::Replay;

/// Imports every calendar of a folder and mirrors it through the whole product in a simulated tenant.
#[derive(Debug, Parser)]
#[command(version)]
struct Options {
    /// The folder with `*.ics` files.
    folder: PathBuf,
    /// How many mailboxes each calendar is mirrored into.
    #[arg(long, default_value_t = 3)]
    mailboxes: usize,
    /// Chooses ids.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Make single events of recurrences that a mailbox can't hold, instead of refusing them.
    #[arg(long)]
    unroll: bool,
}

fn main() -> ExitCode {
    demo::program::run("replay-ics", replay(Options::parse()))
}

async fn replay(options: Options) -> Result<()> {
    let mut files = files::read(&options.folder)?;
    let plays = windows::plays(&files);
    let first = plays.first().context("the folder holds no *.ics file")?.now;
    let bar = bar(plays.len() as u64);
    let replay = Replay::open(&options, first).await?;
    for play in &plays {
        if let Some(file) = files.get_mut(play.file) {
            bar.set_message(file.name.clone());
            replay.play(play, file).await.with_context(|| file.name.clone())?;
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    for file in &files {
        println!("{}", serde_json::to_string(file)?);
    }
    replay.close().await;
    Ok(())
}

/// Stands on a terminal only.
fn bar(plays: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} windows of files, {eta} left  {msg}");
    let bar = ProgressBar::new(plays);
    style.map_or_else(|_| bar.clone(), |style| bar.clone().with_style(style))
}
