//! What to bill: how many mailboxes were served on which day.

use axum::Json;
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use chrono::NaiveDate;
use serde::Serialize;
use sync::TenantId;
use utoipa::ToSchema;

use super::at::{AtTenant, TenantPath};
use super::error::ApiError;
use super::params::Params;
use crate::tables::Tables;

/// The mailboxes that were served in a month.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Licence {
    /// The tenant's id.
    #[schema(value_type = String)]
    tenant: TenantId,
    /// The month, such as `2026-11`.
    month: String,
    /// The sum over its days.
    mailbox_days: usize,
    /// The days on which any were counted; they begin and end at midnight UTC.
    days: Vec<Day>,
}

/// One day.
#[derive(Serialize, ToSchema)]
pub(super) struct Day {
    /// The date.
    day: NaiveDate,
    /// How many different mailboxes were served.
    mailboxes: usize,
}

/// Counts the mailboxes that were served, day by day; `Accept: text/csv` gives a table.
#[utoipa::path(get, path = "/tenants/{tenant}/licence", operation_id = "getLicence",
    security(("role" = ["Owner", "Administrator"])),
    params(TenantPath, ("month" = Option<String>, Query, description = "The month, such as `2026-11`; this one if absent")),
    responses((status = 200, description = "The mailbox-days", body = Licence)))]
pub(super) async fn get(at: AtTenant, params: Params, headers: HeaderMap) -> Result<Response, ApiError> {
    let first = match params.one("month") {
        None => at.app.now().date_naive(),
        Some(month) => NaiveDate::parse_from_str(&format!("{month}-01"), "%Y-%m-%d")
            .map_err(|_| ApiError::bad("this is no month", "write it like 2026-11"))?,
    };
    let row = at.app.tables.months.get(&Tables::month_key(&at.tenant, first)).await?;
    let month = row.map(|row| row.record).unwrap_or_default();
    let day = |(day, mailboxes): (&u32, &usize)| {
        Some(Day { day: chrono::Datelike::with_day(&first, *day)?, mailboxes: *mailboxes })
    };
    let licence = Licence {
        tenant: at.tenant,
        month: first.format("%Y-%m").to_string(),
        mailbox_days: month.mailbox_days(),
        days: month.days.iter().filter_map(day).collect(),
    };
    if headers.get(ACCEPT).map(HeaderValue::as_bytes).unwrap_or_default().starts_with(b"text/csv") {
        return Ok(([(CONTENT_TYPE, "text/csv; charset=utf-8")], csv(&licence)).into_response());
    }
    Ok(Json(licence).into_response())
}

/// Ids, dates and numbers: nothing in it needs quotes.
fn csv(licence: &Licence) -> String {
    let row = |Day { day, mailboxes }: &Day| format!("{},{day},{mailboxes}\r\n", licence.tenant);
    std::iter::once("tenant,day,mailboxes\r\n".to_owned()).chain(licence.days.iter().map(row)).collect()
}
