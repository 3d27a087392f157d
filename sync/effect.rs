//! What is known after an operation was sent.

use crate::{ChangeKey, Content, ItemId};

/// What came of one operation, as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// The item was written; this is the item as the server returned it.
    Written {
        /// Where it is.
        id: ItemId,
        /// Its version.
        change_key: ChangeKey,
        /// What the server says it holds.
        content: Content,
    },
    /// The item is gone, by us or by somebody before us.
    Deleted,
    /// The item to be changed is not there.
    Missing,
    /// Somebody changed the item at the same time.
    Conflict,
    /// The server refused this item for good reasons of its own: the code it gave, nothing personal.
    Refused(String),
    /// It was sent, and whether it happened is not known.
    Unknown,
    /// It was certainly not done: throttled, past the deadline, never sent.
    NotSent,
}
