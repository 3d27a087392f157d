//! Tenants that consented.

use chrono::{DateTime, Utc};
use platform::{Record, Result, When};
use serde::{Deserialize, Serialize};
use sync::TenantId;

use super::Tables;

/// A Microsoft Entra tenant that consented.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tenant {
    /// When it was connected.
    pub since: DateTime<Utc>,
    /// Why nothing is done for it at present: consent withdrawn, application disabled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspended: Option<String>,
}

impl Record for Tenant {
    const VERSION: u32 = 1;
}

/// Where the ids of all tenants are listed; values under it are empty.
const INDEX: &str = "index/tenants/";

impl Tables {
    /// A tenant's record.
    pub fn tenant_key(tenant: &TenantId) -> String {
        format!("tenants/{tenant}/tenant")
    }

    /// The tenants that are connected.
    pub async fn tenant_ids(&self) -> Result<Vec<TenantId>> {
        Ok(self.names(INDEX).await?.into_iter().filter_map(|id| TenantId::new(id).ok()).collect())
    }

    /// Connects a tenant; connecting it again changes nothing but a suspension.
    pub async fn connect(&self, tenant: &TenantId, now: DateTime<Utc>) -> Result<()> {
        let key = Self::tenant_key(tenant);
        let since = self.tenants.get(&key).await?.map_or(now, |row| row.record.since);
        self.tenants.put(&key, &Tenant { since, suspended: None }, When::Any).await?;
        self.sealed.store().put(&format!("{INDEX}{tenant}"), bytes::Bytes::new(), When::Any).await.map(drop)
    }
}
