//! Plans that wait for somebody to agree.

use std::collections::BTreeMap;

use axum::Json;
use chrono::{DateTime, Utc};
use futures::TryStreamExt;
use platform::Row;
use serde::Serialize;
use sync::PlanHash;
use utoipa::ToSchema;

use super::at::{AtHub, HubPath, TenantPath};
use super::error::ApiError;
use super::read::each;
use crate::tables::{Decision, HeldPlan, Tables};

/// The most rows of a plan that are shown.
const MOST_ROWS: usize = 100;
/// The most plans of one answer.
const MOST_PLANS: usize = 100;

/// The same plan in one or more mailboxes.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct HeldView {
    /// What an approval names.
    #[schema(value_type = String)]
    hash: PlanHash,
    /// Why it waits.
    why: String,
    /// In how many mailboxes.
    mailboxes: usize,
    /// Since when.
    since: DateTime<Utc>,
    /// The first 100 operations: identities and field names.
    rows: Vec<String>,
    /// How many further operations there are, at least.
    more: usize,
    /// `approved` once somebody agreed and until it is carried out, or `rejected`.
    #[serde(skip_serializing_if = "Option::is_none")]
    decision: Option<&'static str>,
}

impl HeldView {
    fn new(plan: HeldPlan) -> Self {
        let HeldPlan { hash, why, since, mut rows, decision, .. } = plan;
        let more = rows.len().saturating_sub(MOST_ROWS);
        rows.truncate(MOST_ROWS);
        Self { hash, why: why.to_string(), mailboxes: 0, since, rows, more, decision: decision.map(name) }
    }
}

/// Lists the plans that wait, the same plan of many mailboxes once.
///
/// At most 100, undecided ones first; decide on some to see the others.
#[utoipa::path(get, path = "/tenants/{tenant}/hubs/{hub}/held", operation_id = "listHeldPlans",
    security(("role" = ["Reader"])),
    params(TenantPath, HubPath),
    responses((status = 200, description = "The plans", body = [HeldView])))]
pub(super) async fn list(at: AtHub) -> Result<Json<Vec<HeldView>>, ApiError> {
    at.existing().await?;
    let mut groups: BTreeMap<_, HeldView> = BTreeMap::new();
    let prefix = Tables::held_prefix(&at.tenant, &at.hub);
    let mut rows = each(&at.app.tables.held, &prefix, at.app.tables.names(&prefix).await?);
    while let Some((_, Row { record, .. })) = rows.try_next().await? {
        let (key, since) = ((record.decision.map(name), record.hash), record.since);
        let group = groups.entry(key).or_insert_with(|| HeldView::new(record));
        group.mailboxes += 1;
        group.since = group.since.min(since);
    }
    Ok(Json(groups.into_values().take(MOST_PLANS).collect()))
}

const fn name(decision: Decision) -> &'static str {
    match decision {
        Decision::Approved => "approved",
        Decision::Rejected => "rejected",
    }
}
