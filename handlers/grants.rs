//! As which application Wheelhouse signs in at a tenant: what its administrator consented to decides.

use std::collections::BTreeSet;
use std::time::Duration;

use async_trait::async_trait;
use connectors::graph::login::{DIRECTORY_ROLES, Grant, Grants, MAILBOX_ROLES, NEEDED_ROLES};
use connectors::graph::{Error, Kind};
use platform::Table;
use sync::TenantId;
use uuid::Uuid;

use crate::config::Settings;
use crate::tables::{Consent, Mode, Tables, Tenant};

/// What each tenant granted, as its record says.
pub struct Granted {
    app: Uuid,
    scoped: Option<Uuid>,
    tenants: Table<Tenant>,
}

impl Granted {
    /// Reads the tenants' records.
    pub fn new(settings: &Settings, tables: &Tables) -> Self {
        let (app, scoped) = (settings.app_client_id, settings.scoped_app_client_id);
        Self { app, scoped, tenants: tables.tenants.clone() }
    }

    fn grant(&self, consent: Option<&Consent>) -> Option<Grant> {
        let mode = consent.map(|consent| consent.mode).unwrap_or_default();
        let client = client(mode, self.app, self.scoped)?;
        Some(Grant { client_id: client.to_string(), needed: needed(consent) })
    }
}

/// Each mode has an application of its own; none where the deployment does not offer the mode.
fn client(mode: Mode, app: Uuid, scoped: Option<Uuid>) -> Option<Uuid> {
    match mode {
        Mode::All => Some(app),
        Mode::Scoped => scoped,
    }
}

/// What a tenant consented to and we use; of a tenant of which nobody noted it, what nothing works without.
fn needed(consent: Option<&Consent>) -> BTreeSet<String> {
    let Some(consent) = consent else { return NEEDED_ROLES.map(str::to_owned).into() };
    let used = DIRECTORY_ROLES.into_iter().chain(MAILBOX_ROLES).map(str::to_owned);
    used.filter(|role| consent.permissions.contains(role)).collect()
}

#[async_trait]
impl Grants for Granted {
    async fn of(&self, tenant: &TenantId) -> Result<Grant, Error> {
        let place = || format!("grant of tenant {tenant}");
        let row = self.tenants.get(&Tables::tenant_key(tenant)).await;
        let row = row.map_err(|_| {
            let after = Some(Duration::from_secs(10));
            Error::new(Kind::Retry { after }, place(), "the tenant's record can't be read")
        })?;
        self.grant(row.and_then(|row| row.record.consent).as_ref()).ok_or_else(|| {
            let why = "the tenant granted single mailboxes: set WHEELHOUSE_SCOPED_APP_CLIENT_ID";
            Error::new(Kind::Credential, place(), why)
        })
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    fn granted(scoped: Option<Uuid>) -> impl Fn(Mode, &[&str]) -> Option<(Uuid, Vec<String>)> {
        let app = Uuid::from_u128(1);
        move |mode, permissions| {
            let consent = Consent {
                mode,
                permissions: permissions.iter().map(|&role| role.to_owned()).collect(),
                by: Uuid::nil(),
                at: DateTime::UNIX_EPOCH,
                text: 1,
                service_principal: Uuid::nil(),
            };
            let client = client(mode, app, scoped)?;
            Some((client, needed(Some(&consent)).into_iter().collect()))
        }
    }

    #[test]
    fn what_was_consented_to_and_is_used_must_stay() {
        let (app, scoped) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let of = granted(Some(scoped));
        let (client, needed) = of(Mode::All, &["Calendars.ReadWrite", "Mail.Read", "User.Read.All"]).unwrap();
        assert_eq!(
            (client, needed.as_slice()),
            (app, ["Calendars.ReadWrite", "User.Read.All"].map(str::to_owned).as_slice())
        );
        assert_eq!(of(Mode::Scoped, &DIRECTORY_ROLES).unwrap().0, scoped);
        assert_eq!(
            granted(None)(Mode::Scoped, &DIRECTORY_ROLES),
            None,
            "nobody signs in as the wrong application"
        );
        assert_eq!(super::needed(None), NEEDED_ROLES.map(str::to_owned).into());
    }
}
