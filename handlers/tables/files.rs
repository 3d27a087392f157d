//! Calendar files that were uploaded for a contributing spoke.

use platform::Record;
use serde::{Deserialize, Serialize};
use sync::{HubId, TenantId};

use super::Tables;

/// An uploaded file. `Debug` shows its size only: it holds personal data.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Upload {
    /// What stands in it.
    pub text: String,
}

impl std::fmt::Debug for Upload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Upload({} bytes)", self.text.len())
    }
}

impl Record for Upload {
    const VERSION: u32 = 1;
}

impl Tables {
    /// A spoke's uploaded file.
    pub fn file_key(tenant: &TenantId, hub: &HubId, spoke: &str) -> String {
        format!("{}files/{spoke}", Self::hub_prefix(tenant, hub))
    }
}
