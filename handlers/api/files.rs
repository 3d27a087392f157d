//! Calendar files that are uploaded, for spokes whose configuration names none.

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use platform::When;
use serde::Serialize;
use sync::hub::Connector;
use utoipa::ToSchema;

use super::at::{AtHub, HubPath, SpokeId, SpokePath, TenantPath};
use super::error::ApiError;
use crate::tables::{Tables, Upload};

/// The largest file, in bytes.
pub(super) const FILE_BYTES: usize = 10 << 20;

/// A file that was taken.
#[derive(Serialize, ToSchema)]
pub(super) struct Uploaded {
    /// Its length.
    bytes: usize,
}

/// Uploads the iCalendar file of a spoke, at most 10 MB; the next run reads it.
///
/// The spoke is a `file` without `file` in its `contributes`. A later upload takes the place of an earlier one.
#[utoipa::path(put, path = "/tenants/{tenant}/hubs/{hub}/spokes/{spoke}/file", operation_id = "putFile",
    security(("role" = ["Administrator"])),
    params(TenantPath, HubPath, SpokePath),
    request_body(content = String, content_type = "text/calendar"),
    responses((status = 200, description = "It is kept", body = Uploaded),
        (status = 404, description = "The hub has no such spoke", body = ApiError),
        (status = 409, description = "The spoke's file is elsewhere", body = ApiError)))]
pub(super) async fn put(
    at: AtHub,
    SpokeId(spoke): SpokeId,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Uploaded>, ApiError> {
    let body = body?;
    let config = at.existing().await?.record.config;
    let known = config.spoke(&spoke).filter(|spoke| spoke.connector == Connector::File);
    let what = known.and_then(|spoke| spoke.contributes.as_ref()).ok_or_else(|| {
        ApiError::missing(
            "the hub has no such `file` spoke that contributes",
            "add it to the configuration first",
        )
    })?;
    if what.file.is_some() {
        let fix = "take `file` out of its configuration first";
        return Err(ApiError::conflict("the configuration says where the spoke's file is", fix));
    }
    let upload = Upload { text: text(&body)? };
    at.app.tables.files.put(&Tables::file_key(&at.tenant, &at.hub, &spoke), &upload, When::Any).await?;
    Ok(Json(Uploaded { bytes: body.len() }))
}

fn text(body: &[u8]) -> Result<String, ApiError> {
    let text =
        std::str::from_utf8(body).map_err(|_| ApiError::bad("the file is not UTF-8", "save it as UTF-8"))?;
    if text.trim_start_matches('\u{feff}').trim_start().starts_with("BEGIN:VCALENDAR") {
        return Ok(text.to_owned());
    }
    Err(ApiError::bad("this is no iCalendar file", "send the file as it is: it begins with BEGIN:VCALENDAR"))
}
