//! The public keys by which Microsoft Entra signs, one set for each tenant.

use std::collections::HashMap;
use std::sync::Arc;

use axum::http::StatusCode;
use chrono::{DateTime, TimeDelta, Utc};
use openidconnect::core::CoreJsonWebKeySet;
use sync::TenantId;
use tokio::sync::Mutex;

use super::http;
use crate::App;
use crate::api::ApiError;

/// How long a set is believed to be whole.
const KEPT: TimeDelta = TimeDelta::hours(24);
/// How often a set is read anew for keys that it does not hold: anybody can name an unknown key.
const RENEWED: TimeDelta = TimeDelta::minutes(5);

/// The sets in memory; whoever reads one holds its lock, so that one request serves all who wait.
#[derive(Default)]
pub(crate) struct KeptSets(Mutex<HashMap<TenantId, Arc<Mutex<Option<Kept>>>>>);

struct Kept {
    read: DateTime<Utc>,
    keys: CoreJsonWebKeySet,
}

/// A tenant's keys.
pub(super) async fn of(app: &App, tenant: &TenantId) -> Result<CoreJsonWebKeySet, ApiError> {
    at_most(app, tenant, KEPT).await.map(|(keys, _)| keys)
}

/// A tenant's keys, read anew; none if they were read just now.
pub(super) async fn renewed(app: &App, tenant: &TenantId) -> Result<Option<CoreJsonWebKeySet>, ApiError> {
    at_most(app, tenant, RENEWED).await.map(|(keys, is_new)| is_new.then_some(keys))
}

/// The keys, no older than this, and whether they were read for this call.
async fn at_most(
    app: &App,
    tenant: &TenantId,
    age: TimeDelta,
) -> Result<(CoreJsonWebKeySet, bool), ApiError> {
    let slot = Arc::clone(app.access.key_sets.0.lock().await.entry(tenant.clone()).or_default());
    let (mut kept, now) = (slot.lock().await, app.now());
    if let Some(kept) = kept.as_ref().filter(|kept| now - kept.read < age) {
        return Ok((kept.keys.clone(), false));
    }
    let Kept { keys, .. } = kept.insert(Kept { read: now, keys: read(app, tenant).await? });
    Ok((keys.clone(), true))
}

/// <https://learn.microsoft.com/entra/identity-platform/access-tokens#validate-the-signature>
async fn read(app: &App, tenant: &TenantId) -> Result<CoreJsonWebKeySet, ApiError> {
    let login = app.settings.cloud.login_url.as_str().trim_end_matches('/');
    let request = app.access.http.get(format!("{login}/{tenant}/discovery/v2.0/keys"));
    let (status, body) = http::once(request).await.map_err(|()| unread())?;
    match status {
        StatusCode::OK => serde_json::from_slice(&body).map_err(|_| unread()),
        _ => Err(unread()),
    }
}

fn unread() -> ApiError {
    ApiError::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "the keys of Microsoft Entra can't be read, so no token can be checked",
        "try again in a minute",
    )
}
