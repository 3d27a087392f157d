//! What a client needs to know to talk to a simulator.

use std::fmt::{Display, Formatter, Result};

use serde::{Deserialize, Serialize};

use crate::tenant::Tenant;

/// Addresses, ids and a token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Info {
    /// Stands for `https://graph.microsoft.com`.
    pub graph_url: String,
    /// Stands for `https://login.microsoftonline.com`.
    pub login_url: String,
    /// `IDENTITY_ENDPOINT` of App Service.
    pub identity_url: String,
    /// `IDENTITY_HEADER` of App Service.
    pub identity_header: String,
    /// The client id of the managed identity.
    pub identity_client_id: String,
    /// The remote control.
    pub control_url: String,
    /// The tenant's id.
    pub tenant_id: String,
    /// The app's client id.
    pub client_id: String,
    /// The client id of the app with permissions of the directory only.
    pub scoped_client_id: String,
    /// The id of the tenant where both apps are registered.
    pub home_tenant_id: String,
    /// An access token for Graph.
    pub token: String,
    /// The group whose members have mailboxes, where there is one.
    pub group_id: Option<String>,
}

impl Info {
    /// What there is to know about a tenant.
    #[must_use]
    pub fn of(tenant: &Tenant) -> Self {
        let base = tenant.world.base();
        let ids = &tenant.world.ids;
        Self {
            graph_url: base.to_owned(),
            login_url: base.to_owned(),
            identity_url: format!("{base}/identity/token"),
            identity_header: ids.identity_header.clone(),
            identity_client_id: ids.identity_client_id.to_string(),
            control_url: format!("{base}/control"),
            tenant_id: tenant.tenant_id(),
            client_id: tenant.client_id(),
            scoped_client_id: tenant.scoped_client_id(),
            home_tenant_id: ids.home_tenant.to_string(),
            token: tenant.token(),
            group_id: tenant.group_named(crate::cli::GROUP),
        }
    }
}

impl Display for Info {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        writeln!(f, "graph       {}/v1.0", self.graph_url)?;
        writeln!(f, "login       {}", self.login_url)?;
        writeln!(f, "identity    {}  (X-IDENTITY-HEADER: {})", self.identity_url, self.identity_header)?;
        writeln!(f, "  client id {}", self.identity_client_id)?;
        writeln!(f, "control     {}", self.control_url)?;
        writeln!(f, "tenant id   {}", self.tenant_id)?;
        writeln!(f, "client id   {}", self.client_id)?;
        writeln!(f, "  scoped    {}", self.scoped_client_id)?;
        writeln!(f, "home tenant {}", self.home_tenant_id)?;
        if let Some(group) = &self.group_id {
            writeln!(f, "group id    {group}  ({})", crate::cli::GROUP)?;
        }
        write!(f, "token       {}", self.token)
    }
}
