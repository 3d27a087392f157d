//! What a run would do, without writing anything.

use std::collections::BTreeMap;
use std::fmt::Write;

use axum::http::header::ACCEPT;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use futures::{StreamExt, stream};
use serde::Serialize;
use sync::{Field, HubConfig, MailboxId, Merged, Plan, PlanHash, Snapshot, SourceKey};
use utoipa::ToSchema;

use super::at::{AtHub, HubPath, TenantPath};
use super::error::ApiError;
use super::params::Params;
use crate::gather::{self, Looked};
use crate::host::Invocation;
use crate::sync_mailbox;

/// How many mailboxes are shown if none is named.
const FIRST: usize = 3;
/// The most mailboxes of one preview.
const MOST_MAILBOXES: usize = 20;
/// How many mailboxes are planned at a time.
const PLANS_AT_ONCE: usize = 4;
/// The most rows of a mailbox, and the most items with something left out.
const MOST_ROWS: usize = 1000;

/// What a run would do.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Preview {
    /// What the hub would hold.
    snapshot: SnapshotView,
    /// What contacts could not take over whole, at most 1000.
    left_out: Vec<LeftOutView>,
    /// The fields that came from another spoke than their item, of at most 1000 items.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    provenance: Vec<ProvenanceView>,
    /// What would become of each mailbox.
    mailboxes: Vec<MailboxPreview>,
}

/// What the hub would hold.
#[derive(Serialize, ToSchema)]
pub(super) struct SnapshotView {
    /// How many items.
    items: usize,
    /// Whether every source was read to its end; if not, nothing would be deleted.
    complete: bool,
    /// How many entries of the sources are not in, by reason.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    skipped: BTreeMap<String, usize>,
    /// What was not read to its end or was passed over, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    problems: Vec<String>,
}

/// Where the fields of one item came from.
#[derive(Serialize, ToSchema)]
pub(super) struct ProvenanceView {
    /// The item's identity.
    key: String,
    /// The spoke by field; all others came from the item's own spoke.
    #[schema(value_type = BTreeMap<String, String>)]
    fields: BTreeMap<Field, String>,
}

/// Something that a contact could not take over: where and why, never the value itself.
#[derive(Serialize, ToSchema)]
pub(super) struct LeftOutView {
    /// The item's identity.
    key: String,
    /// The field.
    field: String,
    /// What was left out and why.
    why: String,
}

/// What would become of one mailbox.
#[derive(Serialize, ToSchema)]
pub(super) struct MailboxPreview {
    /// The mailbox.
    #[schema(value_type = String)]
    mailbox: MailboxId,
    /// The first 1000 operations, and what users changed for the hub to judge: identities and field names.
    rows: Vec<String>,
    /// How many further operations there are.
    more: usize,
    /// The same as text.
    text: String,
    /// Somebody would have to agree first.
    #[serde(skip_serializing_if = "Option::is_none")]
    held: Option<HeldPreview>,
    /// Why nothing can be said about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

/// Why somebody would have to agree first.
#[derive(Serialize, ToSchema)]
pub(super) struct HeldPreview {
    /// What an approval would name.
    #[schema(value_type = String)]
    hash: PlanHash,
    /// Why it would wait.
    why: String,
}

/// Shows what a run would do now; nothing is written.
///
/// With `Accept: text/plain` it answers with the text alone.
#[utoipa::path(get, path = "/tenants/{tenant}/hubs/{hub}/preview", operation_id = "previewHub",
    security(("role" = ["Operator"])),
    params(TenantPath, HubPath, ("mailbox" = Option<Vec<String>>, Query, description = "These mailboxes, at most 20; without any the first three of the audience")),
    responses((status = 200, description = "What a run would do", content((Preview = "application/json"), (String = "text/plain")))))]
pub(super) async fn preview(
    at: AtHub,
    params: Params,
    headers: HeaderMap,
    Extension(cx): Extension<Invocation>,
) -> Result<Response, ApiError> {
    let config = at.existing().await?.record.config;
    let named = named(&params)?;
    let Looked { merged, problems } = gather::merged(&at.app, &at.tenant, &at.hub, &config).await?;
    let mailboxes = chosen(&merged, named)?;
    let plan = |mailbox| one(&at, &config, &merged, mailbox, &cx);
    let mailboxes = stream::iter(mailboxes).map(plan).buffered(PLANS_AT_ONCE).collect().await;
    let preview = Preview {
        snapshot: snapshot(&merged, problems),
        left_out: left_out(&merged),
        provenance: provenance(&merged),
        mailboxes,
    };
    Ok(if wants_text(&headers) { text(&preview).into_response() } else { Json(preview).into_response() })
}

