//! Time that need not be waited for.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use platform::{Clock, RealClock};
use tokio::sync::watch;

/// The machine's clock, which can also be moved on: whoever sleeps on it wakes that much sooner.
#[derive(Debug)]
pub struct SkippingClock {
    machine: RealClock,
    ahead: TimeDelta,
    skipped: watch::Sender<Duration>,
}

impl SkippingClock {
    /// Starts with the machine's time.
    pub fn new() -> Self {
        Self::beginning(None)
    }

    /// Starts at a time of its own, or with the machine's.
    pub fn beginning(at: Option<DateTime<Utc>>) -> Self {
        let machine = RealClock::new();
        let ahead = at.map_or(TimeDelta::zero(), |at| at - machine.now());
        SkippingClock { machine, ahead, skipped: watch::Sender::new(Duration::ZERO) }
    }

    /// Moves the time on.
    pub fn skip(&self, by: Duration) {
        self.skipped.send_modify(|skipped| *skipped += by);
    }
}

impl Default for SkippingClock {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Clock for SkippingClock {
    fn now(&self) -> DateTime<Utc> {
        self.machine.now() + self.ahead + TimeDelta::from_std(*self.skipped.borrow()).unwrap_or_default()
    }

    fn elapsed(&self) -> Duration {
        self.machine.elapsed() + *self.skipped.borrow()
    }

    async fn sleep(&self, time: Duration) {
        let until = self.elapsed().saturating_add(time);
        let mut skips = self.skipped.subscribe();
        loop {
            skips.borrow_and_update();
            let left = until.saturating_sub(self.elapsed());
            if left.is_zero() {
                return;
            }
            tokio::select! {
                () = self.machine.sleep(left) => {}
                _ = skips.changed() => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_skip_wakes_whoever_slept_long_enough() {
        let clock = SkippingClock::new();
        let begun = clock.now();
        tokio::join!(clock.sleep(Duration::from_secs(3600)), async {
            clock.skip(Duration::from_secs(1800));
            tokio::task::yield_now().await;
            clock.skip(Duration::from_secs(1800));
        });
        assert!(clock.now() - begun >= TimeDelta::hours(1));
    }
}
