//! Each hub's merged content.

use platform::Record;
use serde::{Deserialize, Serialize};
use sync::{HubId, Snapshot, TenantId};

use super::Tables;

/// A hub's newest snapshot.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Newest(pub Snapshot);

impl Record for Newest {
    const VERSION: u32 = 1;
}

impl Tables {
    /// A hub's snapshot: the newest one only.
    pub fn snapshot_key(tenant: &TenantId, hub: &HubId) -> String {
        format!("{}snapshot", Self::hub_prefix(tenant, hub))
    }
}
