//! What a mailbox tells the hub.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Content, Field, ItemId, Print, Prints, SourceKey, Value};

/// Something that a user did in a two-way spoke's mailbox and that the hub has not judged yet.
///
/// A plan proposes it anew until hub and mailbox agree, so losing one loses nothing.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Proposal {
    /// The item's identity in the hub.
    pub key: SourceKey,
    /// Where it is, or was.
    pub id: ItemId,
    /// What the user did.
    pub what: Proposed,
}

/// What a user did with an item.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Proposed {
    /// Changed fields.
    Edit(BTreeMap<Field, Edited>),
    /// Made a new item, or changed one that the hub has dropped meanwhile: this is all of it.
    Item(Content),
    /// Deleted an item that held this.
    Removal(Prints),
}

/// One field as a user left it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Edited {
    /// What the user made of it; `None` if it was cleared.
    pub value: Option<Value>,
    /// What the hub had written there before.
    pub over: Option<Print>,
}

impl fmt::Display for Proposal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Proposal { key, what, .. } = self;
        match what {
            Proposed::Edit(fields) => {
                write!(f, "propose {key}:")?;
                fields.iter().try_for_each(|(field, edited)| {
                    write!(f, " {}{field}", if edited.value.is_some() { "" } else { "-" })
                })
            }
            Proposed::Item(_) => write!(f, "propose {key}: new"),
            Proposed::Removal(_) => write!(f, "propose {key}: remove"),
        }
    }
}
