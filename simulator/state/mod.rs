//! The simulated world: plain data and functions on it, without HTTP.

pub(crate) mod access;
pub(crate) mod body;
pub(crate) mod chance;
pub(crate) mod clock;
pub(crate) mod contact;
pub(crate) mod contact_write;
pub(crate) mod counters;
pub(crate) mod directory;
pub(crate) mod directory_delta;
pub(crate) mod event;
pub(crate) mod event_fields;
pub(crate) mod event_show;
pub(crate) mod event_write;
pub(crate) mod expansion;
pub(crate) mod extended;
pub(crate) mod fault;
pub(crate) mod folder;
pub(crate) mod grant;
pub(crate) mod ids;
pub(crate) mod lag;
pub(crate) mod mailbox;
pub(crate) mod mailbox_delta;
pub(crate) mod outbox;
pub(crate) mod recurrence;
pub(crate) mod refusal;
pub(crate) mod schema;
pub(crate) mod tenant;
pub(crate) mod throttle;
pub(crate) mod token;
pub(crate) mod view_delta;
pub(crate) mod world;
pub(crate) mod zone;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Takes a lock; a panic elsewhere does not spread.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
