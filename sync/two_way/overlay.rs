//! What two-way spokes changed in the hub, kept beside what its sources hold.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Content, Field, MailboxId, Print, Prints, SourceKey, Value};

/// The changes of users that the hub took, until their sources change the same again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Overlay {
    /// Fields that users changed, of items that a source contributes.
    pub edits: BTreeMap<SourceKey, BTreeMap<Field, Edit>>,
    /// Items that users made, or kept when their source dropped them.
    pub added: BTreeMap<SourceKey, Added>,
    /// Items that users deleted while their source still has them.
    pub removed: BTreeMap<SourceKey, Removed>,
    /// The mark of each mailbox's proposals that were judged last.
    pub judged: BTreeMap<MailboxId, String>,
}

/// Who changed something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Author {
    /// The spoke of the mailbox.
    pub spoke: String,
    /// The mailbox; none if an admin restored a value.
    pub mailbox: Option<MailboxId>,
}

/// One field as a user wants it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Edit {
    /// The value; `None` clears the field.
    pub value: Option<Value>,
    /// What the sources held when the hub took it: once they hold something else, they changed it later.
    pub over: Option<Print>,
    /// Whose it is.
    pub by: Author,
}

/// An item that no source contributes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Added {
    /// What it holds.
    pub content: Content,
    /// Who made it.
    pub by: Author,
}

/// An item that users deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Removed {
    /// What the sources held when it was deleted: an edit there brings it back.
    pub over: Prints,
    /// Who deleted it.
    pub by: Author,
}
