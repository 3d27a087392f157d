//! What an admin decides about a receiving spoke and a hub.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use crate::Field;

/// Who wins a field of a mailbox item.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Write only over what still holds what we last wrote: a user's edit stays.
    #[default]
    KeepUserEdit,
    /// The hub's value replaces any other; where the hub has none, a user's own stays.
    Overwrite,
    /// The hub's value replaces any other, and where the hub has none the field is emptied.
    ClearWithSource,
    /// Write only into an empty field, once.
    WriteIfEmpty,
}

/// Whose change of a field wins where hub and spoke changed the same one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Winner {
    /// The hub's.
    #[default]
    Hub,
    /// The mailbox's.
    Spoke,
    /// That of the spoke which stands first in the hub's configuration.
    Priority,
}

/// How a receiving spoke treats the items of its mailboxes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// The mode of each field that is not [`Mode::KeepUserEdit`].
    pub modes: BTreeMap<Field, Mode>,
    /// A user who deletes an item gets it back (the default), or has hidden it for good.
    pub users_may_hide: bool,
    /// How long a listing may lag behind a write.
    pub read_lag: TimeDelta,
    /// Nothing is deleted that a point read did not show as ours: to delete a meeting mails everybody invited.
    pub looks_first: bool,
}

impl Policy {
    /// The mode of a field.
    pub fn mode(&self, field: Field) -> Mode {
        self.modes.get(&field).copied().unwrap_or_default()
    }
}

/// How much may be removed before somebody has to agree. Limits are per hub.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Limits {
    /// Deletes in one mailbox that are always allowed.
    pub deletes_per_mailbox: usize,
    /// The share of a mailbox's managed items that may be deleted, in percent; the larger of the two counts.
    pub deletes_percent: usize,
    /// By how much the hub may shrink against its last good snapshot, in percent.
    pub shrink_percent: usize,
    /// Deletes of one run over all mailboxes; one item that leaves every mailbox is always allowed.
    pub deletes_per_run: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { deletes_per_mailbox: 10, deletes_percent: 20, shrink_percent: 20, deletes_per_run: 500 }
    }
}