fn named(params: &Params) -> Result<Vec<MailboxId>, ApiError> {
    let mailbox = |id: &str| {
        MailboxId::new(id.to_ascii_lowercase())
            .map_err(|bad| ApiError::bad(bad, "write the object id of the account that owns the mailbox"))
    };
    let named: Vec<_> = params.all("mailbox").map(mailbox).collect::<Result<_, _>>()?;
    if named.len() > MOST_MAILBOXES {
        let error = format!("the call names {} mailboxes", named.len());
        return Err(ApiError::bad(error, format!("name at most {MOST_MAILBOXES}")));
    }
    Ok(named)
}

fn chosen(merged: &Merged, named: Vec<MailboxId>) -> Result<Vec<MailboxId>, ApiError> {
    if let Some(other) = named.iter().find(|mailbox| !merged.audience.contains_key(mailbox)) {
        let unread = if merged.snapshot.complete { "" } else { ", as far as the directory could be read" };
        let error = format!("mailbox {other} is not in the hub's audience{unread}");
        return Err(ApiError::missing(error, "name one that is, or change the audience"));
    }
    let first = || merged.audience.keys().take(FIRST).cloned().collect();
    Ok(if named.is_empty() { first() } else { named })
}

async fn one(
    at: &AtHub,
    config: &HubConfig,
    merged: &Merged,
    mailbox: MailboxId,
    cx: &Invocation,
) -> MailboxPreview {
    let plan = sync_mailbox::preview(&at.app, &at.tenant, &at.hub, config, merged, &mailbox, cx).await;
    match plan {
        Ok(plan) => planned(mailbox, &plan),
        Err(trouble) => MailboxPreview {
            mailbox,
            rows: Vec::new(),
            more: 0,
            text: String::new(),
            held: None,
            problem: Some(trouble.to_string()),
        },
    }
}

fn planned(mailbox: MailboxId, plan: &Plan) -> MailboxPreview {
    let text = plan.to_string();
    let held = match plan {
        Plan::Held { held, .. } => Some(held),
        _ => None,
    };
    let all =
        held.into_iter().flat_map(|held| &held.ops).chain(plan.work().into_iter().flat_map(|work| &work.ops));
    let mut rows: Vec<String> = all.map(ToString::to_string).collect();
    rows.extend(plan.work().into_iter().flat_map(|work| &work.proposals).map(ToString::to_string));
    let more = rows.len().saturating_sub(MOST_ROWS);
    rows.truncate(MOST_ROWS);
    let held = held.map(|held| HeldPreview { hash: held.hash, why: held.why.to_string() });
    MailboxPreview { mailbox, rows, more, text, held, problem: None }
}

fn snapshot(merged: &Merged, problems: Vec<String>) -> SnapshotView {
    let Snapshot { items, complete, .. } = &merged.snapshot;
    let mut skipped = BTreeMap::new();
    for why in merged.skipped.values() {
        *skipped.entry(why.to_string()).or_default() += 1;
    }
    SnapshotView { items: items.len(), complete: *complete, skipped, problems }
}

fn provenance(merged: &Merged) -> Vec<ProvenanceView> {
    let view = |(key, fields): (&SourceKey, &BTreeMap<Field, String>)| ProvenanceView {
        key: key.to_string(),
        fields: fields.clone(),
    };
    merged.snapshot.provenance.iter().take(MOST_ROWS).map(view).collect()
}

fn left_out(merged: &Merged) -> Vec<LeftOutView> {
    let each = merged.left_out.iter().flat_map(|(key, all)| all.iter().map(move |one| (key, one)));
    let view = |(key, one): (&sync::SourceKey, &sync::LeftOut)| LeftOutView {
        key: key.to_string(),
        field: one.field.clone(),
        why: one.why.clone(),
    };
    each.take(MOST_ROWS).map(view).collect()
}

fn wants_text(headers: &HeaderMap) -> bool {
    let accept = headers.get(ACCEPT).map(HeaderValue::as_bytes).unwrap_or_default();
    accept.starts_with(b"text/plain")
}

fn text(preview: &Preview) -> String {
    let Preview { snapshot, left_out, mailboxes, .. } = preview;
    let complete = if snapshot.complete { "" } else { ", not read to the end" };
    let mut text = format!("hub: {} items{complete}, {} values left out\n", snapshot.items, left_out.len());
    for one in mailboxes {
        let plan = one.problem.as_ref().unwrap_or(&one.text).trim_end();
        let plan = if plan.is_empty() { "nothing to do" } else { plan };
        // Writing into a text can't fail.
        let _ = write!(text, "\nmailbox {}\n{plan}\n", one.mailbox);
    }
    text
}
