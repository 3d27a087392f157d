//! The audit log of a tenant.

use std::collections::BTreeMap;

use axum::Json;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::at::{AtTenant, TenantPath};
use super::error::ApiError;
use super::params::Params;
use crate::audit::{self, Broken, What};
use crate::tables::{Head, Log};

/// The most entries of one answer.
const MOST_ENTRIES: usize = 1000;
/// How many bytes of entries end an answer.
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// Whether a log is as it was written.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Found {
    /// Every entry is in its place and unchanged.
    whole: bool,
    /// How many entries there are; absent if it is not whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    entries: Option<u64>,
    /// The hash of the newest: whoever wrote it down elsewhere can prove later that nothing before it changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    hash: Option<String>,
    /// Where it is not whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<u64>,
    /// What is wrong there.
    #[serde(skip_serializing_if = "Option::is_none")]
    what: Option<What>,
    /// The same in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

/// Exports the audit log as lines of JSON, oldest first.
///
/// At most 1000 entries an answer: ask again with `after` set to the last number, until nothing comes. The lines can be
/// checked by `wheelhouse audit verify --file`.
#[utoipa::path(get, path = "/tenants/{tenant}/audit", operation_id = "exportAudit",
    params(TenantPath, ("after" = Option<u64>, Query, description = "Only entries after this number")),
    security(("role" = ["Privacy"])),
    responses((status = 200, description = "One entry a line", body = String, content_type = "application/x-ndjson")))]
pub(super) async fn export(at: AtTenant, params: Params) -> Result<Response, ApiError> {
    let bad = |_| ApiError::bad("`after` is no number", "write the last entry's number");
    let after = params.one("after").unwrap_or("0").parse().map_err(bad)?;
    let log = Log::from(&at.tenant);
    let mut entries = audit::entries(&at.app, &log, after).take(MOST_ENTRIES);
    let mut text = String::new();
    while let Some(entry) = entries.next().await {
        let entry = entry?.map_err(|broken| not_whole(&broken))?;
        text += &serde_json::json!(entry).to_string();
        text.push('\n');
        if text.len() > MOST_BYTES {
            break;
        }
    }
    Ok(([(CONTENT_TYPE, "application/x-ndjson")], text).into_response())
}

fn not_whole(broken: &Broken) -> ApiError {
    ApiError::conflict(
        format!("the audit log is not whole: {broken}"),
        "find out who changed the store; `after` goes on behind it",
    )
}

/// Checks the whole audit log.
///
/// A log of many hundred thousand entries takes longer than a call may: then ask `wheelhouse audit verify`.
#[utoipa::path(get, path = "/tenants/{tenant}/audit/verify", operation_id = "verifyAudit",
    params(TenantPath), security(("role" = ["Privacy"])),
    responses((status = 200, description = "What was found", body = Found)))]
pub(super) async fn verify(at: AtTenant) -> Result<Json<Found>, ApiError> {
    let found = match audit::verify(&at.app, &Log::from(&at.tenant), |_| Ok(())).await? {
        Ok(checked) => {
            let Head { number, hash } = checked.end;
            Found {
                whole: true,
                entries: Some(number),
                hash: Some(hash),
                number: None,
                what: None,
                problem: None,
            }
        }
        Err(broken) => Found {
            whole: false,
            entries: None,
            hash: None,
            number: Some(broken.number),
            what: Some(broken.what),
            problem: Some(broken.to_string()),
        },
    };
    Ok(Json(found))
}

/// Says who is behind the pseudonyms of the audit log; nobody knows it of people who were erased.
#[utoipa::path(get, path = "/tenants/{tenant}/audit/people", operation_id = "listAuditPeople",
    params(TenantPath), security(("role" = ["Privacy"])),
    responses((status = 200, description = "Object ids by pseudonym", body = BTreeMap<String, String>)))]
pub(super) async fn people(at: AtTenant) -> Result<Json<BTreeMap<String, Uuid>>, ApiError> {
    Ok(Json(audit::people(&at.app, &Log::from(&at.tenant)).await?))
}
