//! Signing in without a secret: an assertion of our own identity, exchanged at the customer's tenant.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex as Lock};
use std::time::Duration;

use async_trait::async_trait;
use serde::Deserialize;
use sync::TenantId;
use tokio::sync::Mutex;

use super::entra::{Held, RENEW_BEFORE, Refusal};
use super::grant::{Grants, Proof, check};
use super::{Assertion, Login, Secret};
use crate::clock::{Clock, later, left};
use crate::graph::endpoints::Endpoints;
use crate::graph::error::Error;
use crate::graph::{http, lock};

/// The application as a federated credential of a managed identity.
///
/// <https://learn.microsoft.com/entra/workload-id/workload-identity-federation-config-app-trust-managed-identity>
pub struct Federated {
    http: reqwest::Client,
    endpoints: Endpoints,
    grants: Arc<dyn Grants>,
    assertion: Arc<dyn Assertion>,
    clock: Arc<dyn Clock>,
    tenants: Lock<HashMap<TenantId, Arc<Slot>>>,
}

/// A tenant's token; whoever renews it holds the lock, so that one request serves all who wait.
#[derive(Default)]
struct Slot {
    /// How often a token was asked for.
    asked: AtomicU64,
    known: Mutex<Known>,
}

/// What the last requests for a token came to.
#[derive(Default)]
struct Known {
    held: Option<Held>,
    /// The number and the end of the last request, if it failed.
    refused: Option<(u64, Error)>,
    /// The application and the token of the last proof: who asks right after it may meet a server that has not heard of the
    /// consent yet.
    proven: Option<(String, Held)>,
}

#[derive(Deserialize)]
struct Answer {
    access_token: String,
    expires_in: u64,
}

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A token that is no older shows what is granted now.
const YOUNG: Duration = Duration::from_secs(300);

impl Federated {
    /// An application that signs in with `assertion`; tokens that lack a role which the tenant granted are refused.
    pub fn new(
        endpoints: Endpoints,
        grants: Arc<dyn Grants>,
        assertion: Arc<dyn Assertion>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Error> {
        let (http, tenants) = (http::client(Duration::from_secs(30))?, Lock::default());
        Ok(Federated { http, endpoints, grants, assertion, clock, tenants })
    }

    fn slot(&self, tenant: &TenantId) -> Arc<Slot> {
        Arc::clone(lock(&self.tenants).entry(tenant.clone()).or_default())
    }

    /// The token that is held if `will_do`, else a new one; whoever had to wait for a request is told its end.
    async fn held(&self, tenant: &TenantId, will_do: impl Fn(&Held) -> bool + Send) -> Result<Secret, Error> {
        let slot = self.slot(tenant);
        let before = slot.asked.load(Ordering::Acquire);
        let mut known = slot.known.lock().await;
        if let Some(held) = known.held.as_ref().filter(|held| will_do(held)) {
            return Ok(held.secret.clone());
        }
        if let Some((_, error)) = known.refused.as_ref().filter(|(number, _)| *number > before) {
            return Err(error.clone());
        }
        let asked = self.ask_granted(tenant, known.proven.take()).await;
        let number = slot.asked.fetch_add(1, Ordering::AcqRel) + 1;
        known.refused = asked.as_ref().err().map(|error| (number, error.clone()));
        match (asked, known.held.as_ref()) {
            (Ok(new), _) => Ok(known.held.insert(new).secret.clone()),
            // What still lives bridges a passing trouble of the sign-in.
            (Err(error), Some(old)) if error.passes() && !self.life(old).is_zero() => Ok(old.secret.clone()),
            (Err(error), _) => Err(error),
        }
    }

    fn life(&self, held: &Held) -> Duration {
        left(self.clock.now(), held.expires)
    }

    /// Whether a token shows what is granted now, and lives for a while.
    fn is_young(&self, held: &Held) -> bool {
        left(held.since, self.clock.now()) < YOUNG && self.life(held) > RENEW_BEFORE
    }

    async fn ask_granted(&self, tenant: &TenantId, proven: Option<(String, Held)>) -> Result<Held, Error> {
        let grant = self.grants.of(tenant).await?;
        let place = place(tenant);
        let held = match proven {
            Some((client, held)) if client == grant.client_id && self.is_young(&held) => held,
            _ => self.ask(&place, tenant, &grant.client_id).await?,
        };
        check(&place, &held.secret, tenant, &grant)?;
        Ok(held)
    }

    async fn ask(&self, place: &str, tenant: &TenantId, client_id: &str) -> Result<Held, Error> {
        let assertion = self.assertion.assertion().await?;
        let scope = self.endpoints.scope();
        let form = [
            ("client_id", client_id),
            ("scope", &scope),
            ("client_assertion_type", ASSERTION_TYPE),
            ("client_assertion", assertion.expose()),
            ("grant_type", "client_credentials"),
        ];
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let request = self.http.post(self.endpoints.token(tenant)).body(body);
        let request = request.header("Content-Type", "application/x-www-form-urlencoded");
        let since = self.clock.now();
        let answer = http::once(request, place).await?;
        if answer.status != 200 {
            return Err(Refusal::read(&answer.body).into_error(place, answer.status, answer.retry_after));
        }
        let parsed: Answer = serde_json::from_slice(&answer.body)
            .map_err(|_| Error::nonsense(place, "the answer is not a token"))?;
        let expires = later(since, Duration::from_secs(parsed.expires_in));
        Ok(Held { secret: Secret::new(parsed.access_token), since, expires })
    }
}

fn place(tenant: &TenantId) -> String {
    format!("sign-in at tenant {tenant}")
}

#[async_trait]
impl Login for Federated {
    async fn token(&self, tenant: &TenantId) -> Result<Secret, Error> {
        self.held(tenant, |held| self.life(held) > RENEW_BEFORE).await
    }

    async fn renew(&self, tenant: &TenantId) -> Result<(), Error> {
        self.held(tenant, |held| self.is_young(held)).await.map(drop)
    }

    async fn prove(&self, tenant: &TenantId, client_id: &str) -> Result<Proof, Error> {
        let place = place(tenant);
        let held = self.ask(&place, tenant, client_id).await?;
        let proof = Proof::of(&place, &held.secret);
        self.slot(tenant).known.lock().await.proven = Some((client_id.to_owned(), held));
        proof
    }

    async fn forget(&self, tenant: &TenantId, refused: Option<&Secret>) {
        let slot = self.slot(tenant);
        let mut known = slot.known.lock().await;
        known.held.take_if(|held| refused.is_none_or(|refused| held.secret == *refused));
    }
}
