//! The loop that fires a timer.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use croner::Cron;
use tokio::sync::Mutex;

use super::{Shared, envelope};
use crate::error::{Error, Kind, Result};

/// How long a timer whose schedule has no next time waits before it looks again.
const NEVER: Duration = Duration::from_secs(24 * 60 * 60);

/// A function that the clock starts; never two runs of it at once.
pub(super) struct Timer {
    name: String,
    binding: String,
    schedule: Cron,
    monitored: bool,
    last: Mutex<Option<DateTime<Utc>>>,
}

impl Timer {
    pub(super) fn new(name: String, binding: String, schedule: Cron, monitored: bool) -> Self {
        Self { name, binding, schedule, monitored, last: Mutex::default() }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Calls the function now, or when the run under way has ended.
    pub(super) async fn fire(&self, shared: &Shared) -> Result<()> {
        let mut last = self.last.lock().await;
        let _running = shared.activity.begin();
        let now = shared.clock.now();
        let sys = envelope::sys(&self.name, now, shared.random.as_ref());
        let envelope = envelope::timer(&self.binding, self.status(*last, now), sys);
        *last = Some(now);
        let outcome = shared.handler.call(&self.name, &envelope, shared.random.as_ref()).await;
        outcome.map_err(|failure| Error::new(Kind::Unavailable, format!("timer {}: {failure}", self.name)))
    }

    /// The real host keeps no status of a timer that fires more often than once a minute.
    fn status(&self, last: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Option<envelope::Status> {
        let next = self.next(now)?;
        let following = self.next(next)?;
        let kept = self.monitored && following - next >= TimeDelta::minutes(1);
        kept.then_some(envelope::Status { last, next })
    }

    fn next(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.schedule.find_next_occurrence(&after, false).ok()
    }
}

/// Fires a timer at its times until it is aborted; the next time counts from the end of a run.
pub(super) async fn run(shared: Arc<Shared>, timer: Arc<Timer>) {
    loop {
        let now = shared.clock.now();
        let Some(next) = timer.next(now) else {
            tracing::warn!(timer = timer.name, "its schedule has no next time");
            shared.clock.sleep(NEVER).await;
            continue;
        };
        shared.clock.sleep((next - now).to_std().unwrap_or_default()).await;
        // A wall clock that was set back, or a sleep that ended early, must not fire one occurrence twice.
        if shared.clock.now() < next {
            continue;
        }
        if let Err(error) = timer.fire(&shared).await {
            tracing::warn!(timer = timer.name, %error, "a timer failed");
        }
    }
}
