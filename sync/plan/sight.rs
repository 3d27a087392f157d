//! What is known of the copies of one item, from the base, the reading and the point reads together.

use std::collections::{BTreeMap, BTreeSet};

use super::Situation;
use crate::{Copy, Entry, ItemId, Reading, SourceKey};

/// The item that the base names for a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Recorded<'a> {
    /// There, exactly as it was last seen.
    Unchanged,
    /// There, by a point read.
    Read(&'a Copy),
    /// A point read found nothing in the folder.
    Absent,
    /// The reading says that it changed or is gone, which a lagging listing or a move would say too.
    Doubtful,
}

/// All that was read of a mailbox, by key.
pub(super) struct Sight<'a> {
    situation: &'a Situation<'a>,
    copies: BTreeMap<&'a SourceKey, BTreeMap<&'a ItemId, &'a Copy>>,
}

impl<'a> Sight<'a> {
    pub(super) fn new(situation: &'a Situation<'a>) -> Self {
        let mailbox = situation.mailbox;
        let mut copies: BTreeMap<_, BTreeMap<_, _>> = BTreeMap::new();
        let stale = |id| mailbox.looked.contains_key(id) || mailbox.gone.contains(id);
        let read = mailbox.found.iter().chain(&mailbox.copies).filter(|copy| !stale(&copy.id));
        for copy in read.chain(mailbox.looked.values().flatten()) {
            copies.entry(&copy.key).or_default().insert(&copy.id, copy);
        }
        Sight { situation, copies }
    }

    /// Every key that is known of the mailbox and that `hub` does not have.
    pub(super) fn keys_beyond(&self, hub: impl Fn(&SourceKey) -> bool) -> BTreeSet<&'a SourceKey> {
        let base = self.situation.base.entries.keys();
        let all = base.chain(self.copies.keys().copied()).chain(self.situation.intents.keys());
        all.filter(|key| !hub(key)).collect()
    }

    /// Whether the item was read one by one, which no lag can spoil.
    pub(super) fn is_looked(&self, id: &ItemId) -> bool {
        self.situation.mailbox.looked.contains_key(id)
    }

    /// Whether the reading itself named the item as gone.
    pub(super) fn is_named_gone(&self, id: &ItemId) -> bool {
        self.situation.mailbox.gone.contains(id)
    }

    pub(super) fn recorded(&self, key: &SourceKey, entry: &Entry) -> Recorded<'a> {
        let read = self.copies.get(key).and_then(|copies| copies.get(&entry.id)).copied();
        let looked = self.is_looked(&entry.id);
        match read {
            Some(copy) if looked => Recorded::Read(copy),
            Some(copy) if copy.change_key == entry.change_key && !entry.hidden => Recorded::Unchanged,
            // A listing may show an older state than ours: only a point read tells what the item is now.
            Some(_) => Recorded::Doubtful,
            None if looked || entry.hidden => Recorded::Absent,
            None if self.is_named_gone(&entry.id) => Recorded::Doubtful,
            None if entry.unread || self.situation.mailbox.reading == Reading::Everything => {
                Recorded::Doubtful
            }
            None => Recorded::Unchanged,
        }
    }

    /// The copies of a key that the base does not name, the oldest first.
    pub(super) fn others(&self, key: &SourceKey, entry: Option<&Entry>) -> Vec<&'a Copy> {
        let mut others: Vec<&Copy> = self
            .copies
            .get(key)
            .into_iter()
            .flat_map(BTreeMap::values)
            .copied()
            .filter(|copy| entry.is_none_or(|entry| entry.id != copy.id))
            .collect();
        others.sort_by(|a, b| (a.created, &a.id).cmp(&(b.created, &b.id)));
        others
    }
}
