//! What was done in one mailbox: identities and names of fields.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sync::{Field, Intents, Op, Outcome, SourceKey};

/// What was done in one mailbox and is still to be told to the audit log.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Changes {
    /// Its folder was made, or removed.
    pub folder: Option<FolderDeed>,
    /// The items, by what was done.
    pub items: BTreeMap<Deed, Vec<SourceKey>>,
    /// The fields of items that were changed.
    pub updates: BTreeMap<SourceKey, Vec<Field>>,
}

/// What was done with an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Deed {
    /// Created.
    Creates,
    /// Deleted.
    Deletes,
    /// Sent, and no answer came.
    Uncertain,
    /// Sent in an earlier attempt, and found to have happened.
    Confirmed,
    /// To be deleted, and found to be gone.
    Gone,
}

/// What was done to a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum FolderDeed {
    /// Made.
    Made,
    /// Removed.
    Removed,
}

impl Changes {
    /// Whether nothing was done.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.folder.is_none() && self.items.is_empty() && self.updates.is_empty()
    }

    /// Notes a write that was sent.
    pub fn note(&mut self, op: &Op, outcome: &Outcome) {
        match (outcome, op) {
            (Outcome::Left | Outcome::Failed(_), _) => {}
            (Outcome::Pending, _) => self.add(Deed::Uncertain, op.key()),
            (Outcome::Done, Op::Create { key, .. }) => self.add(Deed::Creates, key),
            (Outcome::Done, Op::Update { key, set, .. }) => {
                self.updates.insert(key.clone(), set.keys().copied().collect());
            }
            (Outcome::Done, _) => self.add(Deed::Deletes, op.key()),
        }
    }

    /// Notes what the reading told of writes that an earlier attempt sent.
    pub fn note_found(&mut self, ops: &[Op], intents: &Intents) {
        for op in ops {
            match op {
                Op::Record { key, .. } if intents.contains_key(key) => self.add(Deed::Confirmed, key),
                Op::Forget { key } => self.add(Deed::Gone, key),
                _ => {}
            }
        }
    }

    /// The items that something was done with; some more than once.
    pub fn keys(&self) -> impl Iterator<Item = &SourceKey> {
        self.items.values().flatten().chain(self.updates.keys())
    }

    /// Forgets what was done with an item.
    pub fn forget(&mut self, key: &SourceKey) {
        self.items.values_mut().for_each(|keys| keys.retain(|known| known != key));
        self.items.retain(|_, keys| !keys.is_empty());
        self.updates.remove(key);
    }

    fn add(&mut self, deed: Deed, key: &SourceKey) {
        self.items.entry(deed).or_default().push(key.clone());
    }
}
