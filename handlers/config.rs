//! The settings, read once from the environment and refused as a whole when anything is wrong.

mod vars;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use url::Url;
use uuid::Uuid;

pub use vars::{Refusal, SettingsError};
use vars::{
    Vars, addresses, duration, guid, number, one_of, origin, path, region_class, service_url, stamps, text,
};

/// Everything an operator can set, by environment variables (app settings in Azure).
///
/// | variable | default | meaning |
/// | --- | --- | --- |
/// | `WHEELHOUSE_PLATFORM` | required | where things are kept: `embedded` (this machine) or `azure` |
/// | `WHEELHOUSE_DATA_FOLDER` | required with `embedded` | the folder of the data file |
/// | `WHEELHOUSE_KEY_FOLDER` | the data folder; only with `embedded` | the folder of the keys that wrap the tenants' data keys |
/// | `WHEELHOUSE_BLOB_URL` | required with `azure` | the data account's blob endpoint |
/// | `WHEELHOUSE_QUEUE_URL` | required with `azure` | the data account's queue endpoint |
/// | `WHEELHOUSE_VAULT_URL` | required with `azure` | the Key Vault whose key wraps the tenants' data keys |
/// | `WHEELHOUSE_IDENTITY` | `managed-identity` | who signs in: `managed-identity`, or `developer` (who is signed in on this machine) |
/// | `WHEELHOUSE_MANAGED_IDENTITY_CLIENT_ID` | required with `managed-identity` | the client id of the user-assigned identity |
/// | `WHEELHOUSE_APP_CLIENT_ID` | required | the client id of the app registration that tenants consent to |
/// | `WHEELHOUSE_GRAPH_URL` | `https://graph.microsoft.com` | Microsoft Graph of your cloud |
/// | `WHEELHOUSE_LOGIN_URL` | `https://login.microsoftonline.com` | the sign-in service of your cloud |
/// | `WHEELHOUSE_TOKEN_AUDIENCE` | `api://AzureADTokenExchange` | the audience of the federated credential in your cloud |
/// | `WHEELHOUSE_SCOPED_APP_CLIENT_ID` | none | the app registration for tenants that grant single mailboxes only: it has the directory's permissions and no others; without it that mode is not offered |
/// | `WHEELHOUSE_PUBLIC_URL` | required with `azure` | the address under which people and scripts reach this app; without it there is no sign-in, and only this machine is answered |
/// | `WHEELHOUSE_HOME_TENANT` | required with a public address | the tenant whose `Owner`s own this deployment |
/// | `WHEELHOUSE_REGION` | `local`; required with `azure` | the region class of this stamp, such as `eu` or `us`: 2 to 16 lower-case letters |
/// | `WHEELHOUSE_STAMPS` | none | the public addresses of the other stamps: `us=https://…,uk=https://…` |
/// | `WHEELHOUSE_FEED_ADDRESSES` | none | IP addresses, separated by commas, where calendar feeds may be although they are not public |
/// | `WHEELHOUSE_FEED_HTTP` | `refused` | whether a feed's URL may begin with `http://`: `refused` or `allowed` |
/// | `WHEELHOUSE_READ_LAG_SECONDS` | 120 | how long a written contact may be missing in a listing (0 to 3600) |
/// | `WHEELHOUSE_PORTION_SECONDS` | 60 | how long one portion of writes may be on its way to a mailbox; a lost answer is no older than this and the lag together (1 to 300) |
/// | `WHEELHOUSE_HTTP_BODY_BYTES` | 1048576 | the largest body the API takes (1024 to 104857600) |
/// | `WHEELHOUSE_HTTP_TIMEOUT_SECONDS` | 60 | how long one call to another service may take (1 to 300) |
/// | `WHEELHOUSE_HTTP_LANES` | 256 | how many mailboxes are written at once (1 to 1000) |
///
/// The platform itself sets `IDENTITY_ENDPOINT` and `IDENTITY_HEADER` where a managed identity is assigned.
///
/// URLs are `https`, or `http` on loopback. A variable with this prefix that is not in the table is refused, and so is one
/// that the chosen platform or identity does not use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Where things are kept.
    pub platform: Platform,
    /// Who signs in, to storage and to Microsoft Graph.
    pub identity: Identity,
    /// The client id of the app registration that tenants consent to.
    pub app_client_id: Uuid,
    /// Which cloud is talked to.
    pub cloud: Cloud,
    /// The app registration of tenants that grant single mailboxes only.
    pub scoped_app_client_id: Option<Uuid>,
    /// How people and scripts reach this app; without it only this machine is answered ([`crate::host::is_local`]).
    pub public: Option<Public>,
    /// Where in the world the data may lie.
    pub residency: Residency,
    /// Where calendar feeds may be.
    pub feeds: Feeds,
    /// How long a written contact may be missing in a listing.
    pub read_lag: Duration,
    /// How long one portion of writes may be on its way to a mailbox.
    pub portion_time: Duration,
    /// Bounds of HTTP, both ways.
    pub http: HttpLimits,
}

