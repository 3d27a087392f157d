//! Hubs: create, read, update, delete, validate.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::http::header::{ETAG, IF_MATCH, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use chrono::{DateTime, Utc};
use futures::{StreamExt, TryStreamExt, stream};
use platform::{Etag, Row, When};
use serde::Serialize;
use sync::{HubConfig, HubId};
use utoipa::ToSchema;

use super::at::{self, AtHub, AtTenant, HubPath, TenantPath};
use super::checks::{Checked, Problems, check};
use super::error::ApiError;
use super::params::Params;
use super::read::{each, records};
use super::schema::HubConfigSchema;
use crate::access::{Caller, Role};
use crate::retention::obstacle;
use crate::seats;
use crate::tables::{Hub, MailboxState, Retention, Tables};

/// The id under which a configuration without a hub is checked; no hub can have it, as its path is taken.
const NO_HUB: &str = "validate";
/// How many keys are deleted at a time.
const DELETES_AT_ONCE: usize = 16;

/// A hub as it is configured.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct HubView {
    /// Its id.
    #[schema(value_type = String)]
    hub: HubId,
    /// What an admin decided; a list shows it to operators only.
    #[schema(value_type = Option<HubConfigSchema>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    config: Option<HubConfig>,
    /// When it was made.
    created: DateTime<Utc>,
    /// When the configuration last changed.
    changed: DateTime<Utc>,
    /// What could not be checked when it was saved.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
}

/// A configuration that can be used.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Valid {
    /// The configuration with all its defaults.
    #[schema(value_type = HubConfigSchema)]
    config: HubConfig,
    /// What could not be checked.
    warnings: Vec<String>,
}

/// What a deletion did.
#[derive(Serialize, ToSchema)]
pub(super) struct Deleted {
    /// How many records of the hub are gone.
    records: usize,
}

impl HubView {
    fn new(hub: HubId, record: Hub, warnings: Vec<String>) -> Self {
        let Hub { config, created, changed } = record;
        Self { hub, config: Some(config), created, changed, warnings }
    }
}

/// Lists the hubs of a tenant.
#[utoipa::path(get, path = "/tenants/{tenant}/hubs", operation_id = "listHubs",
    security(("role" = ["Reader"])),
    params(TenantPath),
    responses((status = 200, description = "The hubs", body = [HubView])))]
pub(super) async fn list(
    at: AtTenant,
    Extension(caller): Extension<Caller>,
) -> Result<Json<Vec<HubView>>, ApiError> {
    let prefix = Tables::hubs_prefix(&at.tenant);
    let rows = records(&at.app.tables.hubs, &prefix, at.app.tables.names(&prefix).await?).await?;
    let shows = caller.may(Role::Operator);
    let view = |(name, row): (String, Row<Hub>)| {
        let whole = HubView::new(HubId::new(name).ok()?, row.record, vec![]);
        Some(HubView { config: whole.config.filter(|_| shows), ..whole })
    };
    Ok(Json(rows.into_iter().filter_map(view).collect()))
}

/// Reads a hub; `ETag` names its version.
#[utoipa::path(get, path = "/tenants/{tenant}/hubs/{hub}", operation_id = "getHub",
    security(("role" = ["Operator"])),
    params(TenantPath, HubPath),
    responses((status = 200, description = "The hub", body = HubView)))]
pub(super) async fn get(at: AtHub) -> Result<Response, ApiError> {
    let row = at.existing().await?;
    let etag = quoted(&row.etag);
    Ok(([(ETAG, etag)], Json(HubView::new(at.hub, row.record, vec![]))).into_response())
}

