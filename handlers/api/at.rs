//! What a path names: a tenant, a hub, a run, a plan.

use std::fmt::Display;
use std::sync::Arc;

use axum::extract::{FromRequestParts, Path};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use platform::Row;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sync::{HubId, PlanHash, SourceKey, TenantId};
use utoipa::IntoParams;

use super::error::ApiError;
use crate::App;
use crate::host::{Host, Invocation, Ready};
use crate::messages::is_run_id;
use crate::standing::Standing;
use crate::tables::{Hub, Tables, Tenant};

/// A tenant in a path.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct TenantPath {
    /// The tenant's id, a GUID.
    tenant: String,
}

/// A hub in a path.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct HubPath {
    /// The hub's id: 1 to 40 lower-case letters, digits or hyphens.
    hub: String,
}

/// A run in a path.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct RunPath {
    /// The run's id.
    run: String,
}

/// A request in a path.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct RequestPath {
    /// The request's id.
    request: String,
}

/// A held plan in a path.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct HashPath {
    /// The plan's hash, 32 hexadecimal digits.
    hash: String,
}

/// A spoke in a path.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct SpokePath {
    /// The spoke's id.
    spoke: String,
}

/// A decision in a path.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct RulingPath {
    /// The run in which it fell.
    run: String,
    /// Which decision of the run.
    n: usize,
}

/// An item in a path.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct ItemPath {
    /// The item's identity, `{spoke}:{id there}`, percent-encoded.
    key: String,
}

/// A tenant that may not be connected yet.
pub(super) struct AnyTenant {
    pub app: Arc<App>,
    pub tenant: TenantId,
}

/// A connected tenant.
pub(super) struct AtTenant {
    pub app: Arc<App>,
    pub tenant: TenantId,
}

/// A hub of a connected tenant; it may not be there yet.
pub(super) struct AtHub {
    pub app: Arc<App>,
    pub tenant: TenantId,
    pub hub: HubId,
}

impl AtHub {
    /// The tenant's record; what only makes work for a tenant that is served is refused for others.
    pub async fn active(&self) -> Result<Tenant, ApiError> {
        match self.app.standing(&self.tenant).await? {
            Standing::Active(tenant) => Ok(*tenant),
            other => {
                let reason = other.refusal().unwrap_or_default();
                Err(ApiError::conflict(reason, "mend that first; nothing was started"))
            }
        }
    }

    /// The hub's record, if there is one.
    pub async fn find(&self) -> Result<Option<Row<Hub>>, ApiError> {
        Ok(self.app.tables.hubs.get(&Tables::hub_key(&self.tenant, &self.hub)).await?)
    }

    /// The hub's record; without one the call is refused.
    pub async fn existing(&self) -> Result<Row<Hub>, ApiError> {
        self.find().await?.ok_or_else(|| {
            let fix = "GET /api/tenants/{tenant}/hubs lists the hubs; PUT makes one";
            ApiError::missing(format!("there is no hub {}", self.hub), fix)
        })
    }
}

impl AnyTenant {
    /// How the tenant stands; one that is bound to another region is none of ours.
    pub async fn standing(&self) -> Result<Standing, ApiError> {
        let standing = self.app.standing(&self.tenant).await?;
        match (&standing, standing.refusal()) {
            (Standing::Elsewhere { .. }, Some(reason)) => {
                Err(ApiError::new(StatusCode::MISDIRECTED_REQUEST, reason, "call the API of that deployment"))
            }
            _ => Ok(standing),
        }
    }

    fn not_connected(&self) -> ApiError {
        let fix = match &self.app.settings.public {
            Some(public) => format!("one of its administrators agrees at {}consent/start", public.url),
            None => "PUT /api/tenants/{tenant} connects it".to_owned(),
        };
        ApiError::missing(format!("tenant {} is not connected", self.tenant), fix)
    }
}

impl FromRequestParts<Host<App>> for AnyTenant {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, host: &Host<App>) -> Result<Self, Response> {
        let Ready(app) = Ready::from_request_parts(parts, host).await?;
        let path: TenantPath = path(parts).await.map_err(IntoResponse::into_response)?;
        let tenant = tenant(&path.tenant).map_err(IntoResponse::into_response)?;
        note(parts, "tenant", &tenant);
        Ok(Self { app, tenant })
    }
}

