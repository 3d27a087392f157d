//! Hubs: what an admin configured, and where each stands.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use platform::{Record, Result};
use serde::{Deserialize, Serialize};
use sync::{HubConfig, HubId, MailboxId, TenantId};

use super::Tables;

/// A hub as it was configured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Hub {
    /// What the admin decided.
    pub config: HubConfig,
    /// When it was made.
    pub created: DateTime<Utc>,
    /// When the configuration last changed.
    pub changed: DateTime<Utc>,
}

impl Record for Hub {
    const VERSION: u32 = 1;
}

/// Where a hub stands between its runs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HubState {
    /// When it was last started by its schedule.
    pub scheduled: Option<DateTime<Utc>>,
    /// The snapshot that all mailboxes were last sent.
    pub sent_version: u64,
    /// The configuration that the mailboxes were last sent under.
    pub sent_config: Option<DateTime<Utc>>,
    /// When all mailboxes were last visited.
    pub visited: Option<DateTime<Utc>>,
    /// When a gathering was called for users' edits that has not begun yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub called: Option<DateTime<Utc>>,
    /// The audience of the last run: the receiving spoke's id by mailbox.
    pub audience: BTreeMap<MailboxId, String>,
    /// Those of the last audience that the tenant's plan did not serve.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub unserved: BTreeSet<MailboxId>,
}

impl Record for HubState {
    const VERSION: u32 = 1;
}

impl Tables {
    /// The prefix of a tenant's hub configurations.
    pub fn hubs_prefix(tenant: &TenantId) -> String {
        format!("tenants/{tenant}/configs/")
    }

    /// A hub's configuration.
    pub fn hub_key(tenant: &TenantId, hub: &HubId) -> String {
        format!("{}{hub}", Self::hubs_prefix(tenant))
    }

    /// The prefix of everything that a hub keeps.
    pub fn hub_prefix(tenant: &TenantId, hub: &HubId) -> String {
        format!("tenants/{tenant}/hubs/{hub}/")
    }

    /// Where a hub stands.
    pub fn state_key(tenant: &TenantId, hub: &HubId) -> String {
        format!("{}state", Self::hub_prefix(tenant, hub))
    }

    /// The ids of a tenant's hubs.
    pub async fn hub_ids(&self, tenant: &TenantId) -> Result<Vec<HubId>> {
        let names = self.names(&Self::hubs_prefix(tenant)).await?;
        Ok(names.into_iter().filter_map(|id| HubId::new(id).ok()).collect())
    }
}
