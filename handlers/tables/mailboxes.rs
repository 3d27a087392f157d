//! What is known of one mailbox of a hub: the folder, the base, the open intents.

use std::hash::{DefaultHasher, Hash, Hasher};

use chrono::{DateTime, Utc};
use platform::Record;
use serde::{Deserialize, Serialize};
use sync::{Base, HubId, Intents, MailboxId, TenantId};

use super::{Changes, Tables};

/// One mailbox of a hub. Base and intents lie in one record, so that one conditional write moves both.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MailboxState {
    /// The managed folder.
    pub folder: Option<String>,
    /// Where the next reading of the folder goes on.
    pub link: Option<String>,
    /// What was last known equal on both sides.
    pub base: Base,
    /// Writes without a recorded answer.
    pub intents: Intents,
    /// Why the last runs failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trouble: Option<Trouble>,
    /// A plan of it waits for somebody to agree.
    pub held: bool,
    /// What its users changed is written down for the hub, or was about to be.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub told: bool,
    /// What was done here and the audit log does not say yet.
    #[serde(skip_serializing_if = "Changes::is_empty")]
    pub unlogged: Changes,
}

/// A mailbox that can't be synced.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Trouble {
    /// What stands in the way, in words and codes.
    pub reason: String,
    /// How many runs failed one after the other.
    pub failures: u32,
    /// Since when.
    pub since: DateTime<Utc>,
    /// Left alone until then.
    pub retry_at: DateTime<Utc>,
}

impl MailboxState {
    /// Tells one state from another within this process, without keeping both.
    pub fn mark(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.hash(&mut hasher);
        hasher.finish()
    }
}

impl Record for MailboxState {
    const VERSION: u32 = 1;
}

impl Tables {
    /// The prefix of a hub's mailboxes.
    pub fn mailboxes_prefix(tenant: &TenantId, hub: &HubId) -> String {
        format!("{}bases/", Self::hub_prefix(tenant, hub))
    }

    /// One mailbox of a hub.
    pub fn mailbox_key(tenant: &TenantId, hub: &HubId, mailbox: &MailboxId) -> String {
        format!("{}{mailbox}", Self::mailboxes_prefix(tenant, hub))
    }
}
