//! Writes that were about to be sent, remembered before they were sent.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{Field, Print, Prints, SourceKey};

/// The open writes of one mailbox, by the item's identity in the hub.
pub type Intents = BTreeMap<SourceKey, Intent>;

/// A create or update that was about to be sent, and of which no answer is recorded yet.
///
/// A create without an answer may have happened: the item is looked for by its tag, and not written again while
/// a listing may still lag behind. An update without an answer may have happened too: what it wrote must not
/// look like a user's edit.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Intent {
    /// A random id: an event carries it as `transactionId`.
    pub id: String,
    /// When it was stored.
    pub since: DateTime<Utc>,
    /// What was about to be written.
    pub writes: Prints,
}

impl Intent {
    /// Whether this is what was about to be written into the field.
    pub fn meant(&self, field: Field, holds: Option<Print>) -> bool {
        self.writes.get(&field).copied() == holds
    }
}