/// Creates or updates a hub.
///
/// `If-Match` with the version that was read keeps two people from overwriting each other; `If-None-Match: *` only
/// creates. The configuration is checked as by `validate`. What can't be checked because the tenant does not answer is a
/// warning, and the hub is saved all the same.
#[utoipa::path(put, path = "/tenants/{tenant}/hubs/{hub}", operation_id = "putHub",
    security(("role" = ["Administrator"])),
    params(TenantPath, HubPath, ("If-Match" = Option<String>, Header, description = "The version that is updated"),
        ("If-None-Match" = Option<String>, Header, description = "`*`: only if there is no such hub yet")),
    request_body = HubConfigSchema,
    responses((status = 200, description = "It is updated", body = HubView),
        (status = 201, description = "It is created", body = HubView),
        (status = 412, description = "Somebody else changed it since it was read", body = ApiError),
        (status = 422, description = "The configuration can't be used; nothing was saved", body = Problems)))]
pub(super) async fn put(
    at: AtHub,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, ApiError> {
    let body = body?;
    let row = at.find().await?;
    check_version(&headers, row.as_ref().map(|row| &row.etag))?;
    match check(&at.app, &at.tenant, &at.hub, &body).await {
        Ok(checked) => save(at, row, checked).await,
        Err(found) => Ok(unusable(found.into())),
    }
}

/// Checks a configuration; nothing is stored.
#[utoipa::path(post, path = "/tenants/{tenant}/hubs/validate", operation_id = "validateHub",
    security(("role" = ["Administrator"])),
    params(TenantPath, ("hub" = Option<String>, Query, description = "The hub that it is for, if there is one: its folder is its own")),
    request_body = HubConfigSchema,
    responses((status = 200, description = "It can be used", body = Valid),
        (status = 422, description = "It can't be used", body = Problems)))]
pub(super) async fn validate(
    at: AtTenant,
    params: Params,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, ApiError> {
    let hub = at::hub(params.one("hub").unwrap_or(NO_HUB))?;
    match check(&at.app, &at.tenant, &hub, &body?).await {
        Ok(Checked { config, warnings }) => Ok(Json(Valid { config, warnings }).into_response()),
        Err(found) => Ok(unusable(found.into())),
    }
}

/// Deletes a hub and all that is kept of it.
///
/// Refused while mailboxes hold its items, which nobody could remove any more: clean it up first, or say `keepItems`.
#[utoipa::path(delete, path = "/tenants/{tenant}/hubs/{hub}", operation_id = "deleteHub",
    security(("role" = ["Administrator"])),
    params(TenantPath, HubPath, ("keepItems" = Option<bool>, Query, description = "Leave its items in the mailboxes for ever")),
    responses((status = 200, description = "It is gone", body = Deleted),
        (status = 409, description = "Mailboxes still hold its items", body = ApiError)))]
pub(super) async fn delete(at: AtHub, params: Params) -> Result<Json<Deleted>, ApiError> {
    let row = at.find().await?;
    if !params.says("keepItems") {
        check_is_clean(&at).await?;
    }
    // The configuration first: what still waits in a queue then ends at once, and a deletion that breaks off is begun again.
    at.app.tables.hubs.delete(&Tables::hub_key(&at.tenant, &at.hub), When::Any).await?;
    seats::leave(&at.app, &at.tenant, &at.hub).await?;
    let records = delete_all(&at).await? + usize::from(row.is_some());
    if records == 0 {
        at.existing().await?;
    }
    Ok(Json(Deleted { records }))
}

fn unusable(problems: Problems) -> Response {
    (StatusCode::UNPROCESSABLE_ENTITY, Json(problems)).into_response()
}

