//! Whether anything is done for a tenant: what suspends it, and what resumes it.

use std::time::Duration;

use connectors::graph::{self, Kind};
use serde_json::json;
use sync::TenantId;
use url::Url;

use crate::App;
use crate::audit::Actor;
use crate::host::Failure;
use crate::messages::{Gather, Reason};
use crate::tables::{Suspension, Tables, Tenant, Withdrawn, change_existing};

/// How a tenant stands with this deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It is served.
    Active(Box<Tenant>),
    /// Nothing is done for it at present.
    Suspended(Suspension),
    /// Its data may lie in another region only.
    Elsewhere {
        /// The region class that it is bound to.
        region: String,
        /// The deployment there, as far as the settings name it.
        stamp: Option<Url>,
    },
    /// It is not connected.
    Unknown,
}

impl Standing {
    /// Why nothing is done for it, and what to do; `None` if it is served.
    #[must_use]
    pub fn refusal(&self) -> Option<String> {
        match self {
            Standing::Active(_) => None,
            Standing::Suspended(suspension) => {
                Some(format!("the tenant is suspended: {}", suspension.reason))
            }
            Standing::Elsewhere { region, stamp } => {
                let stamp = stamp.as_ref().map_or("its own deployment", Url::as_str);
                Some(format!("the tenant's data may lie in the region {region} only: go to {stamp}"))
            }
            Standing::Unknown => Some("the tenant is not connected".to_owned()),
        }
    }
}

impl App {
    /// How a tenant stands; one read of its record.
    pub async fn standing(&self, tenant: &TenantId) -> platform::Result<Standing> {
        let Some(row) = self.tables.tenants.get(&Tables::tenant_key(tenant)).await? else {
            return Ok(Standing::Unknown);
        };
        let tenant = row.record;
        let here = &self.settings.residency;
        // Records of before there were regions belong to the deployment that holds them.
        if !tenant.region.is_empty() && tenant.region != here.region {
            let stamp = here.stamps.get(&tenant.region).cloned();
            return Ok(Standing::Elsewhere { region: tenant.region, stamp });
        }
        Ok(match tenant.suspended {
            Some(suspension) => Standing::Suspended(suspension),
            None => Standing::Active(Box::new(tenant)),
        })
    }

    /// Suspends a tenant if an error of Graph or of the sign-in says that its consent ended; whether it does.
    ///
    /// What Graph forbids may be a mailbox out of reach or a permission that was taken away: the roles of a new token tell.
    pub async fn heed(&self, tenant: &TenantId, error: &graph::Error) -> Result<bool, Failure> {
        match error.kind() {
            Kind::Consent(why) => self.suspend(tenant, why.into(), error.code()).await.map(|()| true),
            Kind::Permission => self.check_grant(tenant).await,
            _ => Ok(false),
        }
    }

    /// Suspends a tenant if a token that is some minutes old at most does not carry what it granted; whether it does.
    pub async fn check_grant(&self, tenant: &TenantId) -> Result<bool, Failure> {
        match self.graph.renew(tenant).await.map_err(|error| (error.kind(), error)) {
            Err((Kind::Consent(why), error)) => {
                self.suspend(tenant, why.into(), error.code()).await.map(|()| true)
            }
            _ => Ok(false),
        }
    }

    /// Nothing is retried in vain: a suspended tenant rests until somebody consents or connects it anew.
    async fn suspend(&self, tenant: &TenantId, why: Withdrawn, code: &str) -> Result<(), Failure> {
        if let Standing::Suspended(_) = self.standing(tenant).await? {
            return Ok(());
        }
        let suspension = Suspension { why, since: self.now(), reason: self.reason(tenant, why, code) };
        let mut first = false;
        let note = |tenant: &mut Tenant| {
            first = tenant.suspended.is_none();
            tenant.suspended.get_or_insert_with(|| suspension.clone());
        };
        change_existing(&self.tables.tenants, &Tables::tenant_key(tenant), note).await?;
        if first {
            tracing::warn!(%tenant, ?why, code, "tenant suspended");
            self.audit(tenant, Actor::Wheelhouse, "consentWithdrawn", json!({ "why": why, "code": code }))
                .await?;
        }
        Ok(())
    }

    /// What was seen, and how an administrator mends it.
    fn reason(&self, tenant: &TenantId, why: Withdrawn, code: &str) -> String {
        let (consent, again) = self.ways_back(tenant);
        match why {
            Withdrawn::Consent => {
                format!("{code}: the tenant has no enterprise application of this service: {consent}")
            }
            Withdrawn::Permission => {
                format!("{code}: a permission was taken away: grant it in the Entra portal, and {again}")
            }
            Withdrawn::Disabled => format!(
                "{code}: the enterprise application is disabled: set \"Enabled for users to sign in\" in its properties in \
                 the Entra portal, and {again}"
            ),
            Withdrawn::Tenant => format!(
                "{code}: Entra knows no such tenant any more: if it was deleted for good, its data goes by DELETE \
                 /api/tenants/{tenant}; if it is back, {again}"
            ),
            Withdrawn::Blocked => format!(
                "{code}: a Conditional Access policy keeps the application out: exclude it from the policy, and {again}"
            ),
        }
    }

    /// How an administrator consents anew, and what is to be done once all else is mended: with a public address the same.
    ///
    /// <https://learn.microsoft.com/entra/identity/enterprise-apps/grant-admin-consent>
    fn ways_back(&self, tenant: &TenantId) -> (String, String) {
        if let Some(public) = &self.settings.public {
            let consent = format!("consent anew at {}consent/start", public.url);
            return (consent.clone(), consent);
        }
        let again = format!("connect the tenant again (PUT /api/tenants/{tenant})");
        let (login, app) =
            (self.settings.cloud.login_url.as_str().trim_end_matches('/'), self.settings.app_client_id);
        (format!("consent anew at {login}/{tenant}/adminconsent?client_id={app}, and {again}"), again)
    }

    /// Starts what rested: whoever called this has seen that the tenant grants what is needed.
    ///
    /// Every enabled hub is run as by hand, so that mailboxes are visited that were left alone for want of a permission.
    /// What was written before is known, so that nothing is written twice. Gives the number of runs.
    pub async fn resume(&self, tenant: &TenantId) -> Result<usize, Failure> {
        self.graph.forget(tenant).await;
        let mut runs = 0;
        for hub in self.tables.hub_ids(tenant).await? {
            let row = self.tables.hubs.get(&Tables::hub_key(tenant, &hub)).await?;
            if row.is_some_and(|row| row.record.config.enabled) {
                let (tenant, run) = (tenant.clone(), self.new_run());
                let message = Gather { tenant, hub, run, reason: Reason::Manual, waited: 0 };
                self.send(&message, Duration::ZERO).await?;
                runs += 1;
            }
        }
        Ok(runs)
    }
}

impl From<graph::Withdrawn> for Withdrawn {
    fn from(withdrawn: graph::Withdrawn) -> Self {
        match withdrawn {
            graph::Withdrawn::Consent => Self::Consent,
            graph::Withdrawn::Permission => Self::Permission,
            graph::Withdrawn::Disabled => Self::Disabled,
            graph::Withdrawn::Tenant => Self::Tenant,
            graph::Withdrawn::Blocked => Self::Blocked,
        }
    }
}
