//! How the story is told: progress bars on a terminal, plain lines otherwise, nothing beside JSON.

use std::io::IsTerminal;
use std::time::Duration;

use demo::Stage;
use indicatif::{ProgressBar, ProgressStyle};

/// How often the bar is moved.
const TICK: Duration = Duration::from_millis(100);

/// Tells the story to whoever watches.
pub struct Teller {
    silent: bool,
    bars: bool,
}

impl Teller {
    /// A teller that keeps silent where only JSON is wanted.
    pub fn new(silent: bool) -> Self {
        Teller { silent, bars: !silent && std::io::stderr().is_terminal() }
    }

    /// One line of the story.
    pub fn line(&self, text: &str) {
        if !self.silent {
            println!("{text}");
        }
    }

    /// Shows how many contacts and events are written while some work goes on.
    pub async fn watch<T>(&self, stage: &Stage, most: u64, work: impl Future<Output = T>) -> T {
        if !self.bars || most == 0 {
            return work.await;
        }
        let bar = ProgressBar::new(most);
        if let Ok(style) = ProgressStyle::with_template("  {bar:40} {pos}/{len} items, {eta} left") {
            bar.set_style(style);
        }
        let mut work = std::pin::pin!(work);
        loop {
            tokio::select! {
                done = &mut work => {
                    bar.finish_and_clear();
                    return done;
                }
                () = tokio::time::sleep(TICK) => {
                    let writes = stage.simulator.counts().writes;
                    bar.set_position(writes.contacts() + writes.events());
                }
            }
        }
    }
}