async fn save(at: AtHub, row: Option<Row<Hub>>, checked: Checked) -> Result<Response, ApiError> {
    check_retention(&at, &checked).await?;
    let now = at.app.now();
    let (status, created, when) = match row {
        Some(row) if row.record.config == checked.config => {
            let etag = quoted(&row.etag);
            let view = HubView::new(at.hub, row.record, checked.warnings);
            return Ok((StatusCode::OK, [(ETAG, etag)], Json(view)).into_response());
        }
        Some(row) => (StatusCode::OK, row.record.created, When::Match(row.etag)),
        None => (StatusCode::CREATED, now, When::Absent),
    };
    let record = Hub { config: checked.config, created, changed: now };
    if !record.config.enabled {
        seats::leave(&at.app, &at.tenant, &at.hub).await?;
    }
    let saved = at.app.tables.hubs.put(&Tables::hub_key(&at.tenant, &at.hub), &record, when).await;
    let etag = saved.map_err(|error| match error.kind() {
        platform::Kind::Conflict => other_version(),
        _ => error.into(),
    })?;
    let view = HubView::new(at.hub, record, checked.warnings);
    Ok((status, [(ETAG, quoted(&etag))], Json(view)).into_response())
}

/// A tenant whose contents are purged after every run can't have a hub that needs them in between.
async fn check_retention(at: &AtHub, checked: &Checked) -> Result<(), ApiError> {
    let tenant = at.app.tables.tenants.get(&Tables::tenant_key(&at.tenant)).await?;
    let purges = tenant.is_some_and(|row| row.record.retention == Retention::AfterEveryRun);
    match obstacle(&checked.config).filter(|_| purges) {
        None => Ok(()),
        Some(why) => Err(ApiError::conflict(
            format!(
                "the tenant has its contents purged after every run, and this hub can't do without: {why}"
            ),
            "choose a retention of days for the tenant, or change the hub",
        )),
    }
}

fn check_version(headers: &HeaderMap, now: Option<&Etag>) -> Result<(), ApiError> {
    let now = now.map(quoted);
    let names = |header| headers.get(header).and_then(|value: &axum::http::HeaderValue| value.to_str().ok());
    let is = |text: &str| text.trim() == "*" || text.split(',').any(|tag| Some(tag.trim()) == now.as_deref());
    let matched = names(IF_MATCH).is_none_or(|wanted| now.is_some() && is(wanted));
    let unmatched = names(IF_NONE_MATCH).is_none_or(|unwanted| now.is_none() || !is(unwanted));
    if matched && unmatched { Ok(()) } else { Err(other_version()) }
}

fn other_version() -> ApiError {
    ApiError::new(
        StatusCode::PRECONDITION_FAILED,
        "the hub is not as the call expects it: somebody else changed, made or deleted it",
        "GET it, look at what changed, and send it again with the new ETag in If-Match",
    )
}

/// A store's tag as HTTP writes tags; some stores quote theirs already.
fn quoted(etag: &Etag) -> String {
    format!("\"{}\"", etag.as_str().trim_matches('"'))
}

async fn check_is_clean(at: &AtHub) -> Result<(), ApiError> {
    let prefix = Tables::mailboxes_prefix(&at.tenant, &at.hub);
    let names = at.app.tables.names(&prefix).await?;
    // A create without an answer may have arrived all the same.
    let is_clean = |state: &MailboxState| state.base.entries.is_empty() && state.intents.is_empty();
    let mut holds = 0;
    let mut rows = each(&at.app.tables.mailboxes, &prefix, names);
    while let Some((_, row)) = rows.try_next().await? {
        holds += usize::from(!is_clean(&row.record));
    }
    if holds == 0 {
        return Ok(());
    }
    Err(ApiError::conflict(
        format!("{holds} mailboxes still hold items of hub {}", at.hub),
        "POST …/cleanup and wait for its run, then delete; or delete with ?keepItems=true to leave them there for ever",
    ))
}

async fn delete_all(at: &AtHub) -> Result<usize, ApiError> {
    let prefix = Tables::hub_prefix(&at.tenant, &at.hub);
    let names = at.app.tables.names(&prefix).await?;
    let store = &at.app.store;
    let delete = |name: &String| {
        let key = format!("{prefix}{name}");
        async move { store.delete(&key, When::Any).await }
    };
    let deletes = stream::iter(&names).map(delete).buffer_unordered(DELETES_AT_ONCE);
    deletes.try_collect::<()>().await?;
    Ok(names.len())
}
