//! Unwrapped data keys, kept in memory for a while.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::{KEY_LIFE, KEYS_KEPT};
use crate::cipher::Cipher;

/// A data key that is ready for use.
#[derive(Clone)]
pub(super) struct Unwrapped {
    /// Its number.
    pub(super) number: u32,
    /// What it seals and opens by.
    pub(super) cipher: Arc<Cipher>,
}

/// The unwrapped data keys of up to [`KEYS_KEPT`] tenants.
#[derive(Default)]
pub(super) struct Kept(Mutex<HashMap<String, Vec<One>>>);

struct One {
    key: Unwrapped,
    newest: bool,
    until: Duration,
}

impl Kept {
    /// The data key of a number.
    pub(super) fn get(&self, tenant: &str, number: u32, now: Duration) -> Option<Unwrapped> {
        self.find(tenant, now, |one| one.key.number == number)
    }

    /// The data key that seals.
    pub(super) fn newest(&self, tenant: &str, now: Duration) -> Option<Unwrapped> {
        self.find(tenant, now, |one| one.newest)
    }

    /// Keeps a data key; what was taken for the newest until now may not be any more.
    pub(super) fn put(&self, tenant: &str, key: Unwrapped, newest: bool, now: Duration) {
        let mut kept = self.lock();
        make_room(&mut kept, now);
        let keys = kept.entry(tenant.to_owned()).or_default();
        keys.retain(|one| one.until > now && one.key.number != key.number);
        keys.iter_mut().for_each(|one| one.newest &= !newest);
        keys.push(One { key, newest, until: now + KEY_LIFE });
    }

    /// Drops a tenant's data keys.
    pub(super) fn remove(&self, tenant: &str) {
        self.lock().remove(tenant);
    }

    fn find(&self, tenant: &str, now: Duration, which: impl Fn(&One) -> bool) -> Option<Unwrapped> {
        let kept = self.lock();
        let found = kept.get(tenant)?.iter().find(|one| one.until > now && which(one));
        found.map(|one| one.key.clone())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Vec<One>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn make_room(kept: &mut HashMap<String, Vec<One>>, now: Duration) {
    let until = |keys: &[One]| keys.iter().map(|one| one.until).max().unwrap_or_default();
    if kept.len() >= KEYS_KEPT {
        kept.retain(|_, keys| until(keys) > now);
    }
    if kept.len() >= KEYS_KEPT {
        let oldest = kept.iter().min_by_key(|(_, keys)| until(keys)).map(|(tenant, _)| tenant.clone());
        oldest.map(|tenant| kept.remove(&tenant));
    }
}
