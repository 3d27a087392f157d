//! Who was erased, the evidence of it, and taking it back.

use std::time::Duration;

use axum::Json;
use chrono::{DateTime, Utc};
use serde::Serialize;
use sync::Fate;
use utoipa::ToSchema;

use super::show::existing;
use crate::api::at::{AtTenant, RequestId, RequestPath, TenantPath};
use crate::api::error::ApiError;
use crate::messages::{Gather, Reason};
use crate::tables::{ErasedPeople, ErasedPerson, Report, Source, Tables, change_existing};

/// Somebody who was erased and must not come back.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::api) struct ErasedView {
    /// The request that did it.
    request: String,
    /// Since when.
    since: DateTime<Utc>,
    /// What keeps them out: their object ids and addresses.
    ids: Vec<String>,
    /// The same.
    addresses: Vec<String>,
    /// Whether the copies were to go from all mailboxes.
    mailboxes: bool,
}

impl ErasedView {
    fn new(request: String, person: ErasedPerson) -> Self {
        let ErasedPerson { since, who, fate, .. } = person;
        let (ids, addresses) = (who.ids.into_iter().collect(), who.addresses.into_iter().collect());
        Self { request, since, ids, addresses, mailboxes: fate == Fate::Removed }
    }
}

/// Shows in which mailboxes an erasure found copies, what became of each, and when that was seen.
#[utoipa::path(get, path = "/tenants/{tenant}/privacy/requests/{request}/report", operation_id = "getReport",
    params(TenantPath, RequestPath), security(("role" = ["Privacy"])),
    responses((status = 200, description = "The mailboxes by hub, and what an administrator has to change", body = Report)))]
pub(in crate::api) async fn report(at: AtTenant, RequestId(id): RequestId) -> Result<Json<Report>, ApiError> {
    existing(&at, &id).await?;
    let row = at.app.tables.reports.get(&Tables::report_key(&at.tenant, &id)).await?;
    Ok(Json(row.map(|row| row.record).unwrap_or_default()))
}

/// Lists who was erased and must not come back. That is personal data.
#[utoipa::path(get, path = "/tenants/{tenant}/privacy/erased", operation_id = "listErased",
    params(TenantPath), security(("role" = ["Privacy"])),
    responses((status = 200, description = "The people", body = [ErasedView])))]
pub(in crate::api) async fn erased(at: AtTenant) -> Result<Json<Vec<ErasedView>>, ApiError> {
    let row = at.app.tables.erased.get(&Tables::erased_key(&at.tenant)).await?;
    let people = row.map(|row| row.record.0).unwrap_or_default();
    Ok(Json(people.into_iter().map(|(request, person)| ErasedView::new(request, person)).collect()))
}

/// Lets somebody who was erased come back: nothing keeps them out any more, and all sources are read anew.
#[utoipa::path(delete, path = "/tenants/{tenant}/privacy/erased/{request}", operation_id = "liftErasure",
    params(TenantPath, RequestPath), security(("role" = ["Privacy"])),
    responses((status = 200, description = "They may come back", body = ErasedView),
        (status = 404, description = "Nobody is kept out by this", body = ApiError)))]
pub(in crate::api) async fn lift(
    at: AtTenant,
    RequestId(id): RequestId,
) -> Result<Json<ErasedView>, ApiError> {
    let mut lifted = None;
    let lift = |people: &mut ErasedPeople| lifted = people.0.remove(&id);
    change_existing(&at.app.tables.erased, &Tables::erased_key(&at.tenant), lift).await?;
    let fix = "GET …/privacy/erased lists who is kept out";
    let person = lifted.ok_or_else(|| ApiError::missing(format!("nobody is kept out by {id}"), fix))?;
    read_anew(&at).await?;
    Ok(Json(ErasedView::new(id, person)))
}

/// A delta tells nothing of somebody who did not change.
async fn read_anew(at: &AtTenant) -> Result<(), ApiError> {
    let tables = &at.app.tables;
    for hub in tables.hub_ids(&at.tenant).await? {
        let prefix = format!("{}sources/", Tables::hub_prefix(&at.tenant, &hub));
        for spoke in tables.names(&prefix).await? {
            change_existing(&tables.sources, &format!("{prefix}{spoke}"), Source::forget_reading).await?;
        }
        let config = tables.hubs.get(&Tables::hub_key(&at.tenant, &hub)).await?;
        if config.is_some_and(|row| row.record.config.enabled) {
            let (tenant, run) = (at.tenant.clone(), at.app.new_run());
            let message = Gather { tenant, hub, run, reason: Reason::Manual, waited: 0 };
            at.app.send(&message, Duration::ZERO).await?;
        }
    }
    Ok(())
}