/// Where things are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::large_enum_variant, reason = "there is one in a process")]
pub enum Platform {
    /// In files of this machine.
    Embedded {
        /// The folder of the data file.
        data_folder: PathBuf,
        /// The folder of the key that seals all data.
        key_folder: PathBuf,
    },
    /// In an Azure storage account.
    Azure {
        /// The data account's blob endpoint.
        blob_url: Url,
        /// The data account's queue endpoint.
        queue_url: Url,
        /// The vault whose key wraps the tenants' data keys.
        vault_url: Url,
    },
}

/// Who signs in, to storage and to Microsoft Graph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identity {
    /// A user-assigned managed identity.
    Managed {
        /// Its client id.
        client_id: Uuid,
        /// Where it gets its tokens, as the platform says.
        endpoint: Url,
        /// What it shows there, as the platform says.
        header: Hidden,
    },
    /// Whoever is signed in on this machine, for a real tenant from a laptop.
    Developer,
}

/// Which cloud is talked to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cloud {
    /// Microsoft Graph, without version.
    pub graph_url: Url,
    /// The sign-in service, without tenant.
    pub login_url: Url,
    /// The audience of the federated credential.
    pub token_audience: String,
}

/// How people and scripts reach this app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Public {
    /// Its address, without a path.
    pub url: Url,
    /// The tenant whose `Owner`s own this deployment.
    pub home_tenant: Uuid,
}

/// Where in the world the data may lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Residency {
    /// The region class of this stamp.
    pub region: String,
    /// The public addresses of the other stamps, by region class.
    pub stamps: BTreeMap<String, Url>,
}

/// Where calendar feeds may be, beyond `https` to public addresses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Feeds {
    /// Addresses that are not public.
    pub addresses: Vec<IpAddr>,
    /// Whether `http` will do.
    pub http: bool,
}

/// Bounds of HTTP, both ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HttpLimits {
    /// The largest body the API takes, in bytes.
    pub body_bytes: usize,
    /// How long one call to another service may take.
    pub timeout: Duration,
    /// How many mailboxes are written at once.
    pub lanes: usize,
}

/// A secret among the settings, such as what the identity endpoint wants to see; never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Hidden(String);

impl Hidden {
    /// Takes a text into keeping.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The text itself, for the one place that needs it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hidden(…)")
    }
}

impl Settings {
    /// Reads the settings out of environment variables; those without our prefix are passed over.
    ///
    /// # Errors
    /// [`SettingsError`] with every refusal at once: the variable, what is wrong with it, and how to set it right.
    pub fn from_vars(vars: impl IntoIterator<Item = (OsString, OsString)>) -> Result<Self, SettingsError> {
        let mut vars = Vars::collect(vars);
        let settings = Self::read(&mut vars);
        vars.finish(settings)
    }

    /// Every part is read before any may end the reading, so that all refusals are found.
    fn read(vars: &mut Vars) -> Option<Self> {
        let platform = Platform::read(vars);
        let identity = Identity::read(vars);
        let app_client_id = vars.required("APP_CLIENT_ID", guid);
        let cloud = Cloud::read(vars);
        let scoped_app_client_id = vars.optional("SCOPED_APP_CLIENT_ID", guid);
        let in_azure = matches!(platform, Some(Platform::Azure { .. }));
        let public = Public::read(vars, in_azure);
        let residency = Residency::read(vars, in_azure);
        let feeds = Feeds::read(vars);
        let read_lag = vars.or("READ_LAG_SECONDS", "120", |text| duration(text, 1, 0, 3600));
        let portion_time = vars.or("PORTION_SECONDS", "60", |text| duration(text, 1, 1, 300));
        let http = HttpLimits::read(vars);
        Some(Self {
            platform: platform?,
            identity: identity?,
            app_client_id: app_client_id?,
            cloud: cloud?,
            scoped_app_client_id,
            public,
            residency: residency?,
            feeds: feeds?,
            read_lag: read_lag?,
            portion_time: portion_time?,
            http: http?,
        })
    }
}

