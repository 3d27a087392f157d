//! A time before which nothing may be sent.

use std::sync::Mutex;
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::lock;
use crate::clock::{Clock, later, left};

/// Keeps everybody away until the server is ready again.
pub(super) struct Fence(Mutex<DateTime<Utc>>);

impl Fence {
    pub(super) fn open() -> Self {
        Fence(Mutex::new(DateTime::UNIX_EPOCH))
    }

    /// Closes the fence for a time; one that is closed for longer stays so.
    pub(super) fn close(&self, now: DateTime<Utc>, wait: Duration) {
        let mut until = lock(&self.0);
        *until = (*until).max(later(now, wait));
    }

    /// How long it stays closed.
    pub(super) fn left(&self, now: DateTime<Utc>) -> Duration {
        left(now, *lock(&self.0))
    }

    /// Waits until it is open.
    pub(super) async fn pass(&self, clock: &dyn Clock) {
        loop {
            let wait = self.left(clock.now());
            if wait.is_zero() {
                return;
            }
            clock.sleep(wait).await;
        }
    }
}