impl FromRequestParts<Host<App>> for AtTenant {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, host: &Host<App>) -> Result<Self, Response> {
        let at = AnyTenant::from_request_parts(parts, host).await?;
        match at.standing().await.map_err(IntoResponse::into_response)? {
            Standing::Unknown => Err(at.not_connected().into_response()),
            _ => Ok(Self { app: at.app, tenant: at.tenant }),
        }
    }
}

impl FromRequestParts<Host<App>> for AtHub {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, host: &Host<App>) -> Result<Self, Response> {
        let AtTenant { app, tenant } = AtTenant::from_request_parts(parts, host).await?;
        let path: HubPath = path(parts).await.map_err(IntoResponse::into_response)?;
        let hub = hub(&path.hub).map_err(IntoResponse::into_response)?;
        note(parts, "hub", &hub);
        Ok(Self { app, tenant, hub })
    }
}

/// Puts an id into the log lines of this call.
fn note(parts: &Parts, what: &'static str, id: impl Display) {
    if let Some(cx) = parts.extensions.get::<Invocation>() {
        cx.concerns(what, id);
    }
}

/// A run's id.
pub(super) struct RunId(pub String);

impl<S: Send + Sync> FromRequestParts<S> for RunId {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let RunPath { run } = path(parts).await?;
        run_id(run).map(Self)
    }
}

/// A request's id.
pub(super) struct RequestId(pub String);

impl<S: Send + Sync> FromRequestParts<S> for RequestId {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let RequestPath { request } = path(parts).await?;
        if is_run_id(&request) {
            return Ok(Self(request));
        }
        Err(ApiError::bad(
            "this is no request's id",
            "copy it from GET /api/tenants/{tenant}/privacy/requests",
        ))
    }
}

/// A plan's hash.
pub(super) struct Hash(pub PlanHash);

impl<S: Send + Sync> FromRequestParts<S> for Hash {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let HashPath { hash } = path(parts).await?;
        let bad = |why: String| ApiError::bad(why, "copy it from GET /api/tenants/{tenant}/hubs/{hub}/held");
        hash.parse().map(Self).map_err(bad)
    }
}

/// A spoke's id.
pub(super) struct SpokeId(pub String);

impl<S: Send + Sync> FromRequestParts<S> for SpokeId {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let SpokePath { spoke } = path(parts).await?;
        Ok(Self(spoke))
    }
}

/// One decision of a run.
pub(super) struct Nth {
    pub run: String,
    pub n: usize,
}

impl<S: Send + Sync> FromRequestParts<S> for Nth {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let RulingPath { run, n } = path(parts).await?;
        Ok(Nth { run: run_id(run)?, n })
    }
}

/// An item's identity.
pub(super) struct Key(pub SourceKey);

impl<S: Send + Sync> FromRequestParts<S> for Key {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let ItemPath { key } = path(parts).await?;
        let bad = |bad| ApiError::bad(bad, "copy it from GET …/preview or …/rulings");
        SourceKey::new(key).map(Self).map_err(bad)
    }
}

async fn path<T: DeserializeOwned + Send>(parts: &mut Parts) -> Result<T, ApiError> {
    let path = Path::<T>::from_request_parts(parts, &()).await;
    path.map(|Path(path)| path)
        .map_err(|_| ApiError::bad("the path can't be read", "write its ids in plain letters and digits"))
}

fn tenant(text: &str) -> Result<TenantId, ApiError> {
    TenantId::new(text.to_ascii_lowercase())
        .map_err(|bad| ApiError::bad(bad, "write the tenant's id as the Entra portal shows it"))
}

/// A hub's id as a caller wrote it.
pub(super) fn hub(text: &str) -> Result<HubId, ApiError> {
    HubId::new(text).map_err(|bad| ApiError::bad(bad, "write something like `company-contacts`"))
}

/// A run's id as a caller wrote it; it goes into keys.
pub(super) fn run_id(text: String) -> Result<String, ApiError> {
    if is_run_id(&text) {
        Ok(text)
    } else {
        Err(ApiError::bad("this is no run's id", "copy it from GET /api/tenants/{tenant}/hubs/{hub}/runs"))
    }
}
