//! What two-way spokes changed in a hub, and what lies below it.

use platform::Record;
use serde::{Deserialize, Serialize};
use sync::{HubId, Overlay, TenantId};

use super::Tables;

/// The changes of users that a hub took.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Taken(pub Overlay);

impl Record for Taken {
    const VERSION: u32 = 1;
}

impl Tables {
    /// A hub's overlay; only of a hub that has, or had, two-way spokes.
    pub fn overlay_key(tenant: &TenantId, hub: &HubId) -> String {
        format!("{}overlay", Self::hub_prefix(tenant, hub))
    }

    /// What the sources of a hub hold without its overlay.
    pub fn merged_key(tenant: &TenantId, hub: &HubId) -> String {
        format!("{}merged", Self::hub_prefix(tenant, hub))
    }
}
