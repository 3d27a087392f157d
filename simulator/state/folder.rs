//! A contact folder or a calendar: its members and the log that deltas read.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use super::extended::Extended;

/// How many generations of a folder's sync state stay usable.
const GENERATIONS: usize = 4;

#[derive(Clone, Debug)]
pub(crate) struct Folder {
    pub(crate) serial: u64,
    pub(crate) name: String,
    pub(crate) parent: u64,
    pub(crate) extended: Vec<Extended>,
    /// In Deleted Items: invisible to clients, but its name still bars a second deletion.
    pub(crate) deleted: bool,
    pub(crate) members: BTreeSet<u64>,
    /// The latest change of each item that is or was here, by version.
    pub(crate) log: BTreeMap<u64, u64>,
    pub(crate) tombstones: HashMap<u64, u64>,
    /// The version of the last change.
    pub(crate) moved: u64,
    /// Calendars only: a member of `calendarColor`.
    pub(crate) color: String,
    /// Calendars only: how often name, colour or tags were written.
    pub(crate) edits: u64,
    generations: VecDeque<(u64, u64)>,
    newest: u64,
}

impl Folder {
    pub(crate) fn new(serial: u64, parent: u64, name: String) -> Self {
        Self {
            serial,
            name,
            parent,
            extended: Vec::new(),
            deleted: false,
            members: BTreeSet::new(),
            log: BTreeMap::new(),
            tombstones: HashMap::new(),
            moved: 0,
            color: "auto".into(),
            edits: 0,
            generations: VecDeque::new(),
            newest: 100,
        }
    }

    /// An item came or changed; `before` is the version that the log holds of it.
    pub(crate) fn note(&mut self, item: u64, before: Option<u64>, version: u64) {
        let stale = before.or_else(|| self.tombstones.remove(&item));
        self.relog(item, stale, version);
        self.members.insert(item);
    }

    /// An item left.
    pub(crate) fn bury(&mut self, item: u64, before: u64, version: u64) {
        self.relog(item, Some(before), version);
        self.members.remove(&item);
        self.tombstones.insert(item, version);
    }

    fn relog(&mut self, item: u64, stale: Option<u64>, version: u64) {
        if let Some(stale) = stale {
            self.log.remove(&stale);
        }
        self.log.insert(version, item);
        self.moved = version;
    }

    /// The generation that a delta link at `version` belongs to; a new one when the state has moved.
    pub(crate) fn generation(&mut self, version: u64, every_poll: bool) -> u64 {
        let same = self.generations.back().is_some_and(|(_, held)| *held == version);
        if !same || every_poll {
            self.newest += 1;
            self.generations.push_back((self.newest, version));
            if self.generations.len() > GENERATIONS {
                self.generations.pop_front();
            }
        }
        self.newest
    }

    pub(crate) fn knows_generation(&self, generation: u64) -> bool {
        self.generations.iter().any(|(held, _)| *held == generation)
    }

    /// Graph's own words for a generation that is gone.
    pub(crate) fn lost_generation(&self, generation: u64) -> String {
        let kept: String = self.generations.iter().rev().map(|(held, _)| format!("[{held}]")).collect();
        let highest = self.newest;
        format!("The sync state generation is not found; generation={generation};[highest={highest}]{kept}.")
    }
}
