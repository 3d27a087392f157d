//! The port `Clock`: time as a parameter.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::watch;

/// Where the time comes from.
#[async_trait]
pub trait Clock: Send + Sync {
    /// The wall clock's time; it may jump.
    fn now(&self) -> DateTime<Utc>;

    /// Time since this clock was made; it never goes back.
    fn elapsed(&self) -> Duration;

    /// Waits for a time.
    async fn sleep(&self, time: Duration);
}

/// The machine's clock.
#[derive(Debug, Clone)]
pub struct RealClock {
    made: Instant,
}

impl RealClock {
    /// Reads the machine's clock; only `main` and tests do this.
    #[allow(clippy::disallowed_methods)]
    pub fn new() -> Self {
        Self { made: Instant::now() }
    }
}

impl Default for RealClock {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Clock for RealClock {
    #[allow(clippy::disallowed_methods)]
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }

    fn elapsed(&self) -> Duration {
        self.made.elapsed()
    }

    async fn sleep(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }
}

/// A clock that moves only when told to: for tests and the demo.
#[derive(Debug)]
pub struct ManualClock {
    start: DateTime<Utc>,
    elapsed: watch::Sender<Duration>,
    sleepers: watch::Sender<usize>,
}

impl ManualClock {
    /// Stands still at a moment.
    pub fn at(start: DateTime<Utc>) -> Self {
        Self { start, elapsed: watch::Sender::new(Duration::ZERO), sleepers: watch::Sender::new(0) }
    }

    /// Moves the clock on and wakes those whose sleep is over.
    pub fn advance(&self, by: Duration) {
        self.elapsed.send_modify(|elapsed| *elapsed = elapsed.saturating_add(by));
    }

    /// Waits until at least so many sleep on this clock: then an [`advance`](Self::advance) reaches them.
    pub async fn sleepers(&self, least: usize) {
        reached(&self.sleepers, least).await;
    }
}

#[async_trait]
impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        let since = TimeDelta::from_std(self.elapsed()).unwrap_or(TimeDelta::MAX);
        self.start.checked_add_signed(since).unwrap_or(DateTime::<Utc>::MAX_UTC)
    }

    fn elapsed(&self) -> Duration {
        *self.elapsed.borrow()
    }

    async fn sleep(&self, time: Duration) {
        let until = self.elapsed().saturating_add(time);
        let _asleep = Asleep::on(self);
        reached(&self.elapsed, until).await;
    }
}

/// Waits until a value is reached; the borrowed sender keeps its channel open meanwhile.
async fn reached<T: PartialOrd>(value: &watch::Sender<T>, least: T) {
    let mut changes = value.subscribe();
    while *changes.borrow_and_update() < least && changes.changed().await.is_ok() {}
}

/// Counts a sleeper for as long as it sleeps, also when its future is dropped.
struct Asleep<'a>(&'a ManualClock);

impl<'a> Asleep<'a> {
    fn on(clock: &'a ManualClock) -> Self {
        clock.sleepers.send_modify(|count| *count += 1);
        Self(clock)
    }
}

impl Drop for Asleep<'_> {
    fn drop(&mut self) {
        self.0.sleepers.send_modify(|count| *count -= 1);
    }
}
