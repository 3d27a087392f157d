//! What is known of the copies of one item, from the base, the reading and the point reads together.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::Situation;
use crate::{ChangeKey, Entry, ItemId, Listed, Reading, SourceKey};

/// The item that the base names for a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Recorded<'a> {
    /// There, exactly as it was last seen.
    Unchanged,
    /// There, by a point read.
    Read(&'a crate::Copy),
    /// A point read found nothing in the folder.
    Absent,
    /// The reading says that it changed or is gone, which a lagging listing or a move would say too.
    Doubtful,
}

/// One item as far as it was seen.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen<'a> {
    pub(super) id: &'a ItemId,
    change_key: &'a ChangeKey,
    created: DateTime<Utc>,
    /// It carries our tag.
    pub(super) tagged: bool,
    /// The item itself, if it was looked at.
    pub(super) copy: Option<&'a crate::Copy>,
}

/// All that was read of a mailbox, by key.
pub(super) struct Sight<'a> {
    situation: &'a Situation<'a>,
    seen: BTreeMap<&'a SourceKey, BTreeMap<&'a ItemId, Seen<'a>>>,
}

impl<'a> Sight<'a> {
    pub(super) fn new(situation: &'a Situation<'a>) -> Self {
        let mailbox = situation.mailbox;
        let mut seen: BTreeMap<_, BTreeMap<_, _>> = BTreeMap::new();
        let stale = |id| mailbox.looked.contains_key(id) || mailbox.gone.contains(id);
        for item in mailbox.found.iter().chain(&mailbox.listed).filter(|item| !stale(&item.id)) {
            seen.entry(&item.key).or_default().insert(&item.id, Seen::listed(item));
        }
        for copy in mailbox.looked.values().flatten() {
            seen.entry(&copy.key).or_default().insert(&copy.id, Seen::looked(copy));
        }
        Sight { situation, seen }
    }

    /// Every key that is known of the mailbox and that `hub` does not have.
    pub(super) fn keys_beyond(&self, hub: impl Fn(&SourceKey) -> bool) -> BTreeSet<&'a SourceKey> {
        let base = self.situation.base.entries.keys();
        let all = base.chain(self.seen.keys().copied()).chain(self.situation.intents.keys());
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
        let seen = self.seen.get(key).and_then(|seen| seen.get(&entry.id));
        match seen {
            Some(Seen { copy: Some(copy), .. }) => Recorded::Read(copy),
            Some(seen) if *seen.change_key == entry.change_key && !entry.hidden => Recorded::Unchanged,
            // A listing may show an older state than ours: only a point read tells what the item is now.
            Some(_) => Recorded::Doubtful,
            None if self.is_looked(&entry.id) || entry.hidden => Recorded::Absent,
            None if self.is_named_gone(&entry.id) => Recorded::Doubtful,
            None if entry.unread || self.situation.mailbox.reading == Reading::Everything => {
                Recorded::Doubtful
            }
            None => Recorded::Unchanged,
        }
    }

    /// The items of a key that the base does not name, the oldest first.
    pub(super) fn others(&self, key: &SourceKey, entry: Option<&Entry>) -> Vec<Seen<'a>> {
        let seen = self.seen.get(key).into_iter().flat_map(BTreeMap::values).copied();
        let mut others: Vec<_> = seen.filter(|item| entry.is_none_or(|entry| entry.id != *item.id)).collect();
        others.sort_by_key(|item| (item.created, item.id));
        others
    }
}

impl<'a> Seen<'a> {
    fn listed(item: &'a Listed) -> Self {
        Seen {
            id: &item.id,
            change_key: &item.change_key,
            created: item.created,
            tagged: item.tagged,
            copy: None,
        }
    }

    fn looked(copy: &'a crate::Copy) -> Self {
        Seen {
            id: &copy.id,
            change_key: &copy.change_key,
            created: copy.created,
            tagged: copy.tagged,
            copy: Some(copy),
        }
    }
}
