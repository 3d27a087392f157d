//! The operations a plan is made of.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::{ChangeKey, Content, Entry, Field, ItemId, SourceKey, Value};

/// One step that brings a mailbox nearer to the hub; each names an item of its own, so their order is free.
///
/// Its text is the preview, the log line and the dashboard row: identities and field names, never values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Op {
    /// Write a new item that carries our tag.
    Create {
        /// Its identity in the hub.
        key: SourceKey,
        /// What it shall hold.
        content: Arc<Content>,
    },
    /// Change the named fields of an item, and no others; with no field it only gets our tag.
    Update {
        /// Its identity in the hub.
        key: SourceKey,
        /// Where it is.
        id: ItemId,
        /// The version that the change is meant for.
        change_key: ChangeKey,
        /// The new values; `None` clears the field.
        set: BTreeMap<Field, Option<Value>>,
        /// What the hub wants the whole item to be.
        wanted: Arc<Content>,
        /// The item as it will be known if nothing comes of this.
        entry: Box<Entry>,
        /// The item has no tag yet, and is ours only once it has.
        tag: bool,
    },
    /// Remove an item.
    Delete {
        /// Its identity in the hub.
        key: SourceKey,
        /// Where it is.
        id: ItemId,
        /// Why it goes.
        why: Removal,
    },
    /// Remember an item as it is; nothing is written to the mailbox.
    Record {
        /// Its identity in the hub.
        key: SourceKey,
        /// What is now known of it.
        entry: Box<Entry>,
    },
    /// Forget an item that is on neither side any more.
    Forget {
        /// Its identity in the hub.
        key: SourceKey,
    },
}

/// Why an item is removed from a mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removal {
    /// The hub no longer has it.
    GoneFromHub,
    /// It is of somebody who was erased: nothing is asked and nothing counted.
    Erased,
    /// Another item of the mailbox stands for the same identity.
    Duplicate,
    /// It comes back at once: its series has occurrences again that no update can bring back.
    Replaced,
    /// The mailbox no longer belongs to the hub's audience, or the hub is cleaned up.
    Cleanup,
}

impl Op {
    /// The identity of the item that the operation is about.
    pub fn key(&self) -> &SourceKey {
        match self {
            Op::Create { key, .. }
            | Op::Update { key, .. }
            | Op::Delete { key, .. }
            | Op::Record { key, .. }
            | Op::Forget { key } => key,
        }
    }

    /// Whether the operation sends something to the mailbox.
    pub fn is_write(&self) -> bool {
        !matches!(self, Op::Record { .. } | Op::Forget { .. })
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Op::Create { key, .. } => write!(f, "create {key}"),
            Op::Update { key, set, .. } => {
                if set.is_empty() {
                    return write!(f, "tag {key}");
                }
                write!(f, "update {key}:")?;
                set.iter().try_for_each(|(field, value)| {
                    write!(f, " {}{field}", if value.is_some() { "" } else { "-" })
                })
            }
            Op::Delete { key, why, .. } => write!(f, "delete {key} ({why})"),
            Op::Record { key, .. } => write!(f, "record {key}"),
            Op::Forget { key } => write!(f, "forget {key}"),
        }
    }
}

impl fmt::Display for Removal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Removal::GoneFromHub => "gone from the hub",
            Removal::Erased => "erased",
            Removal::Duplicate => "duplicate",
            Removal::Replaced => "written anew",
            Removal::Cleanup => "clean-up",
        })
    }
}
