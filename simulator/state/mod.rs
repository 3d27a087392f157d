//! The simulated world: plain data and functions on it, without HTTP.

pub(crate) mod chance;
pub(crate) mod clock;
pub(crate) mod contact;
pub(crate) mod contact_write;
pub(crate) mod counters;
pub(crate) mod directory;
pub(crate) mod directory_delta;
pub(crate) mod extended;
pub(crate) mod fault;
pub(crate) mod folder;
pub(crate) mod ids;
pub(crate) mod lag;
pub(crate) mod mailbox;
pub(crate) mod mailbox_delta;
pub(crate) mod refusal;
pub(crate) mod schema;
pub(crate) mod tenant;
pub(crate) mod throttle;
pub(crate) mod token;
pub(crate) mod world;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Takes a lock; a panic elsewhere does not spread.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
