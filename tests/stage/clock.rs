//! Time that passes only while nobody works: whoever waits is woken as soon as nothing else is left to do.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use platform::{Clock, ManualClock};

/// Some times so long nobody must have looked at the clock before it moves on: real time.
const QUIET: Duration = Duration::from_millis(15);

/// A jump over such a wait does no harm.
const SHORT: Duration = Duration::from_secs(5);

/// What is longer is no wait but a limit: the clock jumps to its end only if nothing goes on for long.
const LONGEST: Duration = Duration::from_secs(150);

/// A clock that stands while work goes on and jumps to the end of the next wait when all work waits.
pub struct IdleClock {
    time: ManualClock,
    /// How often somebody looked: a sign of work.
    looks: AtomicU64,
    /// When each sleeper wants to be woken, by a number of its own.
    waits: Mutex<BTreeSet<(Duration, u64)>>,
    /// The tenant's clock, which goes with this one.
    tenant: simulator::Clock,
}

impl IdleClock {
    /// Starts the clock; it runs as long as somebody has it.
    pub fn start(start: DateTime<Utc>, tenant: simulator::Clock) -> Arc<Self> {
        let waits = Mutex::default();
        let clock = Arc::new(Self { time: ManualClock::at(start), looks: AtomicU64::new(0), waits, tenant });
        let weak = Arc::downgrade(&clock);
        tokio::spawn(async move {
            let (mut seen, mut quiet) = (0, 0);
            while let Some(clock) = weak.upgrade() {
                let looks = clock.looks.load(Ordering::SeqCst);
                quiet = if looks == seen { quiet + 1 } else { 0 };
                seen = looks;
                clock.skip(quiet);
                drop(clock);
                tokio::time::sleep(QUIET).await;
            }
        });
        clock
    }

    /// Lets time pass.
    pub fn advance(&self, by: Duration) {
        self.looks.fetch_add(1, Ordering::SeqCst);
        self.tenant.advance(by);
        self.time.advance(by);
    }

    /// Jumps to the end of the next wait, if it has been quiet for so many ticks; to that of a limit much later.
    fn skip(&self, quiet: u32) {
        let next = self.waits.lock().unwrap().first().map(|(until, _)| *until);
        let left = next.map(|until| until.saturating_sub(self.time.elapsed()));
        if let Some(left) = left.filter(|left| quiet >= patience(*left)) {
            self.advance(left);
        }
    }
}

/// How many quiet ticks a wait is worth: on a busy machine work may be silent for a while, and a jump over a long wait
/// takes much of an invocation's time.
fn patience(wait: Duration) -> u32 {
    match wait {
        wait if wait <= SHORT => 2,
        wait if wait <= LONGEST => 7,
        _ => 300,
    }
}

#[async_trait]
impl Clock for IdleClock {
    fn now(&self) -> DateTime<Utc> {
        self.looks.fetch_add(1, Ordering::SeqCst);
        self.time.now()
    }

    fn elapsed(&self) -> Duration {
        self.looks.fetch_add(1, Ordering::SeqCst);
        self.time.elapsed()
    }

    async fn sleep(&self, time: Duration) {
        let number = self.looks.fetch_add(1, Ordering::SeqCst);
        let wait = (self.time.elapsed().saturating_add(time), number);
        self.waits.lock().unwrap().insert(wait);
        let _waiting = Waiting(self, wait);
        self.time.sleep(time).await;
    }
}

/// Forgets a wait when it is over or given up.
struct Waiting<'a>(&'a IdleClock, (Duration, u64));

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waits.lock().unwrap().remove(&self.1);
    }
}
