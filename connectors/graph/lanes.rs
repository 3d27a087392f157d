//! One lane per mailbox: one batch in flight, Graph's quotas kept.
//!
//! <https://learn.microsoft.com/graph/throttling-limits#outlook-service-limits>

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::Pace;
use super::fence::Fence;
use super::window::Window;
use crate::clock::{Clock, later};

/// The way to one mailbox.
pub(super) struct Lane {
    /// Closed while the mailbox is throttled.
    pub fence: Fence,
    quota: Arc<Mutex<Quota>>,
}

/// What may still be asked of a mailbox; whoever holds it is the only one to talk to the mailbox.
pub(super) struct Quota {
    requests: Window,
    bytes: Window,
}

/// The right to talk to a mailbox until it is dropped.
pub(super) type Turn = OwnedMutexGuard<Quota>;

impl Lane {
    pub(super) fn new(pace: &Pace) -> Self {
        let quota = Quota {
            requests: Window::new(pace.requests, Pace::REQUESTS_SPAN),
            bytes: Window::new(pace.bytes, Pace::BYTES_SPAN),
        };
        Lane { fence: Fence::open(), quota: Arc::new(Mutex::new(quota)) }
    }

    /// Whether the lane remembers nothing that matters any more, so that a new one would be the same.
    pub(super) fn is_idle(&self, now: DateTime<Utc>) -> bool {
        let spent = |mut quota: Turn| quota.requests.is_empty(now) && quota.bytes.is_empty(now);
        self.fence.left(now).is_zero() && Arc::clone(&self.quota).try_lock_owned().is_ok_and(spent)
    }

    /// Waits for the right to send so much; gives back the wait if it would end after `until`.
    pub(super) async fn turn(
        &self,
        clock: &dyn Clock,
        requests: u64,
        bytes: u64,
        until: DateTime<Utc>,
    ) -> Result<Turn, Duration> {
        loop {
            let mut quota = Arc::clone(&self.quota).lock_owned().await;
            let now = clock.now();
            let wait = self.fence.left(now).max(quota.wait(now, requests, bytes));
            if later(now, wait) > until {
                return Err(wait);
            }
            if wait.is_zero() {
                quota.requests.spend(now, requests);
                quota.bytes.spend(now, bytes);
                return Ok(quota);
            }
            // Nobody is kept waiting behind a sleeper who may give up sooner than they would.
            drop(quota);
            clock.sleep(wait).await;
        }
    }
}

impl Quota {
    fn wait(&mut self, now: DateTime<Utc>, requests: u64, bytes: u64) -> Duration {
        self.requests.wait(now, requests).max(self.bytes.wait(now, bytes))
    }
}
