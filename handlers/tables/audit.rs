//! The audit log as it is kept: numbered entries, the newest one's mark, and who stands behind the pseudonyms.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use platform::Record;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sync::TenantId;
use uuid::Uuid;

use super::Tables;

/// How many records share the people of a log, so that each stays small.
const SHARDS: u8 = 64;

/// Whose log: a tenant's, or that of the deployment as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log(String);

impl Log {
    /// The log of what belongs to no tenant.
    #[must_use]
    pub fn deployment() -> Self {
        Self("deployment".to_owned())
    }

    /// The name under which it is kept: a tenant's id, or `deployment`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0
    }

    /// Whether it is that of the deployment.
    #[must_use]
    pub fn is_deployment(&self) -> bool {
        *self == Self::deployment()
    }
}

impl From<&TenantId> for Log {
    fn from(tenant: &TenantId) -> Self {
        Self(tenant.to_string())
    }
}

impl FromStr for Log {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == Self::deployment().name() {
            return Ok(Self::deployment());
        }
        let tenant = TenantId::new(text.to_ascii_lowercase());
        tenant.map(|tenant| Self::from(&tenant)).map_err(|bad| bad.to_string())
    }
}

impl fmt::Display for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One entry of a log, bound to the one before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Entry {
    /// Whose log.
    pub log: String,
    /// Its place, counted from 1 without a gap.
    pub number: u64,
    /// When it was appended.
    pub at: DateTime<Utc>,
    /// Who did it: `wheelhouse`, `machine`, or a person's pseudonym.
    pub actor: String,
    /// The operation or event.
    pub action: String,
    /// Ids, names of fields, counts; people by their pseudonyms.
    pub details: Value,
    /// The hash of the entry before.
    pub previous: String,
    /// SHA-256 over all of the above, hexadecimal.
    pub hash: String,
}

impl Record for Entry {
    const VERSION: u32 = 1;
}

/// Where a log ended when an entry was last appended: where the next one goes, and what must be there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Head {
    /// The newest entry's number.
    pub number: u64,
    /// Its hash.
    pub hash: String,
}

impl Record for Head {
    const VERSION: u32 = 1;
}

/// The pseudonyms of some people, by object id; without this record nobody can tell who they are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct People(pub BTreeMap<Uuid, String>);

impl Record for People {
    const VERSION: u32 = 1;
}

impl Tables {
    /// The prefix of a log's entries; their names sort by number.
    pub fn entries_prefix(log: &Log) -> String {
        format!("tenants/{log}/audit/")
    }

    /// One entry of a log.
    pub fn entry_key(log: &Log, number: u64) -> String {
        format!("{}{number:012}", Self::entries_prefix(log))
    }

    /// Where a log ended last.
    pub fn head_key(log: &Log) -> String {
        format!("tenants/{log}/audit-head")
    }

    /// The prefix of the people in a log.
    pub fn people_prefix(log: &Log) -> String {
        format!("tenants/{log}/audit-people/")
    }

    /// The record that a person of a log stands in.
    pub fn people_key(log: &Log, person: &Uuid) -> String {
        let [first, ..] = person.as_bytes();
        format!("{}{:02x}", Self::people_prefix(log), first % SHARDS)
    }
}
