//! What a contributing spoke was last known to hold, with the links from which its deltas go on.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use platform::Record;
use serde::{Deserialize, Serialize};
use sync::directory::Directory;
use sync::{HubId, TenantId};

use super::Tables;

/// The last state of one contributing spoke.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Source {
    /// What it holds.
    pub directory: Directory,
    /// The delta link of each feed.
    pub links: BTreeMap<String, String>,
    /// When everything was last read from the beginning.
    pub read_fully: Option<DateTime<Utc>>,
}

impl Record for Source {
    const VERSION: u32 = 1;
}

impl Tables {
    /// A contributing spoke's last state.
    pub fn source_key(tenant: &TenantId, hub: &HubId, spoke: &str) -> String {
        format!("{}sources/{spoke}", Self::hub_prefix(tenant, hub))
    }
}
