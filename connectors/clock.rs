//! Time as a parameter.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};

/// Where the connectors' time comes from; a test may let it pass without waiting.
#[async_trait]
pub trait Clock: Send + Sync {
    /// The time now; a jump backwards only lengthens a wait.
    fn now(&self) -> DateTime<Utc>;

    /// Waits for at least so long.
    async fn sleep(&self, time: Duration);
}

/// A moment so much later; the end of time if there is none.
pub(crate) fn later(moment: DateTime<Utc>, by: Duration) -> DateTime<Utc> {
    let by = TimeDelta::from_std(by).unwrap_or(TimeDelta::MAX);
    moment.checked_add_signed(by).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// The time from `now` to a moment; zero if it has passed.
pub(crate) fn left(now: DateTime<Utc>, until: DateTime<Utc>) -> Duration {
    (until - now).to_std().unwrap_or(Duration::ZERO)
}
