//! What a tenant's administrators agreed to, one after the other.

use chrono::{DateTime, Utc};
use platform::Record;
use sync::TenantId;

use super::{Consent, Tables};

impl Record for Consent {
    const VERSION: u32 = 1;
}

impl Tables {
    /// The prefix of a tenant's consents; their names are times, so that the last is the newest.
    pub fn consents_prefix(tenant: &TenantId) -> String {
        format!("tenants/{tenant}/consents/")
    }

    /// The consent that was given at a moment.
    pub fn consent_key(tenant: &TenantId, at: DateTime<Utc>) -> String {
        format!("{}{}", Self::consents_prefix(tenant), at.format("%Y%m%dt%H%M%S"))
    }
}
