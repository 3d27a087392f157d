//! Which tenants are connected.

use axum::Json;
use chrono::{DateTime, Utc};
use serde::Serialize;
use sync::TenantId;
use utoipa::ToSchema;

use super::at::{AnyTenant, TenantPath};
use super::error::ApiError;
use crate::App;
use crate::host::Ready;
use crate::tables::{Suspension, Tables};

/// A connected tenant.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct TenantView {
    /// Its id.
    #[schema(value_type = String)]
    tenant: TenantId,
    /// When it was connected.
    since: DateTime<Utc>,
    /// Why nothing is done for it at present.
    #[serde(skip_serializing_if = "Option::is_none")]
    suspended: Option<Suspension>,
}

/// Lists the connected tenants.
#[utoipa::path(get, path = "/tenants", operation_id = "listTenants",
    security(("role" = ["Reader", "Owner"])),
    responses((status = 200, description = "The tenants", body = [TenantView])))]
pub(super) async fn list(Ready(app): Ready<App>) -> Result<Json<Vec<TenantView>>, ApiError> {
    let mut views = Vec::new();
    for tenant in app.tables.tenant_ids().await? {
        views.extend(view(&app, tenant).await?);
    }
    Ok(Json(views))
}

/// Connects a tenant, or ends its suspension.
///
/// Doing it again changes nothing. The application's consent is the tenant's own affair and is not checked here.
#[utoipa::path(put, path = "/tenants/{tenant}", operation_id = "connectTenant",
    security(("role" = ["Owner"])),
    params(TenantPath),
    responses((status = 200, description = "It is connected", body = TenantView)))]
pub(super) async fn connect(at: AnyTenant) -> Result<Json<TenantView>, ApiError> {
    let region = &at.app.settings.residency.region;
    at.app.tables.connect(&at.tenant, region, None, at.app.now()).await?;
    let view = view(&at.app, at.tenant).await?;
    view.map(Json).ok_or_else(|| ApiError::conflict("the tenant was forgotten just now", "connect it again"))
}

async fn view(app: &App, tenant: TenantId) -> Result<Option<TenantView>, ApiError> {
    let row = app.tables.tenants.get(&Tables::tenant_key(&tenant)).await?;
    Ok(row.map(|row| TenantView { tenant, since: row.record.since, suspended: row.record.suspended }))
}
