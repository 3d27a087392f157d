//! Asks for something.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use axum::{Extension, Json};
use platform::When;
use serde::{Deserialize, Serialize};
use sync::{Fate, Who};
use utoipa::ToSchema;

use crate::access::Caller;
use crate::api::at::{AtTenant, TenantPath};
use crate::api::error::ApiError;
use crate::messages::Privacy;
use crate::tables::{Request, Tables, What};

/// The person that a request is about.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::api) struct PersonBody {
    /// Their object id, or one of their addresses.
    person: String,
}

/// The person to be erased.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::api) struct ErasureBody {
    /// Their object id, or one of their addresses.
    person: String,
    /// Whether the copies go from all mailboxes too; else they stay, as their owners' own.
    #[serde(default)]
    mailboxes: bool,
}

/// A request that was taken.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct Asked {
    /// Its id.
    request: String,
}

/// Collects everything that is kept about a person.
///
/// They are found by their object id or any of their addresses, in every value of the tenant. `GET …/requests/{request}` tells
/// how far it is, and `…/document` has what was found.
#[utoipa::path(post, path = "/tenants/{tenant}/privacy/export", operation_id = "exportPerson",
    params(TenantPath), request_body = PersonBody, security(("role" = ["Privacy"])),
    responses((status = 202, description = "It is on its way", body = Asked)))]
pub(in crate::api) async fn export(
    at: AtTenant,
    Extension(caller): Extension<Caller>,
    body: Result<Bytes, BytesRejection>,
) -> Result<(StatusCode, Json<Asked>), ApiError> {
    let PersonBody { person } = serde_json::from_slice(&body?).map_err(|_| unreadable())?;
    let request = request(&at, &caller, What::Export, &person)?;
    begin(&at, request).await
}

/// Erases a person: from every list, snapshot, memory, run, held plan and dead letter; the log keeps a pseudonym.
///
/// Nothing brings them back but `DELETE …/privacy/erased/{request}`. With `mailboxes`, the ordinary plans remove the copies, and no
/// guard holds that; `…/report` is the evidence. Ten minutes later all is gone through once more.
#[utoipa::path(post, path = "/tenants/{tenant}/privacy/erase", operation_id = "erasePerson",
    params(TenantPath), request_body = ErasureBody, security(("role" = ["Privacy"])),
    responses((status = 202, description = "It is on its way", body = Asked)))]
pub(in crate::api) async fn erase(
    at: AtTenant,
    Extension(caller): Extension<Caller>,
    body: Result<Bytes, BytesRejection>,
) -> Result<(StatusCode, Json<Asked>), ApiError> {
    let ErasureBody { person, mailboxes } = serde_json::from_slice(&body?).map_err(|_| unreadable())?;
    let fate = if mailboxes { Fate::Removed } else { Fate::Released };
    let request = request(&at, &caller, What::Erase, &person)?;
    begin(&at, Request { fate: Some(fate), ..request }).await
}

/// Corrects what is kept about a person: their sources are read anew, and what colleagues changed of them is dropped.
///
/// What is wrong in a source is mended there, before.
#[utoipa::path(post, path = "/tenants/{tenant}/privacy/correct", operation_id = "correctPerson",
    params(TenantPath), request_body = PersonBody, security(("role" = ["Privacy"])),
    responses((status = 202, description = "It is on its way", body = Asked)))]
pub(in crate::api) async fn correct(
    at: AtTenant,
    Extension(caller): Extension<Caller>,
    body: Result<Bytes, BytesRejection>,
) -> Result<(StatusCode, Json<Asked>), ApiError> {
    let PersonBody { person } = serde_json::from_slice(&body?).map_err(|_| unreadable())?;
    let request = request(&at, &caller, What::Correct, &person)?;
    begin(&at, request).await
}

fn unreadable() -> ApiError {
    ApiError::bad("this names no person", "send {\"person\": \"their object id, or one of their addresses\"}")
}

fn request(at: &AtTenant, caller: &Caller, what: What, person: &str) -> Result<Request, ApiError> {
    let who = Who::new(person).ok_or_else(|| {
        ApiError::bad(
            "this is neither an object id nor an address",
            "copy the object id from the Entra portal",
        )
    })?;
    Ok(Request::new(what, person, who, at.app.now(), caller.person))
}

/// Stored first: a message finds its request.
async fn begin(at: &AtTenant, request: Request) -> Result<(StatusCode, Json<Asked>), ApiError> {
    let id = at.app.new_run();
    at.app.tables.requests.put(&Tables::request_key(&at.tenant, &id), &request, When::Absent).await?;
    at.app.send(&Privacy { tenant: at.tenant.clone(), request: id.clone() }, Duration::ZERO).await?;
    Ok((StatusCode::ACCEPTED, Json(Asked { request: id })))
}
