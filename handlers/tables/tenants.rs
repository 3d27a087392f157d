//! Tenants that consented.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use platform::{Record, Result, When};
use serde::{Deserialize, Serialize};
use sync::TenantId;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Tables, change};

/// A Microsoft Entra tenant that consented.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Tenant {
    /// When it was connected.
    pub since: DateTime<Utc>,
    /// The region class that its data may lie in; empty in records of before there were any.
    pub region: String,
    /// What its administrator agreed to, as it was last proven; none where the owner of the deployment connected it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consent: Option<Consent>,
    /// Why nothing is done for it at present.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspended: Option<Suspension>,
    /// How long its data is kept.
    pub retention: Retention,
    /// What it may use.
    pub plan: Plan,
}

impl Record for Tenant {
    const VERSION: u32 = 2;
}

/// What an administrator agreed to, and what proves it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Consent {
    /// Which mailboxes are within reach.
    pub mode: Mode,
    /// The permissions that the proving token carried.
    pub permissions: BTreeSet<String>,
    /// The object id of whoever agreed.
    pub by: Uuid,
    /// When.
    pub at: DateTime<Utc>,
    /// Which version of the text they saw.
    pub text: u32,
    /// The object id of the enterprise application in their tenant.
    pub service_principal: Uuid,
}

/// Which mailboxes a consent reaches.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Mode {
    /// All, by Graph's own permissions.
    #[default]
    All,
    /// Those that the tenant names in Exchange: only the directory is reached by Graph's permissions.
    Scoped,
}

/// Why nothing is done for a tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Suspension {
    /// What was withdrawn.
    pub why: Withdrawn,
    /// Since when.
    pub since: DateTime<Utc>,
    /// What was seen, with the service's code, and how to mend it.
    pub reason: String,
}

/// What ended a tenant's consent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Withdrawn {
    /// The enterprise application was deleted, or never there.
    Consent,
    /// One of the permissions was taken away.
    Permission,
    /// The application was disabled.
    Disabled,
    /// The tenant is gone.
    Tenant,
    /// A Conditional Access rule of the tenant keeps the application out.
    Blocked,
}

/// How long a tenant's data is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Retention {
    /// So many days, 1 to 60.
    Days(u8),
    /// No content outlives its run: nothing but ids, hashes and etags stays.
    AfterEveryRun,
}

impl Default for Retention {
    fn default() -> Self {
        Self::Days(30)
    }
}

/// What a tenant may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Plan {
    /// How many mailboxes may be served; any number if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mailboxes: Option<u32>,
    /// The shortest time between two scheduled runs of a hub, in minutes.
    pub shortest_minutes: u32,
}

impl Default for Plan {
    fn default() -> Self {
        Self { mailboxes: None, shortest_minutes: 1 }
    }
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

    /// Takes a tenant off the list: nothing is done for it any more.
    pub async fn disconnect(&self, tenant: &TenantId) -> Result<()> {
        self.tenants.delete(&Self::tenant_key(tenant), When::Any).await?;
        self.sealed.store().delete(&format!("{INDEX}{tenant}"), When::Any).await
    }

    /// Connects a tenant in a region; connecting it again changes nothing but a suspension, and perhaps its consent.
    pub async fn connect(
        &self,
        tenant: &TenantId,
        region: &str,
        consent: Option<&Consent>,
        now: DateTime<Utc>,
    ) -> Result<()> {
        let note = |record: &mut Tenant| {
            if record.region.is_empty() {
                region.clone_into(&mut record.region);
                record.since = now;
            }
            record.consent = consent.cloned().or(record.consent.take());
            record.suspended = None;
        };
        change(&self.tenants, &Self::tenant_key(tenant), note).await?;
        self.sealed.store().put(&format!("{INDEX}{tenant}"), bytes::Bytes::new(), When::Any).await.map(drop)
    }
}
