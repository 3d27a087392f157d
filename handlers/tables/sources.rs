//! What a contributing spoke was last known to hold, with the links from which its deltas go on.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use connectors::file::Marks;
use platform::Record;
use serde::{Deserialize, Serialize};
use sync::directory::Directory;
use sync::{Content, HubId, TenantId};

use super::Tables;

/// The last state of one contributing spoke.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Source {
    /// What a directory holds.
    pub directory: Directory,
    /// What a folder, calendar or file holds, by the ids there.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub items: BTreeMap<String, Content>,
    /// The delta link of each feed.
    pub links: BTreeMap<String, String>,
    /// The marks of the version of a file.
    #[serde(skip_serializing_if = "is_unmarked")]
    pub marks: Marks,
    /// What the links belong to: another mailbox, folder, window or file is read from the beginning.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub place: String,
    /// The entries of a file that could not be taken, in words.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<String>,
    /// When everything was last read from the beginning.
    pub read_fully: Option<DateTime<Utc>>,
}

impl Source {
    /// Has everything be read from the beginning; what is known stays until then.
    pub fn forget_reading(&mut self) {
        self.links.clear();
        self.marks = Marks::default();
        self.read_fully = None;
    }
}

fn is_unmarked(marks: &Marks) -> bool {
    *marks == Marks::default()
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
