//! Which tenants are connected, and how they stand.

use axum::{Extension, Json};
use chrono::{DateTime, Utc};
use serde::Serialize;
use sync::TenantId;
use utoipa::ToSchema;

use super::at::{AnyTenant, AtTenant, TenantPath};
use super::error::ApiError;
use crate::App;
use crate::access::{Caller, Role, Via};
use crate::host::Ready;
use crate::standing::Standing;
use crate::tables::{Consent, Plan, Retention, Suspension, Tables, Tenant};

/// A connected tenant.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct TenantView {
    /// Its id.
    #[schema(value_type = String)]
    tenant: TenantId,
    /// When it was connected.
    since: DateTime<Utc>,
    /// The region class that its data may lie in.
    region: String,
    /// What its administrator agreed to; absent where the owner of the deployment connected it.
    #[serde(skip_serializing_if = "Option::is_none")]
    consent: Option<Consent>,
    /// Why nothing is done for it at present.
    #[serde(skip_serializing_if = "Option::is_none")]
    suspended: Option<Suspension>,
    /// How long its data is kept.
    retention: Retention,
    /// What it may use.
    plan: Plan,
}

/// Lists the connected tenants: all for an owner of the deployment, else the caller's own.
#[utoipa::path(get, path = "/tenants", operation_id = "listTenants", security(("role" = ["Reader", "Owner"])),
    responses((status = 200, description = "The tenants", body = [TenantView])))]
pub(super) async fn list(
    Ready(app): Ready<App>,
    Extension(caller): Extension<Caller>,
) -> Result<Json<Vec<TenantView>>, ApiError> {
    let sees_all = caller.via == Via::Machine || caller.may(Role::Owner);
    let mut tenants = app.tables.tenant_ids().await?;
    tenants.retain(|tenant| sees_all || caller.tenant.as_ref() == Some(tenant));
    let mut views = Vec::new();
    for tenant in tenants {
        views.extend(find(&app, tenant).await?);
    }
    Ok(Json(views))
}

/// Reads a tenant: what it consented to, why it is suspended, what it may use.
#[utoipa::path(get, path = "/tenants/{tenant}", operation_id = "getTenant", security(("role" = ["Reader", "Owner"])),
    params(TenantPath),
    responses((status = 200, description = "The tenant", body = TenantView)))]
pub(super) async fn get(at: AtTenant) -> Result<Json<TenantView>, ApiError> {
    view(&at.app, at.tenant).await
}

/// Connects a tenant, or ends its suspension.
///
/// Doing it again changes nothing. The application's consent is the tenant's own affair and is not checked here; a tenant
/// whose suspension ends is run at once.
#[utoipa::path(put, path = "/tenants/{tenant}", operation_id = "connectTenant", security(("role" = ["Owner"])),
    params(TenantPath),
    responses((status = 200, description = "It is connected", body = TenantView)))]
pub(super) async fn connect(at: AnyTenant) -> Result<Json<TenantView>, ApiError> {
    let before = at.standing().await?;
    let region = &at.app.settings.residency.region;
    at.app.tables.connect(&at.tenant, region, None, at.app.now()).await?;
    if let Standing::Suspended(_) = before {
        at.app.resume(&at.tenant).await?;
    }
    view(&at.app, at.tenant).await
}

/// A tenant as its record says it now.
pub(super) async fn view(app: &App, tenant: TenantId) -> Result<Json<TenantView>, ApiError> {
    let view = find(app, tenant).await?;
    view.map(Json).ok_or_else(|| ApiError::conflict("the tenant was forgotten just now", "connect it again"))
}

async fn find(app: &App, tenant: TenantId) -> Result<Option<TenantView>, ApiError> {
    let row = app.tables.tenants.get(&Tables::tenant_key(&tenant)).await?;
    Ok(row.map(|row| {
        let Tenant { since, region, consent, suspended, retention, plan } = row.record;
        TenantView { tenant, since, region, consent, suspended, retention, plan }
    }))
}
