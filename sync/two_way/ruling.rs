//! What the hub makes of a proposal.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Field, ItemId, MailboxId, Print, SourceKey, Value};

/// One decision of the hub about one field, or about a whole item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    /// Whose edit it is about; nobody's mailbox if an admin restored a value.
    pub mailbox: Option<MailboxId>,
    /// The item.
    pub key: SourceKey,
    /// The field; none if it is about the whole item.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<Field>,
    /// The decision.
    pub ruling: Ruling,
    /// The value that lost, so that somebody can bring it back; none where nothing was lost or the field was cleared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lost: Option<Value>,
}

/// The decision about a user's change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "ruling", content = "why")]
pub enum Ruling {
    /// It is in the hub now.
    Taken,
    /// It is in the hub now, against another change of the same field, which is `lost`.
    Won,
    /// It is not taken; the mailbox gets the hub's state back, and the user's value is `lost`.
    Refused(Reason),
    /// It was in the hub, and a later change of the source took its place; it is `lost`.
    Superseded,
}

/// Why a change is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Reason {
    /// The field comes from the company directory, which can't be written.
    DirectoryOwned,
    /// The hub had another change of the same field, which wins by the hub's conflict rule.
    Conflict,
    /// An edit beats a deletion.
    EditedElsewhere,
    /// The spoke's filter does not let it through.
    Filtered,
    /// More would be deleted at once than the hub's limits allow.
    TooManyRemovals,
}

/// What the hub did not take of one mailbox's items: there the hub's state is written over the user's.
pub type Refusals = BTreeMap<SourceKey, Refusal>;

/// What the hub did not take of one item.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Refusal {
    /// The refused state of each field; `None` = cleared.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<Field, Option<Print>>,
    /// The item whose deletion was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub removal: Option<ItemId>,
    /// The item that was not taken into the hub.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item: Option<ItemId>,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Reason::DirectoryOwned => "it comes from the company directory, which can't be changed from a mailbox",
            Reason::Conflict => "the hub had another change, which wins by the hub's conflict rule",
            Reason::EditedElsewhere => "somebody edited the item meanwhile, and an edit beats a deletion",
            Reason::Filtered => "the spoke's filter does not let it through",
            Reason::TooManyRemovals => {
                "more was deleted at once than the hub's limits allow; delete fewer at a time or raise the limit"
            }
        })
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.ruling {
            Ruling::Taken => "took",
            Ruling::Won => "took (against another change)",
            Ruling::Refused(_) => "refused",
            Ruling::Superseded => "superseded",
        };
        write!(f, "{what} {}", self.key)?;
        if let Some(field) = self.field {
            write!(f, " {field}")?;
        }
        match self.ruling {
            Ruling::Refused(reason) => write!(f, ": {reason}"),
            _ => Ok(()),
        }
    }
}
