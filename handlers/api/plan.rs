//! What a tenant may use, and how long its data is kept.

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use serde_json::{Map, Value};

use super::at::{AtTenant, TenantPath};
use super::error::ApiError;
use super::tenants::{TenantView, view};
use crate::retention;
use crate::tables::{Plan, Retention, Tables, change_existing};

/// The longest of the shortest times between two scheduled runs: a week.
const MOST_MINUTES: u32 = 7 * 24 * 60;
/// The longest retention.
const MOST_DAYS: u8 = 60;

/// Sets what a tenant may use.
///
/// Over the limit of mailboxes those that were served first go on; the others are left as they are.
#[utoipa::path(put, path = "/tenants/{tenant}/plan", operation_id = "setPlan", security(("role" = ["Owner"])),
    params(TenantPath), request_body = Plan,
    responses((status = 200, description = "It is set", body = TenantView)))]
pub(super) async fn set(
    at: AtTenant,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<TenantView>, ApiError> {
    // An array would do for serde.
    let fields = serde_json::from_slice::<Map<String, Value>>(&body?).ok();
    let plan = fields.and_then(|fields| serde_json::from_value::<Plan>(fields.into()).ok());
    let plan = plan.filter(|plan| (1..=MOST_MINUTES).contains(&plan.shortest_minutes)).ok_or_else(|| {
        let fix = "send {\"mailboxes\": 500, \"shortestMinutes\": 15}: without `mailboxes` any number is served, and \
            `shortestMinutes` is 1 to 10080";
        ApiError::bad("this is no plan", fix)
    })?;
    change_existing(&at.app.tables.tenants, &Tables::tenant_key(&at.tenant), |tenant| tenant.plan = plan)
        .await?;
    view(&at.app, at.tenant).await
}

/// Sets how long a tenant's data is kept.
#[utoipa::path(put, path = "/tenants/{tenant}/retention", operation_id = "setRetention",
    security(("role" = ["Administrator", "Privacy"])),
    params(TenantPath), request_body = Retention,
    responses((status = 200, description = "It is set", body = TenantView),
        (status = 409, description = "A hub can't do without what would be purged", body = ApiError)))]
pub(super) async fn set_retention(
    at: AtTenant,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<TenantView>, ApiError> {
    let is_within = |retention: &Retention| match retention {
        Retention::Days(days) => (1..=MOST_DAYS).contains(days),
        Retention::AfterEveryRun => true,
    };
    let retention = serde_json::from_slice(&body?).ok().filter(is_within).ok_or_else(|| {
        ApiError::bad("this is no retention", "send {\"days\": 30}, 1 to 60, or \"afterEveryRun\"")
    })?;
    if retention == Retention::AfterEveryRun
        && let Some(why) = retention::refusal(&at.app, &at.tenant).await?
    {
        return Err(ApiError::conflict(why, "keep what is needed for some days, or change the hub"));
    }
    let key = Tables::tenant_key(&at.tenant);
    change_existing(&at.app.tables.tenants, &key, |tenant| tenant.retention = retention).await?;
    view(&at.app, at.tenant).await
}
