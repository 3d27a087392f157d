//! What hubs decided about users' changes in two-way spokes, and bringing back what lost.

use axum::Json;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use platform::Row;
use serde::Serialize;
use sync::two_way::{Author, Reason, Ruling, Verdict};
use sync::{Field, MailboxId, SourceKey};
use utoipa::ToSchema;

use super::at::{AtHub, HubPath, Nth, RulingPath, TenantPath, run_id};
use super::error::ApiError;
use super::items::plain;
use super::params::Params;
use super::read::newest;
use crate::gather;
use crate::tables::{Newest, Rulings, Tables, Taken, change};

/// So many decisions end a page, with all those of the last run.
const PAGE: usize = 200;

/// One decision about a user's change.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct RulingView {
    /// The run in which it fell.
    run: String,
    /// Which decision of the run.
    n: usize,
    /// When.
    when: Option<DateTime<Utc>>,
    /// Whose change; none if an administrator restored the value.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    mailbox: Option<MailboxId>,
    /// The item.
    #[schema(value_type = String)]
    key: SourceKey,
    /// The field; none if it is about the whole item.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<Field>,
    /// `taken`, `won` (against another change), `refused` or `superseded` (by a later change of the source).
    ruling: &'static str,
    /// Why it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    /// The value that lost can be brought back.
    restorable: bool,
    /// The value that lost, if it was asked for; none where the field was cleared.
    #[schema(value_type = Object)]
    #[serde(skip_serializing_if = "Option::is_none")]
    lost: Option<serde_json::Value>,
}

/// One page of decisions.
#[derive(Serialize, ToSchema)]
pub(super) struct RulingPage {
    /// The decisions, newest first.
    rulings: Vec<RulingView>,
    /// There are older ones: ask again with `after` set to the run of the last.
    more: bool,
}

impl RulingView {
    fn new(run: &str, rulings: &Rulings, at: usize, verdict: &Verdict, values: bool) -> Self {
        let Verdict { mailbox, key, field, ruling, lost } = verdict.clone();
        let (name, why) = match ruling {
            Ruling::Taken => ("taken", None),
            Ruling::Won => ("won", None),
            Ruling::Refused(why) => ("refused", Some(why.to_string())),
            Ruling::Superseded => ("superseded", None),
        };
        let restorable = field.is_some() && unrestorable(ruling).is_none();
        let lost = lost.filter(|_| values).map(|lost| plain(&lost));
        let (run, n) = (run.to_owned(), rulings.dropped + at);
        Self { run, n, when: rulings.when, mailbox, key, field, ruling: name, why, restorable, lost }
    }
}

/// Lists what the hub decided about users' changes, newest first.
#[utoipa::path(get, path = "/tenants/{tenant}/hubs/{hub}/rulings", operation_id = "listRulings",
    security(("role" = ["Reader"]), ("values" = ["Administrator", "Privacy"])),
    params(TenantPath, HubPath,
        ("values" = Option<bool>, Query, description = "The values that lost, too: they are personal data"),
        ("after" = Option<String>, Query, description = "Only those of runs older than this one")),
    responses((status = 200, description = "The newest, about 200", body = RulingPage)))]
pub(super) async fn list(at: AtHub, params: Params) -> Result<Json<RulingPage>, ApiError> {
    at.existing().await?;
    let after = params.one("after").map(|id| run_id(id.to_owned())).transpose()?;
    let prefix = Tables::rulings_prefix(&at.tenant, &at.hub);
    let (names, _) = newest(at.app.tables.names(&prefix).await?, after.as_deref(), usize::MAX);
    let (mut rulings, mut names) = (Vec::new(), names.into_iter());
    for run in names.by_ref() {
        let row = at.app.tables.rulings.get(&format!("{prefix}{run}")).await?;
        let Some(Row { record, .. }) = row else { continue };
        let view = |(nth, verdict)| RulingView::new(&run, &record, nth, verdict, params.says("values"));
        rulings.extend(record.verdicts.iter().enumerate().rev().map(view));
        if rulings.len() >= PAGE {
            break;
        }
    }
    Ok(Json(RulingPage { rulings, more: names.next().is_some() }))
}

/// Brings back a value that lost: it lies over the hub's like a user's change, and goes to every mailbox.
#[utoipa::path(post, path = "/tenants/{tenant}/hubs/{hub}/rulings/{run}/{n}/restore", operation_id = "restoreValue",
    security(("role" = ["Administrator"])),
    params(TenantPath, HubPath, RulingPath),
    responses((status = 202, description = "It is in the hub, and on its way to the mailboxes", body = RulingView),
        (status = 404, description = "There is no such decision", body = ApiError),
        (status = 409, description = "It can't be brought back", body = ApiError)))]
pub(super) async fn restore(at: AtHub, nth: Nth) -> Result<(StatusCode, Json<RulingView>), ApiError> {
    at.existing().await?;
    let key = Tables::rulings_key(&at.tenant, &at.hub, &nth.run);
    let rulings = at.app.tables.rulings.get(&key).await?.map(|row| row.record).unwrap_or_default();
    let found = nth.n.checked_sub(rulings.dropped).and_then(|at| Some((at, rulings.verdicts.get(at)?)));
    let (place, verdict) = found
        .ok_or_else(|| ApiError::missing("there is no such decision", "copy run and n from GET …/rulings"))?;
    put_back(&at, verdict).await?;
    gather::call(&at.app, &at.tenant, &at.hub).await?;
    Ok((StatusCode::ACCEPTED, Json(RulingView::new(&nth.run, &rulings, place, verdict, false))))
}

/// Why there is nothing to bring back.
fn unrestorable(ruling: Ruling) -> Option<(&'static str, &'static str)> {
    match ruling {
        Ruling::Taken => Some(("nothing was lost", "choose a decision by which a value lost")),
        Ruling::Refused(Reason::DirectoryOwned) => {
            Some(("the field comes from the company directory", "change it there"))
        }
        Ruling::Won | Ruling::Superseded | Ruling::Refused(_) => None,
    }
}

async fn put_back(at: &AtHub, verdict: &Verdict) -> Result<(), ApiError> {
    let Verdict { key, field, ruling, lost, .. } = verdict;
    if let Some((why, fix)) = unrestorable(*ruling) {
        return Err(ApiError::conflict(why, fix));
    }
    let Some(field) = *field else {
        return Err(ApiError::conflict(
            "the decision is about a whole item",
            "do in a mailbox what is missing",
        ));
    };
    let below = at.app.tables.snapshots.get(&Tables::merged_key(&at.tenant, &at.hub)).await?;
    let below = below.map(|Row { record: Newest(snapshot), .. }| snapshot).unwrap_or_default();
    let mut is_there = true;
    let place = Tables::overlay_key(&at.tenant, &at.hub);
    let by = Author { spoke: key.spoke().to_owned(), mailbox: None };
    let lay = |Taken(overlay): &mut Taken| {
        is_there = overlay.change(&below, (key, field), lost.as_ref(), &by);
    };
    change(&at.app.tables.overlays, &place, lay).await?;
    if is_there {
        return Ok(());
    }
    Err(ApiError::conflict("the hub no longer has the item", "do in a mailbox what is missing"))
}
