//! Which entries of different spokes are one item, and under which identity.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::entries::Entry;
use super::item::Item;
use super::kept::Kept;
use crate::hub::Kind;
use crate::{Snapshot, SourceKey};

/// By what an item is found.
#[derive(PartialEq, Eq, Hash)]
enum Mark {
    /// What its entries have in common.
    Shared(String),
    /// The identity of which one of its entries was a part.
    Was(SourceKey),
}

/// The entries of all spokes so far.
pub struct Pieces<'a> {
    last: Option<&'a Snapshot>,
    /// Entries may be one item.
    matches: bool,
    items: Vec<Item>,
    found: HashMap<Mark, usize>,
}

impl<'a> Pieces<'a> {
    pub fn new(matches: bool, last: Option<&'a Snapshot>) -> Self {
        Pieces { last, matches, items: Vec::new(), found: HashMap::new() }
    }

    /// Adds the entries of the next spoke. Those that were part of a larger item come first, so that an item does not
    /// change its parts because a twin turned up.
    pub fn add(&mut self, entries: Vec<Entry>, kept: Vec<Kept>) {
        let parts = self.parts_of_last();
        let (old, new): (Vec<Entry>, Vec<Entry>) =
            entries.into_iter().partition(|entry| parts.contains(&entry.key));
        old.into_iter().chain(new).for_each(|entry| self.entry(entry));
        kept.into_iter().for_each(|kept| self.kept(kept));
    }

    fn parts_of_last(&self) -> BTreeSet<&'a SourceKey> {
        let aliases = self.last.filter(|_| self.matches).map(|last| &last.aliases);
        aliases.into_iter().flatten().flat_map(|(part, item)| [part, item]).collect()
    }

    fn entry(&mut self, entry: Entry) {
        if !self.matches {
            self.items.push(Item { parts: vec![(entry.key, entry.content)], has_kept: false });
            return;
        }
        let was = self.was(&entry.key);
        let shared: Vec<Mark> = entry.marks.into_iter().map(Mark::Shared).collect();
        let by_mark = shared.iter().find_map(|mark| self.open(mark, &entry.key));
        // Of what was not read nobody knows the marks: it stays with whom it was.
        let by_past = || {
            self.open(was.as_ref()?, &entry.key).filter(|at| self.item(*at).is_some_and(|item| item.has_kept))
        };
        let at = by_mark.or_else(by_past);
        self.put(at, (entry.key, entry.content), false, shared.into_iter().chain(was));
    }

    fn kept(&mut self, kept: Kept) {
        let was = Mark::Was(kept.item);
        if !self.matches {
            self.items.push(Item { parts: vec![(kept.key, kept.content)], has_kept: true });
        } else if let Some(at) = self.open(&was, &kept.key) {
            self.put(Some(at), (kept.key, kept.content), true, []);
        } else if !self.found.contains_key(&was) {
            let shared = kept.marks.into_iter().map(Mark::Shared);
            self.put(None, (kept.key, kept.content), true, shared.chain([was]));
        }
    }

    /// The item with this mark, if it has no entry of the same spoke yet.
    fn open(&self, mark: &Mark, key: &SourceKey) -> Option<usize> {
        let at = *self.found.get(mark)?;
        self.item(at).filter(|item| !item.has_part_of(key.spoke())).map(|_| at)
    }

    fn item(&self, at: usize) -> Option<&Item> {
        self.items.get(at)
    }

    fn put(
        &mut self,
        at: Option<usize>,
        part: (SourceKey, Arc<crate::Content>),
        is_kept: bool,
        marks: impl IntoIterator<Item = Mark>,
    ) {
        let at = at.unwrap_or_else(|| {
            self.items.push(Item::default());
            self.items.len() - 1
        });
        for mark in marks {
            self.found.entry(mark).or_insert(at);
        }
        if let Some(item) = self.items.get_mut(at) {
            item.parts.push(part);
            item.has_kept |= is_kept;
        }
    }

    fn was(&self, key: &SourceKey) -> Option<Mark> {
        known_as(self.last?, key).cloned().map(Mark::Was)
    }

    /// The items with their identities.
    pub fn merged(self, kind: Kind) -> Snapshot {
        let mut merged = Snapshot::default();
        let keys = self.identities();
        let filled = self.items.into_iter().zip(keys).filter(|(item, _)| item.is_filled());
        for (item, key) in filled {
            let (content, provenance) = item.content(&key, kind);
            let parts = item.parts.into_iter().map(|(part, _)| part).filter(|part| *part != key);
            merged.aliases.extend(parts.map(|part| (part, key.clone())));
            if !provenance.is_empty() {
                merged.provenance.insert(key.clone(), provenance);
            }
            merged.items.insert(key, content);
        }
        merged
    }

    /// The identity of each item.
    ///
    /// It is the one that its first entry with a past had, as long as no other item has that entry now; else that of
    /// its first entry. So what became one item keeps the elder identity, and what became two parts with it.
    fn identities(&self) -> Vec<SourceKey> {
        let home: HashMap<&SourceKey, usize> = match self.matches {
            true => self
                .items
                .iter()
                .enumerate()
                .flat_map(|(at, item)| item.parts.iter().map(move |(key, _)| (key, at)))
                .collect(),
            false => HashMap::new(),
        };
        let mut taken = BTreeSet::new();
        let mut keys = Vec::with_capacity(self.items.len());
        for (at, item) in self.items.iter().enumerate() {
            let past = item.parts.iter().filter_map(|(key, _)| known_as(self.last?, key));
            let free =
                |key: &&SourceKey| home.get(key).is_none_or(|owner| *owner == at) && !taken.contains(*key);
            let first = || item.parts.first().map(|(key, _)| key);
            let sticky = past.filter(|_| self.matches).find(free);
            if let Some(key) = sticky.or_else(first).cloned() {
                taken.insert(key.clone());
                keys.push(key);
            }
        }
        keys
    }
}

/// The identity under which the last snapshot has an entry.
fn known_as<'s>(last: &'s Snapshot, key: &SourceKey) -> Option<&'s SourceKey> {
    let (known, _) = last.items.get_key_value(last.aliases.get(key).unwrap_or(key))?;
    Some(known)
}
