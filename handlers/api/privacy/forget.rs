//! Forgets a whole tenant.

use std::time::Duration;

use axum::http::StatusCode;
use axum::{Extension, Json};
use platform::{Row, When};
use serde_json::json;

use crate::access::Caller;
use crate::api::at::{AnyTenant, TenantPath};
use crate::api::error::ApiError;
use crate::audit::Actor;
use crate::messages::Privacy;
use crate::tables::{Forgotten, Tables};

/// Forgets a tenant: nothing is done for it from now on, its data keys are destroyed, and everything it owned is deleted.
///
/// What lies in mailboxes stays there, as nobody's: clean the hubs up before. It can't be undone, and is done twice, the second
/// time ten minutes later. `GET …/forgotten` is the evidence.
#[utoipa::path(delete, path = "/tenants/{tenant}", operation_id = "forgetTenant",
    params(TenantPath), security(("role" = ["Owner", "Privacy"])),
    responses((status = 202, description = "It is on its way", body = Forgotten),
        (status = 404, description = "It is not connected", body = ApiError)))]
pub(in crate::api) async fn forget(
    at: AnyTenant,
    Extension(caller): Extension<Caller>,
) -> Result<(StatusCode, Json<Forgotten>), ApiError> {
    let tables = &at.app.tables;
    let key = Tables::forgotten_key(&at.tenant);
    let row = tables.forgotten.get(&key).await?;
    if tables.tenants.get(&Tables::tenant_key(&at.tenant)).await?.is_none() {
        // Asked for twice, or broken off: it is sent on its way again.
        let row = row.filter(|row| row.record.ended.is_none());
        let missing = || {
            ApiError::missing(format!("tenant {} is not connected", at.tenant), "there is nothing to forget")
        };
        let Row { record, .. } = row.ok_or_else(missing)?;
        return send(&at, record).await;
    }
    let request = at.app.new_run();
    let forgotten = Forgotten { request, asked: at.app.now(), destroyed: None, values: 0, ended: None };
    let when = row.map_or(When::Absent, |row| When::Match(row.etag));
    tables.forgotten.put(&key, &forgotten, when).await?;
    let details = json!({ "tenant": at.tenant, "request": forgotten.request });
    // A person of the tenant must not stand in the deployment's log; one of the deployment's own may.
    let actor =
        if caller.tenant.as_ref() == Some(&at.tenant) { Actor::Wheelhouse } else { Actor::from(&caller) };
    at.app.audit_deployment(actor, "tenantToBeForgotten", details).await?;
    tables.disconnect(&at.tenant).await?;
    send(&at, forgotten).await
}

async fn send(at: &AnyTenant, forgotten: Forgotten) -> Result<(StatusCode, Json<Forgotten>), ApiError> {
    let message = Privacy { tenant: at.tenant.clone(), request: forgotten.request.clone() };
    at.app.send(&message, Duration::ZERO).await?;
    Ok((StatusCode::ACCEPTED, Json(forgotten)))
}

/// Proves that a tenant was forgotten: when its keys were destroyed, how many values were deleted, and when nothing was left.
#[utoipa::path(get, path = "/tenants/{tenant}/forgotten", operation_id = "getForgotten",
    params(TenantPath), security(("role" = ["Owner", "Privacy"])),
    responses((status = 200, description = "The evidence", body = Forgotten),
        (status = 404, description = "It was never forgotten", body = ApiError)))]
pub(in crate::api) async fn forgotten(at: AnyTenant) -> Result<Json<Forgotten>, ApiError> {
    let row = at.app.tables.forgotten.get(&Tables::forgotten_key(&at.tenant)).await?;
    let fix = "DELETE /api/tenants/{tenant} forgets it";
    row.map(|row| Json(row.record)).ok_or_else(|| ApiError::missing("the tenant was never forgotten", fix))
}
