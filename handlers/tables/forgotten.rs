//! Tenants that were forgotten: what is left to prove it, sealed with the deployment's own key.

use chrono::{DateTime, Utc};
use platform::Record;
use serde::{Deserialize, Serialize};
use sync::TenantId;
use utoipa::ToSchema;

use super::Tables;

/// A tenant that was forgotten.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Forgotten {
    /// The request.
    pub request: String,
    /// When it was asked for: from then on nothing was done for the tenant.
    pub asked: DateTime<Utc>,
    /// When its data keys were destroyed: nothing that was sealed can be opened since, wherever a copy lies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destroyed: Option<DateTime<Utc>>,
    /// How many values were deleted.
    #[serde(default)]
    pub values: usize,
    /// When it was seen that nothing is left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<DateTime<Utc>>,
}

impl Record for Forgotten {
    const VERSION: u32 = 1;
}

impl Tables {
    /// What is left of a tenant that was forgotten.
    pub fn forgotten_key(tenant: &TenantId) -> String {
        format!("tenants/deployment/forgotten/{tenant}")
    }
}
