//! What was last known equal on both sides of one mailbox, item by item.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{ChangeKey, Content, Field, ItemId, Mailbox, Print, Prints, Reading, SourceKey};

/// The memory of one (hub, mailbox): what was written where, and what the server made of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Base {
    /// The fingerprint of (filter, mapping, spokes, folder) under which `entries` were written.
    pub scope: u64,
    /// The items, by their identity in the hub.
    pub entries: BTreeMap<SourceKey, Entry>,
}

/// One item as it was left in the mailbox.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// Where it is.
    pub id: ItemId,
    /// Its version when it was last seen: a reading with the same one is our own echo.
    pub change_key: ChangeKey,
    /// What the hub wanted when it was last written.
    #[serde(deserialize_with = "crate::prints::tight")]
    pub wrote: Prints,
    /// The fields in which the mailbox holds something else than was written.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub differs: BTreeMap<Field, Difference>,
    /// New since the reading that the next one continues: that one must name it, for a reading is silent about an
    /// item that came and went in between.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unread: bool,
    /// The user deleted it, and the spoke lets users hide items.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hidden: bool,
    /// A user made it, and the hub was told and does not have it yet: it carries no tag.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub proposed: bool,
}

/// How a field of the mailbox differs from what was written there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Difference {
    /// The server stored our value in a form of its own; `None` if it dropped it.
    Server(Option<Print>),
    /// Somebody edited the field afterwards; `None` if it was cleared.
    Edited(Option<Print>),
}

impl Difference {
    /// What the mailbox holds.
    pub fn print(self) -> Option<Print> {
        match self {
            Difference::Server(print) | Difference::Edited(print) => print,
        }
    }
}

impl Base {
    /// Notes that the next reading goes on from where this one ended.
    pub fn read_through(&mut self, mailbox: &Mailbox) {
        let listed: BTreeSet<_> = mailbox.listed.iter().map(|item| &item.id).collect();
        for entry in self.entries.values_mut() {
            let is_listed = listed.contains(&entry.id);
            // A reading from the beginning may lag behind what an earlier one had told.
            entry.unread = !is_listed && (entry.unread || mailbox.reading == Reading::Everything);
        }
    }
}

impl Entry {
    /// An item that holds exactly what was written.
    pub fn holding(id: ItemId, change_key: ChangeKey, content: &Content) -> Self {
        let wrote = content.prints();
        Entry {
            id,
            change_key,
            wrote,
            differs: BTreeMap::new(),
            unread: true,
            hidden: false,
            proposed: false,
        }
    }

    /// An item that was just created with `wanted` and came back as `returned`.
    pub fn created(id: ItemId, change_key: ChangeKey, wanted: &Content, returned: &Content) -> Self {
        let mut entry = Entry::holding(id, change_key, wanted);
        entry.wrote.retain(|field, _| !field.needs_item());
        for &field in Field::ALL {
            entry.note(field, returned.print(field), Difference::Server);
        }
        entry
    }

    /// Notes what was written into a field; `None` if it was cleared.
    pub fn wrote_now(&mut self, field: Field, print: Option<Print>) {
        self.differs.remove(&field);
        match print {
            Some(print) => self.wrote.insert(field, print),
            None => self.wrote.remove(&field),
        };
    }

    /// Notes what the mailbox holds in a field; if it is not what was written, `by` says through whom.
    pub fn note(&mut self, field: Field, seen: Option<Print>, by: fn(Option<Print>) -> Difference) {
        if seen == self.wrote.get(&field).copied() {
            self.differs.remove(&field);
        } else {
            self.differs.insert(field, by(seen));
        }
    }

    /// What the mailbox held in this field when it was last seen.
    pub fn seen(&self, field: Field) -> Option<Print> {
        match self.differs.get(&field) {
            Some(difference) => difference.print(),
            None => self.wrote.get(&field).copied(),
        }
    }

    /// Whether a field that holds this holds what it held after our last write.
    pub fn was_left(&self, field: Field, holds: Option<Print>) -> bool {
        holds == self.wrote.get(&field).copied()
            || self.differs.get(&field) == Some(&Difference::Server(holds))
    }

    /// Whether somebody edited any field after we last wrote it.
    pub fn has_edits(&self) -> bool {
        self.differs.values().any(|difference| matches!(difference, Difference::Edited(_)))
    }

    /// Whether somebody edited the field after we last wrote it.
    pub fn is_edited(&self, field: Field) -> bool {
        matches!(self.differs.get(&field), Some(Difference::Edited(_)))
    }
}