impl Platform {
    fn read(vars: &mut Vars) -> Option<Self> {
        match vars.required("PLATFORM", |text| one_of(text, &["embedded", "azure"]))? {
            "embedded" => Self::read_embedded(vars),
            _ => Self::read_azure(vars),
        }
    }

    fn read_embedded(vars: &mut Vars) -> Option<Self> {
        let data_folder = vars.required("DATA_FOLDER", path);
        let key_folder = vars.optional("KEY_FOLDER", path);
        let data_folder = data_folder?;
        let key_folder = key_folder.unwrap_or_else(|| data_folder.clone());
        Some(Self::Embedded { data_folder, key_folder })
    }

    fn read_azure(vars: &mut Vars) -> Option<Self> {
        let blob_url = vars.required("BLOB_URL", service_url);
        let queue_url = vars.required("QUEUE_URL", service_url);
        let vault_url = vars.required("VAULT_URL", service_url);
        Some(Self::Azure { blob_url: blob_url?, queue_url: queue_url?, vault_url: vault_url? })
    }
}

impl Public {
    /// Without a public address nobody signs in; in Azure everybody must.
    fn read(vars: &mut Vars, required: bool) -> Option<Self> {
        let url = match required {
            true => vars.required("PUBLIC_URL", origin),
            false => vars.optional("PUBLIC_URL", origin),
        };
        let home_tenant = match url.is_some() || required {
            true => vars.required("HOME_TENANT", guid),
            false => None,
        };
        Some(Self { url: url?, home_tenant: home_tenant? })
    }
}

impl Residency {
    fn read(vars: &mut Vars, required: bool) -> Option<Self> {
        let region = match required {
            true => vars.required("REGION", region_class),
            false => vars.or("REGION", "local", region_class),
        };
        let stamps = vars.or("STAMPS", ",", stamps);
        Some(Self { region: region?, stamps: stamps? })
    }
}

impl Identity {
    fn read(vars: &mut Vars) -> Option<Self> {
        let who =
            vars.or("IDENTITY", "managed-identity", |text| one_of(text, &["managed-identity", "developer"]))?;
        if who == "developer" {
            return Some(Self::Developer);
        }
        let client_id = vars.required("MANAGED_IDENTITY_CLIENT_ID", guid);
        let endpoint = vars.of_the_platform("IDENTITY_ENDPOINT", service_url);
        let header = vars.of_the_platform("IDENTITY_HEADER", text).map(Hidden);
        Some(Self::Managed { client_id: client_id?, endpoint: endpoint?, header: header? })
    }
}

impl Cloud {
    fn read(vars: &mut Vars) -> Option<Self> {
        let graph_url = vars.or("GRAPH_URL", "https://graph.microsoft.com", service_url);
        let login_url = vars.or("LOGIN_URL", "https://login.microsoftonline.com", service_url);
        let token_audience = vars.or("TOKEN_AUDIENCE", "api://AzureADTokenExchange", text);
        Some(Self { graph_url: graph_url?, login_url: login_url?, token_audience: token_audience? })
    }
}

impl Feeds {
    fn read(vars: &mut Vars) -> Option<Self> {
        let addresses = vars.or("FEED_ADDRESSES", ",", addresses);
        let http =
            vars.or("FEED_HTTP", "refused", |text| Ok(one_of(text, &["refused", "allowed"])? == "allowed"));
        Some(Self { addresses: addresses?, http: http? })
    }
}

impl HttpLimits {
    fn read(vars: &mut Vars) -> Option<Self> {
        let body_bytes = vars.or("HTTP_BODY_BYTES", "1048576", |text| number(text, 1024, 104_857_600));
        let timeout = vars.or("HTTP_TIMEOUT_SECONDS", "60", |text| duration(text, 1, 1, 300));
        let lanes = vars.or("HTTP_LANES", "256", |text| number(text, 1, 1000));
        Some(Self { body_bytes: body_bytes?, timeout: timeout?, lanes: lanes? })
    }
}

#[cfg(test)]
mod tests;
