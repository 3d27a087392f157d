//! The simulator's clock: the machine's own, or one that only a test moves.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chrono::{DateTime, Utc};

/// The time of a simulated world; clones share it.
///
/// A real clock follows the machine, a virtual one stands still until [`Clock::advance`] moves it. Both can be
/// advanced, so a delta token of a week ago can be tried in either. Under a virtual clock latency costs nothing.
#[derive(Clone, Debug)]
pub struct Clock {
    /// Microseconds since 1970 where a virtual clock began; `None` for a real one.
    start: Option<i64>,
    moved: Arc<AtomicI64>,
}

impl Clock {
    /// The machine's clock.
    #[must_use]
    pub fn real() -> Self {
        Self { start: None, moved: Arc::default() }
    }

    /// A clock that stands at `start` until it is advanced.
    #[must_use]
    pub fn virtual_at(start: DateTime<Utc>) -> Self {
        Self { start: Some(start.timestamp_micros()), moved: Arc::default() }
    }

    /// The present moment.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.micros()).unwrap_or_default()
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        let micros = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
        self.moved.fetch_add(micros, Ordering::SeqCst);
    }

    pub(crate) fn micros(&self) -> i64 {
        self.start.unwrap_or_else(machine_micros) + self.moved.load(Ordering::SeqCst)
    }

    pub(crate) fn millis(&self) -> i64 {
        self.micros() / 1000
    }

    pub(crate) fn seconds(&self) -> i64 {
        self.micros() / 1_000_000
    }

    /// Waits until the given microsecond; a virtual clock never waits.
    pub(crate) async fn wait_until(&self, micros: i64) {
        if self.start.is_some() {
            tokio::task::yield_now().await;
        } else if let Ok(left) = u64::try_from(micros - self.micros()) {
            tokio::time::sleep(Duration::from_micros(left)).await;
        }
    }
}

#[allow(clippy::disallowed_methods)] // the one place where the simulator asks the machine for the time
fn machine_micros() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}
