//! Plans that wait for somebody to agree.

use chrono::{DateTime, Utc};
use platform::Record;
use serde::{Deserialize, Serialize};
use sync::{HubId, MailboxId, PlanHash, TenantId};

use super::Tables;

/// One mailbox's held plan; mailboxes in which the same would happen share its hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HeldPlan {
    /// What an approval must name.
    pub hash: PlanHash,
    /// Why it waits.
    pub why: sync::Why,
    /// Since when.
    pub since: DateTime<Utc>,
    /// The run that made it.
    pub run: String,
    /// The operations as rows: identities and field names.
    pub rows: Vec<String>,
    /// What was decided, if something was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
}

/// What somebody decided about a held plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Decision {
    /// Do it, once.
    Approved,
    /// Leave the mailbox as it is, and don't ask again for the same plan.
    Rejected,
}

impl Record for HeldPlan {
    const VERSION: u32 = 1;
}

impl Tables {
    /// The prefix of a hub's held plans.
    pub fn held_prefix(tenant: &TenantId, hub: &HubId) -> String {
        format!("{}held/", Self::hub_prefix(tenant, hub))
    }

    /// One mailbox's held plan.
    pub fn held_key(tenant: &TenantId, hub: &HubId, mailbox: &MailboxId) -> String {
        format!("{}{mailbox}", Self::held_prefix(tenant, hub))
    }
}
