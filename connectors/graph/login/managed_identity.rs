//! The managed identity of an App Service or Functions app.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use tokio::sync::Mutex;

use super::entra::{Held, RENEW_BEFORE};
use super::{Assertion, Secret};
use crate::clock::{Clock, left};
use crate::graph::error::{Error, Kind};
use crate::graph::http;

/// The identity's token, which serves as the application's assertion.
///
/// <https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference>
pub struct ManagedIdentity {
    http: reqwest::Client,
    clock: Arc<dyn Clock>,
    options: ManagedIdentityOptions,
    held: Mutex<Option<Held>>,
}

/// Which identity, and where the platform hands out its tokens.
#[derive(Clone)]
pub struct ManagedIdentityOptions {
    /// `IDENTITY_ENDPOINT` of the app's environment.
    pub endpoint: String,
    /// `IDENTITY_HEADER` of the app's environment.
    pub header: Secret,
    /// The client id of the user-assigned identity.
    pub client_id: String,
    /// Who the token is for: [`Endpoints::audience`](crate::graph::Endpoints::audience).
    pub audience: String,
}

#[derive(Deserialize)]
struct Answer {
    access_token: String,
    /// Seconds since 1970, as a text.
    expires_on: String,
}

const PLACE: &str = "managed identity";

impl ManagedIdentity {
    /// An identity that asks for its first token when it is needed.
    pub fn new(options: ManagedIdentityOptions, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        let http = http::client(Duration::from_secs(30))?;
        Ok(ManagedIdentity { http, clock, options, held: Mutex::new(None) })
    }

    async fn ask(&self) -> Result<Held, Error> {
        let options = &self.options;
        let query = [
            ("resource", options.audience.as_str()),
            ("api-version", "2019-08-01"),
            ("client_id", &options.client_id),
        ];
        let url = url::Url::parse_with_params(&options.endpoint, query)
            .map_err(|_| Error::new(Kind::Credential, PLACE, "IDENTITY_ENDPOINT is no URL"))?;
        let request = self.http.get(url).header("X-IDENTITY-HEADER", options.header.expose());
        let answer = http::once(request, PLACE).await?;
        if answer.status != 200 {
            let kind = if answer.status >= 500 { Kind::Retry { after: None } } else { Kind::Credential };
            return Err(Error::new(kind, PLACE, format!("HTTP {}", answer.status)));
        }
        let parsed: Answer = serde_json::from_slice(&answer.body)
            .map_err(|_| Error::nonsense(PLACE, "the answer is not a token"))?;
        let expires = parsed.expires_on.parse().ok().and_then(|at| DateTime::<Utc>::from_timestamp(at, 0));
        let expires = expires.ok_or_else(|| Error::nonsense(PLACE, "expires_on is not a time"))?;
        Ok(Held { secret: Secret::new(parsed.access_token), since: self.clock.now(), expires })
    }
}

#[async_trait]
impl Assertion for ManagedIdentity {
    async fn assertion(&self) -> Result<Secret, Error> {
        let mut held = self.held.lock().await;
        let now = self.clock.now();
        match held.as_ref() {
            Some(held) if left(now, held.expires) > RENEW_BEFORE => Ok(held.secret.clone()),
            _ => Ok(held.insert(self.ask().await?).secret.clone()),
        }
    }
}
