//! How far a run is, and what came of each mailbox.

use axum::Json;
use serde::Serialize;
use sync::MailboxId;
use utoipa::ToSchema;

use super::at::{AtHub, HubPath, RunId, RunPath, TenantPath};
use super::error::ApiError;
use super::params::Params;
use super::read::records;
use crate::tables::{MailboxOutcome, Outcomes, Run, Tables, Tally, together};

/// The most outcomes of one answer.
const PAGE: usize = 200;

/// A run, how far it is, and what came of its mailboxes.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Progress {
    /// Its id.
    run: String,
    /// How it stands.
    state: RunState,
    /// How many mailboxes are through.
    finished: usize,
    /// How many of them were right already.
    unchanged: usize,
    /// What was done in all mailboxes together.
    tally: Tally,
    /// What it is about.
    #[serde(flatten)]
    record: Run,
    /// The mailboxes that were not simply right, by id.
    outcomes: Vec<OutcomeView>,
    /// There are further outcomes: ask again with `after` set to the last mailbox.
    more: bool,
}

/// How a run stands.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) enum RunState {
    /// Mailboxes are still to be visited.
    Running,
    /// All are through.
    Done,
    /// It could not start: `problems` says why.
    Failed,
}

/// What came of one mailbox.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct OutcomeView {
    /// The mailbox.
    #[schema(value_type = String)]
    mailbox: MailboxId,
    /// What came of it.
    #[serde(flatten)]
    outcome: MailboxOutcome,
}

/// Shows a run with its progress and the outcome of each mailbox.
#[utoipa::path(get, path = "/tenants/{tenant}/hubs/{hub}/runs/{run}", operation_id = "getRun",
    security(("role" = ["Reader"])),
    params(TenantPath, HubPath, RunPath, ("after" = Option<String>, Query, description = "Only mailboxes after this one")),
    responses((status = 200, description = "The run, with at most 200 outcomes", body = Progress)))]
pub(super) async fn get(at: AtHub, RunId(run): RunId, params: Params) -> Result<Json<Progress>, ApiError> {
    let record = at.app.tables.runs.get(&Tables::run_key(&at.tenant, &at.hub, &run)).await?;
    let record = record.ok_or_else(|| {
        let fix =
            "wait if it was started just now: it appears once the sources are read; GET …/runs lists all";
        ApiError::missing(format!("there is no run {run}"), fix)
    })?;
    let prefix = Tables::outcomes_prefix(&at.tenant, &at.hub, &run);
    let rows = records(&at.app.tables.outcomes, &prefix, at.app.tables.names(&prefix).await?).await?;
    let parts: Vec<Outcomes> = rows.into_iter().map(|(_, row)| row.record).collect();
    Ok(Json(progress(run, record.record, parts, params.one("after"))))
}

fn progress(run: String, record: Run, parts: Vec<Outcomes>, after: Option<&str>) -> Progress {
    let finished = parts.iter().map(Outcomes::finished).sum();
    let unchanged = parts.iter().map(|part| part.unchanged).sum();
    let all = together(parts);
    let mut tally = Tally::default();
    all.values().for_each(|outcome| tally += outcome.tally);
    let state = match finished >= record.mailboxes {
        true if record.mailboxes == 0 && !record.problems.is_empty() => RunState::Failed,
        true => RunState::Done,
        false => RunState::Running,
    };
    let view = |(mailbox, outcome)| OutcomeView { mailbox, outcome };
    let later = all.into_iter().filter(|(mailbox, _)| after.is_none_or(|after| mailbox.as_str() > after));
    let mut outcomes: Vec<_> = later.take(PAGE + 1).map(view).collect();
    let more = outcomes.len() > PAGE;
    outcomes.truncate(PAGE);
    Progress { run, state, finished, unchanged, tally, record, outcomes, more }
}
