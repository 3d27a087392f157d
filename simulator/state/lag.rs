//! Reads that are late: a listing may show the mailbox as it was a few writes ago.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::chance::Dice;

/// How old a listing, filter or delta may be; point reads are always current.
///
/// Each such read hides a random number (perhaps none) of the newest writes. A write can be hidden while it is
/// among the newest [`Lag::writes`] and younger than [`Lag::milliseconds`]; a limit that is absent does not limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Lag {
    /// Most writes that a read may miss.
    pub writes: Option<usize>,
    /// Oldest write, in milliseconds, that a read may miss.
    pub milliseconds: Option<i64>,
    /// Hide as much as allowed on every read instead of a random part.
    pub always: bool,
}

/// The newest writes with what was there before them; kept only while lag is on.
#[derive(Debug)]
pub(crate) struct Journal<T>(VecDeque<Entry<T>>);

#[derive(Debug)]
struct Entry<T> {
    version: u64,
    at: i64,
    serial: u64,
    before: Option<Arc<T>>,
}

/// The mailbox as of an earlier version: items that looked different then.
#[derive(Debug)]
pub(crate) struct Overlay<T> {
    pub(crate) upto: u64,
    pub(crate) before: HashMap<u64, Option<Arc<T>>>,
}

impl<T> Overlay<T> {
    pub(crate) fn current() -> Self {
        Self { upto: u64::MAX, before: HashMap::new() }
    }
}

const MOST_REMEMBERED: usize = 10_000;

impl<T> Journal<T> {
    pub(crate) fn new() -> Self {
        Self(VecDeque::new())
    }

    pub(crate) fn note(&mut self, lag: Lag, version: u64, at: i64, serial: u64, before: Option<Arc<T>>) {
        self.0.push_back(Entry { version, at, serial, before });
        while self.0.len() > lag.writes.unwrap_or(MOST_REMEMBERED) {
            self.0.pop_front();
        }
    }

    /// The view of a late read at `now` (milliseconds).
    pub(crate) fn overlay(&self, lag: Lag, now: i64, dice: &mut Dice) -> Overlay<T> {
        let young = |entry: &&Entry<T>| lag.milliseconds.is_none_or(|most| now - entry.at < most);
        let most = self.0.iter().rev().take_while(young).count();
        let hidden = if lag.always { most } else { dice.below(most + 1) };
        let mut overlay = Overlay::current();
        for entry in self.0.iter().rev().take(hidden) {
            overlay.upto = entry.version - 1;
            overlay.before.insert(entry.serial, entry.before.clone());
        }
        overlay
    }
}
