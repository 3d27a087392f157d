//! What an export found, for a program or to be read.

use axum::Extension;
use axum::Json;
use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, CACHE_CONTROL};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use platform::Row;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::page::page;
use super::show::existing;
use crate::access::Caller;
use crate::api::at::{AtTenant, RequestId, RequestPath, TenantPath};
use crate::api::error::ApiError;
use crate::audit::Actor;
use crate::tables::{Document, Found, Progress, Request, Tables};

/// Everything that is kept about a person.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::api) struct DocumentView {
    /// The person, as whoever asked wrote it.
    pub person: String,
    /// Their object ids.
    pub ids: Vec<String>,
    /// Their addresses.
    pub addresses: Vec<String>,
    /// When it was asked for.
    pub asked: DateTime<Utc>,
    /// When it was finished.
    pub made: DateTime<Utc>,
    /// How many values were looked at, and how many name the person.
    pub progress: Progress,
    /// What was found.
    pub found: Vec<Found>,
}

/// Hands over what an export found: JSON, or with `Accept: text/html` a page to read or print.
#[utoipa::path(get, path = "/tenants/{tenant}/privacy/requests/{request}/document", operation_id = "getDocumentOfRequest",
    params(TenantPath, RequestPath), security(("role" = ["Privacy"])),
    responses((status = 200, description = "Everything about the person", body = DocumentView),
        (status = 404, description = "It is no export, or was deleted", body = ApiError),
        (status = 409, description = "It is not finished yet", body = ApiError)))]
pub(in crate::api) async fn document(
    at: AtTenant,
    RequestId(id): RequestId,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let Row { record: request, .. } = existing(&at, &id).await?;
    let row = at.app.tables.documents.get(&Tables::document_key(&at.tenant, &id)).await?;
    let missing = || ApiError::missing(format!("request {id} has no document"), "ask for an export");
    let view = view(request, row.ok_or_else(missing)?.record)?;
    // Whoever reads it is on record before they do.
    let details = json!({ "request": id });
    at.app.audit(&at.tenant, Actor::from(&caller), "documentRead", details).await?;
    let answer = if wants_html(&headers) { page(&view) } else { Json(view).into_response() };
    Ok(([(CACHE_CONTROL, "no-store")], answer).into_response())
}

fn view(request: Request, document: Document) -> Result<DocumentView, ApiError> {
    let Request { person, who, asked, progress, .. } = request;
    let Document { made, found } = document;
    let made = made.ok_or_else(|| {
        ApiError::conflict(
            "the export is not finished yet",
            "GET …/privacy/requests/{request} tells how far it is",
        )
    })?;
    let (ids, addresses) = (who.ids.into_iter().collect(), who.addresses.into_iter().collect());
    Ok(DocumentView { person, ids, addresses, asked, made, progress, found })
}

fn wants_html(headers: &HeaderMap) -> bool {
    let accept = headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    let place = |kind| accept.find(kind).unwrap_or(usize::MAX);
    place("text/html") < place("application/json")
}
