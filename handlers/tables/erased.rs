//! Who was erased and must not come back: the one place that still names them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use platform::{Record, Result};
use serde::{Deserialize, Serialize};
use sync::{Erased, Fate, SourceKey, TenantId, Who};

use super::Tables;

/// Everybody who was erased from a tenant, by the request that did it.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ErasedPeople(pub BTreeMap<String, ErasedPerson>);

/// Somebody who was erased.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ErasedPerson {
    /// Since when.
    pub since: DateTime<Utc>,
    /// Their ids and addresses.
    pub who: Who,
    /// Their items in the tenant's hubs.
    pub items: BTreeSet<SourceKey>,
    /// What became of the copies.
    pub fate: Fate,
}

impl Record for ErasedPeople {
    const VERSION: u32 = 1;
}

impl ErasedPeople {
    /// All of them together; whose copies go for one request have them gone for all.
    pub fn together(self) -> Erased {
        let mut erased = Erased::default();
        for ErasedPerson { who, items, fate, .. } in self.0.into_values() {
            erased.who.ids.extend(who.ids);
            erased.who.addresses.extend(who.addresses);
            for item in items {
                let known = erased.items.entry(item).or_insert(fate);
                *known = fate.max(*known);
            }
        }
        erased
    }
}

impl Tables {
    /// Who was erased from a tenant.
    pub fn erased_key(tenant: &TenantId) -> String {
        format!("tenants/{tenant}/erased")
    }

    /// Everybody who must not come back.
    pub async fn erased(&self, tenant: &TenantId) -> Result<Erased> {
        let row = self.erased.get(&Self::erased_key(tenant)).await?;
        Ok(row.map(|row| row.record.together()).unwrap_or_default())
    }
}
