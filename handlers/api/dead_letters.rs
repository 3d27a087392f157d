//! Messages that could not be worked on.

use axum::Json;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::at::{AtTenant, TenantPath, run_id};
use super::error::ApiError;
use super::params::Params;
use super::read::{newest, records};
use crate::tables::{DeadLetter, Tables};

/// The most dead letters of one answer.
const PAGE: usize = 50;

/// A message that could not be worked on.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeadLetterView {
    /// Its id; later ones sort after earlier ones.
    id: String,
    /// The queue that it came from.
    queue: String,
    /// Why, and what to do.
    reason: String,
    /// When it was given up.
    when: DateTime<Utc>,
    /// Its length in bytes.
    bytes: usize,
}

impl DeadLetterView {
    fn new(id: String, letter: DeadLetter) -> Self {
        let DeadLetter { queue, reason, when, bytes } = letter;
        Self { id, queue, reason, when, bytes }
    }
}

/// One page of dead letters.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeadLetterPage {
    /// The dead letters, newest first.
    dead_letters: Vec<DeadLetterView>,
    /// There are older ones: ask again with `after` set to the last id.
    more: bool,
}

/// Lists messages that could not be worked on, without their content.
#[utoipa::path(get, path = "/tenants/{tenant}/dead-letters", operation_id = "listDeadLetters",
    security(("role" = ["Reader"])),
    params(TenantPath, ("after" = Option<String>, Query, description = "Only those older than this id")),
    responses((status = 200, description = "The newest, at most 50", body = DeadLetterPage)))]
pub(super) async fn list(at: AtTenant, params: Params) -> Result<Json<DeadLetterPage>, ApiError> {
    let after = params.one("after").map(|id| run_id(id.to_owned())).transpose()?;
    let prefix = Tables::dead_letters_prefix(&at.tenant);
    let (names, more) = newest(at.app.tables.names(&prefix).await?, after.as_deref(), PAGE);
    let rows = records(&at.app.tables.dead_letters, &prefix, names).await?;
    let dead_letters = rows.into_iter().map(|(id, row)| DeadLetterView::new(id, row.record)).collect();
    Ok(Json(DeadLetterPage { dead_letters, more }))
}
