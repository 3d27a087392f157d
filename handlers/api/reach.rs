//! Which mailboxes the application can reach.

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use connectors::graph::{self, Kind, Reached};
use serde::{Deserialize, Serialize};
use sync::MailboxId;
use utoipa::ToSchema;

use super::at::{AtTenant, TenantPath};
use super::error::ApiError;
use crate::messages::MOST_MAILBOXES;

/// The mailboxes to look at.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ReachQuestion {
    /// The object ids of their users, 1 to 20.
    #[schema(value_type = Vec<String>)]
    mailboxes: Vec<MailboxId>,
}

/// How far the application reaches into one mailbox.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ReachView {
    /// The object id of its user.
    #[schema(value_type = String)]
    mailbox: MailboxId,
    /// Its contacts.
    contacts: ReachedView,
    /// Its calendars.
    calendars: ReachedView,
}

/// Whether something of a mailbox can be reached.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) enum ReachedView {
    /// It can.
    Reached,
    /// The tenant did not grant it, or not for this mailbox.
    Refused,
    /// There is no mailbox, or none in the cloud.
    NoMailbox,
    /// Something else stood in the way: ask again.
    Unknown,
}

/// Looks whether mailboxes can be reached; nothing of what lies in them is read.
///
/// What was changed in Exchange shows after half an hour to two hours.
#[utoipa::path(post, path = "/tenants/{tenant}/reach", operation_id = "checkReach",
    security(("role" = ["Administrator"])),
    params(TenantPath), request_body = ReachQuestion,
    responses((status = 200, description = "How far it reaches, in the order of the question", body = [ReachView]),
        (status = 409, description = "The tenant does not let the application in at all", body = ApiError)))]
pub(super) async fn check(
    at: AtTenant,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Vec<ReachView>>, ApiError> {
    let question = serde_json::from_slice::<ReachQuestion>(&body?).ok();
    let question = question.filter(|question| (1..=MOST_MAILBOXES).contains(&question.mailboxes.len()));
    let ReachQuestion { mailboxes } = question.ok_or_else(|| {
        ApiError::bad("this names no mailboxes", "send {\"mailboxes\": [object ids of 1 to 20 users]}")
    })?;
    let reach = at.app.graph.reader(&at.tenant).reach(&mailboxes).await.map_err(|error| shut_out(&error))?;
    Ok(Json(reach.into_iter().map(ReachView::from).collect()))
}

fn shut_out(error: &graph::Error) -> ApiError {
    match error.kind() {
        Kind::Consent(_) => ApiError::conflict(error, "an administrator of the tenant consents anew"),
        _ => ApiError::new(StatusCode::BAD_GATEWAY, error, "whoever runs this deployment mends its sign-in"),
    }
}

impl From<graph::Reach> for ReachView {
    fn from(reach: graph::Reach) -> Self {
        let graph::Reach { mailbox, contacts, calendars } = reach;
        Self { mailbox, contacts: contacts.into(), calendars: calendars.into() }
    }
}

impl From<Reached> for ReachedView {
    fn from(reached: Reached) -> Self {
        match reached {
            Reached::Yes => Self::Reached,
            Reached::Refused => Self::Refused,
            Reached::NoMailbox => Self::NoMailbox,
            Reached::Unknown => Self::Unknown,
        }
    }
}
