//! What one mailbox's managed folder was found to hold.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use crate::{ChangeKey, Content, ItemId, SourceKey};

/// How much a reading says about what it does not mention.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// Only what changed since the base: an item that is not mentioned is as it was.
    Changes,
    /// Everything there is: an item that is not mentioned is gone, or the listing lags.
    Everything,
}

/// One item, as a listing names it: a hint, for listings may lag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Where it is.
    pub id: ItemId,
    /// Its version.
    pub change_key: ChangeKey,
    /// When it was created, by the server's clock; only ever compared with others of the same mailbox.
    pub created: DateTime<Utc>,
    /// The identity in the hub that its tag names; without a tag, the one it would have there.
    pub key: SourceKey,
    /// It carries our tag. Only a two-way spoke sees items without: what its users put beside ours.
    pub tagged: bool,
}

/// One item in the managed folder, as a point read shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copy {
    /// Where it is.
    pub id: ItemId,
    /// Its version.
    pub change_key: ChangeKey,
    /// When it was created, by the server's clock; only ever compared with others of the same mailbox.
    pub created: DateTime<Utc>,
    /// The identity in the hub that its tag names; without a tag, the one it would have there.
    pub key: SourceKey,
    /// It carries our tag. Only a two-way spoke sees items without: what its users put beside ours.
    pub tagged: bool,
    /// What it holds.
    pub content: Content,
}

/// The managed folder as far as it was read: only items with our tag are in it, but where users' new ones are taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    /// What silence means in `listed`.
    pub reading: Reading,
    /// The items that the reading named.
    pub listed: Vec<Listed>,
    /// The items that a search for the tags of open intents found; the reading may not name them yet.
    pub found: Vec<Listed>,
    /// The items that the reading said to be gone from the folder.
    pub gone: BTreeSet<ItemId>,
    /// Point reads, which overrule the rest: `None` = not in the folder.
    pub looked: BTreeMap<ItemId, Option<Copy>>,
}

impl Mailbox {
    /// A folder of which nothing was read yet.
    pub fn unread(reading: Reading) -> Self {
        Mailbox {
            reading,
            listed: Vec::new(),
            found: Vec::new(),
            gone: BTreeSet::new(),
            looked: BTreeMap::new(),
        }
    }
}
