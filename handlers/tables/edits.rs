//! What the users of two-way mailboxes changed, until the hub has judged it and the mailbox agrees.

use std::collections::BTreeMap;

use platform::Record;
use serde::{Deserialize, Serialize};
use sync::two_way::Told;
use sync::{ChangeKey, HubId, ItemId, MailboxId, Proposal, TenantId};

use super::Tables;

/// What one mailbox of a two-way spoke proposes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Edits {
    /// The receiving spoke that the mailbox belongs to.
    pub spoke: String,
    /// Names these proposals: the same mark is not judged twice.
    pub mark: String,
    /// What is proposed.
    pub proposals: Vec<Proposal>,
    /// The versions of the new items among it: another version is another proposal.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub versions: BTreeMap<ItemId, ChangeKey>,
}

impl From<Edits> for Told {
    fn from(edits: Edits) -> Self {
        let Edits { spoke, mark, proposals, .. } = edits;
        Told { spoke, mark, proposals }
    }
}

impl Record for Edits {
    const VERSION: u32 = 1;
}

impl Tables {
    /// The prefix of what a hub's mailboxes propose.
    pub fn edits_prefix(tenant: &TenantId, hub: &HubId) -> String {
        format!("{}edits/", Self::hub_prefix(tenant, hub))
    }

    /// What one mailbox proposes.
    pub fn edits_key(tenant: &TenantId, hub: &HubId, mailbox: &MailboxId) -> String {
        format!("{}{mailbox}", Self::edits_prefix(tenant, hub))
    }
}
