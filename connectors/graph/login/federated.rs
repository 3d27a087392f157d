//! Signing in without a secret: an assertion of our own identity, exchanged at the customer's tenant.

use std::collections::HashMap;
use std::sync::{Arc, Mutex as Lock};
use std::time::Duration;

use async_trait::async_trait;
use serde::Deserialize;
use sync::TenantId;
use tokio::sync::Mutex;

use super::entra::{Claims, Held, RENEW_BEFORE, Refusal};
use super::{Assertion, Login, Secret};
use crate::clock::{Clock, later, left};
use crate::graph::endpoints::Endpoints;
use crate::graph::error::{Error, Kind};
use crate::graph::{http, lock};

/// The permissions that an application needs which writes contacts into any mailbox of a tenant.
///
/// Where mailboxes are scoped by Exchange's own roles, `Contacts.ReadWrite` is not among the token's roles.
pub const NEEDED_ROLES: [&str; 4] =
    ["User.Read.All", "OrgContact.Read.All", "GroupMember.Read.All", "Contacts.ReadWrite"];

/// The application as a federated credential of a managed identity.
///
/// <https://learn.microsoft.com/entra/workload-id/workload-identity-federation-config-app-trust-managed-identity>
pub struct Federated {
    http: reqwest::Client,
    endpoints: Endpoints,
    client_id: String,
    assertion: Arc<dyn Assertion>,
    needed: Vec<String>,
    clock: Arc<dyn Clock>,
    tenants: Lock<HashMap<TenantId, Slot>>,
}

/// A tenant's token; whoever renews it holds the lock, so that one request serves all who wait.
type Slot = Arc<Mutex<Option<Held>>>;

#[derive(Deserialize)]
struct Answer {
    access_token: String,
    expires_in: u64,
}

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

impl Federated {
    /// An application that signs in with `assertion`; tokens that lack one of the `needed` roles are refused.
    pub fn new(
        endpoints: Endpoints,
        client_id: String,
        assertion: Arc<dyn Assertion>,
        needed: Vec<String>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Error> {
        let (http, tenants) = (http::client(Duration::from_secs(30))?, Lock::default());
        Ok(Federated { http, endpoints, client_id, assertion, needed, clock, tenants })
    }

    fn slot(&self, tenant: &TenantId) -> Slot {
        Arc::clone(lock(&self.tenants).entry(tenant.clone()).or_default())
    }

    async fn ask(&self, tenant: &TenantId) -> Result<Held, Error> {
        let place = format!("sign-in at tenant {tenant}");
        let assertion = self.assertion.assertion().await?;
        let scope = self.endpoints.scope();
        let form = [
            ("client_id", self.client_id.as_str()),
            ("scope", &scope),
            ("client_assertion_type", ASSERTION_TYPE),
            ("client_assertion", assertion.expose()),
            ("grant_type", "client_credentials"),
        ];
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let request = self.http.post(self.endpoints.token(tenant)).body(body);
        let request = request.header("Content-Type", "application/x-www-form-urlencoded");
        let now = self.clock.now();
        let answer = http::once(request, &place).await?;
        if answer.status != 200 {
            let refusal: Refusal = serde_json::from_slice(&answer.body).unwrap_or_default();
            return Err(refusal.into_error(&place, answer.status, answer.retry_after));
        }
        let parsed: Answer = serde_json::from_slice(&answer.body)
            .map_err(|_| Error::nonsense(place.as_str(), "the answer is not a token"))?;
        let secret = Secret::new(parsed.access_token);
        self.check(&place, &secret)?;
        Ok(Held { secret, expires: later(now, Duration::from_secs(parsed.expires_in)) })
    }

    /// A permission that was taken away still gives a token, only without its role.
    fn check(&self, place: &str, token: &Secret) -> Result<(), Error> {
        let Some(claims) = Claims::of(token) else { return Ok(()) };
        match self.needed.iter().find(|role| !claims.roles.contains(role)) {
            Some(role) => Err(Error::new(Kind::Consent, place, format!("the token lacks the role {role}"))),
            None => Ok(()),
        }
    }
}

#[async_trait]
impl Login for Federated {
    async fn token(&self, tenant: &TenantId) -> Result<Secret, Error> {
        let slot = self.slot(tenant);
        let mut held = slot.lock().await;
        let life = held.as_ref().map(|held| left(self.clock.now(), held.expires)).unwrap_or_default();
        if let Some(held) = held.as_ref().filter(|_| life > RENEW_BEFORE) {
            return Ok(held.secret.clone());
        }
        match (self.ask(tenant).await, held.as_ref()) {
            (Ok(new), _) => Ok(held.insert(new).secret.clone()),
            // What still lives bridges a passing trouble of the sign-in.
            (Err(error), Some(old)) if error.passes() && !life.is_zero() => Ok(old.secret.clone()),
            (Err(error), _) => Err(error),
        }
    }

    async fn forget(&self, tenant: &TenantId, refused: &Secret) {
        let slot = self.slot(tenant);
        let mut held = slot.lock().await;
        held.take_if(|held| held.secret == *refused);
    }
}
