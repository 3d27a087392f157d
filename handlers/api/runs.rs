//! The runs of a hub.

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

use super::at::{AtHub, HubPath, TenantPath, run_id};
use super::error::ApiError;
use super::params::Params;
use super::read::{newest, records};
use crate::tables::{Run, Tables};

/// The most runs of one answer.
const PAGE: usize = 50;

/// One run.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct RunView {
    /// Its id; later ones sort after earlier ones.
    run: String,
    /// What it was about.
    #[serde(flatten)]
    record: Run,
}

/// One page of runs.
#[derive(Serialize, ToSchema)]
pub(super) struct RunPage {
    /// The runs, newest first.
    runs: Vec<RunView>,
    /// There are older ones: ask again with `after` set to the last id.
    more: bool,
}

/// Lists the runs of a hub, newest first.
#[utoipa::path(get, path = "/tenants/{tenant}/hubs/{hub}/runs", operation_id = "listRuns",
    security(("role" = ["Reader"])),
    params(TenantPath, HubPath, ("after" = Option<String>, Query, description = "Only those older than this run")),
    responses((status = 200, description = "The newest, at most 50", body = RunPage)))]
pub(super) async fn list(at: AtHub, params: Params) -> Result<Json<RunPage>, ApiError> {
    at.existing().await?;
    let after = params.one("after").map(|id| run_id(id.to_owned())).transpose()?;
    let prefix = Tables::runs_prefix(&at.tenant, &at.hub);
    let (names, more) = newest(at.app.tables.names(&prefix).await?, after.as_deref(), PAGE);
    let rows = records(&at.app.tables.runs, &prefix, names).await?;
    let runs = rows.into_iter().map(|(run, row)| RunView { run, record: row.record }).collect();
    Ok(Json(RunPage { runs, more }))
}
