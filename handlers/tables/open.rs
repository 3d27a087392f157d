//! Mailboxes that must be visited although nothing changed: an idle run reads this list and nothing else.

use platform::{Record, Result, When};
use serde::{Deserialize, Serialize};
use sync::{HubId, MailboxId, TenantId};

use super::Tables;

/// Why a mailbox must be visited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Why {
    /// Not everything could be done.
    Unfinished,
    /// It left the audience and is to be cleaned.
    Left,
}

/// One mailbox to be visited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Open {
    /// Why.
    pub why: Why,
}

impl Record for Open {
    const VERSION: u32 = 1;
}

impl Tables {
    /// The prefix of a hub's list.
    pub fn open_prefix(tenant: &TenantId, hub: &HubId) -> String {
        format!("{}open/", Self::hub_prefix(tenant, hub))
    }

    /// One mailbox in the list.
    pub fn open_key(tenant: &TenantId, hub: &HubId, mailbox: &MailboxId) -> String {
        format!("{}{mailbox}", Self::open_prefix(tenant, hub))
    }

    /// Puts a mailbox on the list, whyever it was there before.
    pub async fn put_open(
        &self,
        tenant: &TenantId,
        hub: &HubId,
        mailbox: &MailboxId,
        why: Why,
    ) -> Result<()> {
        self.open.put(&Self::open_key(tenant, hub, mailbox), &Open { why }, When::Any).await.map(drop)
    }
}
