//! Messages that could not be worked on.

use chrono::{DateTime, Utc};
use platform::Record;
use serde::{Deserialize, Serialize};
use sync::TenantId;

use super::Tables;

/// A message that could not be worked on, without its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeadLetter {
    /// The queue that it came from.
    pub queue: String,
    /// Why, and what to do.
    pub reason: String,
    /// When it was given up.
    pub when: DateTime<Utc>,
    /// Its length in bytes.
    pub bytes: usize,
}

impl Record for DeadLetter {
    const VERSION: u32 = 1;
}

impl Tables {
    /// The prefix of a tenant's dead letters; their names sort by time.
    pub fn dead_letters_prefix(tenant: &TenantId) -> String {
        format!("tenants/{tenant}/dead-letters/")
    }
}
