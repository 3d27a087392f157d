//! How far requests are.

use std::collections::BTreeMap;

use axum::Json;
use chrono::{DateTime, Utc};
use platform::Row;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::api::at::{AtTenant, RequestId, RequestPath, TenantPath, run_id};
use crate::api::error::ApiError;
use crate::api::params::Params;
use crate::api::read::{newest, records};
use crate::tables::{Progress, Request, Step, Tables, What};

/// The most requests of one answer.
const PAGE: usize = 50;

/// A request and how far it is; whom it is about is told by its document alone.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::api) struct RequestView {
    /// Its id; later ones sort after earlier ones.
    request: String,
    /// What was asked for.
    what: What,
    /// When.
    asked: DateTime<Utc>,
    /// The object id of whoever asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<Uuid>,
    /// How it stands.
    state: RequestState,
    /// How far it is.
    progress: Progress,
    /// The runs that were started for it, by hub.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    runs: BTreeMap<String, String>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    ended: Option<DateTime<Utc>>,
    /// Why it could not be finished, and what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    trouble: Option<String>,
}

/// How a request stands.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::api) enum RequestState {
    /// It is on its way.
    Working,
    /// All is done.
    Done,
    /// It was given up: `trouble` says why.
    Failed,
}

/// One page of requests.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct RequestPage {
    /// The requests, newest first.
    requests: Vec<RequestView>,
    /// There are older ones: ask again with `after` set to the last id.
    more: bool,
}

impl RequestView {
    fn new(request: String, record: Request) -> Self {
        let Request { what, asked, by, step, progress, runs, ended, trouble, .. } = record;
        let state = match (step, &trouble) {
            (Step::Done, _) => RequestState::Done,
            (_, Some(_)) => RequestState::Failed,
            _ => RequestState::Working,
        };
        Self { request, what, asked, by, state, progress, runs, ended, trouble }
    }
}

/// Lists what was asked for the tenant's people, newest first.
#[utoipa::path(get, path = "/tenants/{tenant}/privacy/requests", operation_id = "listRequests",
    params(TenantPath, ("after" = Option<String>, Query, description = "Only those older than this one")),
    security(("role" = ["Privacy"])),
    responses((status = 200, description = "The newest, at most 50", body = RequestPage)))]
pub(in crate::api) async fn list(at: AtTenant, params: Params) -> Result<Json<RequestPage>, ApiError> {
    let after = params.one("after").map(|id| run_id(id.to_owned())).transpose()?;
    let prefix = Tables::requests_prefix(&at.tenant);
    let (names, more) = newest(at.app.tables.names(&prefix).await?, after.as_deref(), PAGE);
    let rows = records(&at.app.tables.requests, &prefix, names).await?;
    let requests = rows.into_iter().map(|(id, row)| RequestView::new(id, row.record)).collect();
    Ok(Json(RequestPage { requests, more }))
}

/// Shows how far a request is.
#[utoipa::path(get, path = "/tenants/{tenant}/privacy/requests/{request}", operation_id = "getRequest",
    params(TenantPath, RequestPath), security(("role" = ["Privacy"])),
    responses((status = 200, description = "The request", body = RequestView)))]
pub(in crate::api) async fn get(
    at: AtTenant,
    RequestId(id): RequestId,
) -> Result<Json<RequestView>, ApiError> {
    let row = existing(&at, &id).await?;
    Ok(Json(RequestView::new(id, row.record)))
}

/// A request's record; without one the call is refused.
pub(super) async fn existing(at: &AtTenant, id: &str) -> Result<Row<Request>, ApiError> {
    let row = at.app.tables.requests.get(&Tables::request_key(&at.tenant, id)).await?;
    let fix = "GET …/privacy/requests lists those that are kept";
    row.ok_or_else(|| ApiError::missing(format!("there is no request {id}"), fix))
}
