//! One suite per port. Every implementation passes the same stories; a test file per platform runs them.

#![allow(dead_code, reason = "each platform's tests use the suites they need")]

pub mod chance;
pub mod keys;
pub mod queue;
pub mod store;
pub mod time;

use std::{sync::Arc, time::Duration};

use platform::{Clock, Kind, ManualClock, RealClock, Result};

/// How time passes for the implementation under test.
pub enum Time {
    /// By command: the implementation reads this clock.
    Manual(Arc<ManualClock>),
    /// By itself: the implementation is a service with a clock of its own.
    Real(RealClock),
}

impl Time {
    /// Lets time pass; a service may be half a second late, so it gets one more.
    pub async fn pass(&self, time: Duration) {
        match self {
            Self::Manual(clock) => clock.advance(time),
            Self::Real(clock) => clock.sleep(time + Duration::from_secs(1)).await,
        }
    }
}

/// Asserts what kind of error a call gave.
#[track_caller]
pub fn fails<T: std::fmt::Debug>(outcome: Result<T>, kind: Kind) -> String {
    let error = outcome.expect_err("the call must fail");
    assert_eq!(error.kind(), kind, "{error}");
    error.to_string()
}

pub const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}
