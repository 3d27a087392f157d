//! Who calls, and what each may do.

mod caller;
mod cookies;
mod guard;
mod http;
mod keys;
mod machine;
mod noted;
mod origin;
mod page;
mod role;
mod rules;
mod session;
mod sign_in;
mod token;

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use connectors::graph::login::Assertion;
use platform::Random;
use reqwest::Client;
use sync::TenantId;

pub use caller::{Caller, Via};
pub use guard::guarded;
pub use page::{form_headers, page_headers};
pub use role::{Role, may_consent};
pub use rules::{Route, Rule, Rules, Who};
pub use session::{CSRF_HEADER, ENDED, LONGEST, LONGEST_IDLE, Session, check_csrf};
pub use sign_in::{Back, begin_sign_in};

pub(crate) use page::{STYLE, page};
pub(crate) use session::end;
pub(crate) use sign_in::{Answer, finish_sign_in};

use crate::App;
use crate::api::ApiError;
use crate::config::Settings;
use crate::host::StartError;
use crate::tables::Tables;
use crate::{api, consent, health, sign_in as sign_in_function};

/// What is held in memory to know callers.
pub struct Access {
    cookie_keys: cookies::KeptKeys,
    key_sets: keys::KeptSets,
    http: Client,
    /// What proves to Entra that we are the app; none for a developer, whose app signs nobody in.
    identity: Option<Arc<dyn Assertion>>,
}

impl Access {
    /// Nothing is asked before the first call.
    pub(crate) fn new(settings: &Settings, identity: Option<Arc<dyn Assertion>>) -> Result<Self, StartError> {
        let http = http::client(settings.http.timeout)?;
        Ok(Self { cookie_keys: Default::default(), key_sets: Default::default(), http, identity })
    }
}

/// Every route of every HTTP function, and what it asks of its caller.
#[must_use]
pub fn rules() -> Rules {
    Rules::of("api", &api::openapi())
        .and(Rules::of("consent", &consent::openapi()))
        .and(Rules::of("health", &health::openapi()))
        .and(Rules::of("sign-in", &sign_in_function::openapi()))
}

/// The ids that a path names, by the names of their places.
type Ids = Vec<(String, String)>;

/// Whether a tenant is that of the deployment.
fn is_home(app: &App, tenant: &TenantId) -> bool {
    app.settings.public.as_ref().is_some_and(|public| public.home_tenant.to_string() == tenant.as_str())
}

/// Whether a tenant is connected, or that of the deployment.
async fn is_known(app: &App, tenant: &TenantId) -> Result<bool, ApiError> {
    Ok(is_home(app, tenant) || app.tables.tenants.get(&Tables::tenant_key(tenant)).await?.is_some())
}

/// Random bytes.
fn bytes<const N: usize>(random: &dyn Random) -> [u8; N] {
    let mut bytes = [0; N];
    random.fill(&mut bytes);
    bytes
}

/// A random text that nobody can guess, for use in URLs.
fn secret(random: &dyn Random) -> String {
    URL_SAFE_NO_PAD.encode(bytes::<32>(random))
}
