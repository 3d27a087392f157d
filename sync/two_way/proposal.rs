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
    /// Made a new item, or changed one that the hub has dropped meanwhile.
    Item {
        /// All of it.
        content: Content,
        /// What the hub had written there before; nothing where it is new.
        over: Prints,
    },
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

impl Proposed {
    /// The fields that the user changed, each with what the hub had written there.
    pub(super) fn edits(&self) -> BTreeMap<Field, Edited> {
        match self {
            Proposed::Edit(fields) => fields.clone(),
            Proposed::Removal(_) => BTreeMap::new(),
            Proposed::Item { content, over } => {
                let fields = content.iter().map(|(field, _)| field).chain(over.keys().copied());
                let edited = fields.filter_map(|field| {
                    let over = over.get(&field).copied();
                    let edited = Edited { value: content.get(field).cloned(), over };
                    (field.may_flow_back() && content.print(field) != over).then_some((field, edited))
                });
                edited.collect()
            }
        }
    }
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
            Proposed::Item { .. } => write!(f, "propose {key}: new"),
            Proposed::Removal(_) => write!(f, "propose {key}: remove"),
        }
    }
}
