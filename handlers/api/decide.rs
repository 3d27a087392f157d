//! Approve or reject a held plan by its hash.

use std::collections::BTreeMap;
use std::future::ready;

use axum::Json;
use axum::http::StatusCode;
use futures::{StreamExt, TryStreamExt, stream};
use platform::Row;
use serde::Serialize;
use sync::{MailboxId, PlanHash, Why};
use utoipa::ToSchema;

use super::at::{AtHub, Hash, HashPath, HubPath, TenantPath};
use super::error::ApiError;
use super::read::each;
use super::send::{Visiting, Visits, send};
use crate::messages::Aim;
use crate::seats;
use crate::tables::{Decision, HeldPlan, Newest, Plan, Tables, change_existing};

/// How many decisions are stored at a time.
const DECISIONS_AT_ONCE: usize = 16;

/// Mailboxes, each with the receiving spoke that it belongs to.
type Audience = BTreeMap<MailboxId, String>;

/// A plan that was rejected.
#[derive(Serialize, ToSchema)]
pub(super) struct Rejected {
    /// In how many mailboxes.
    mailboxes: usize,
}

/// One mailbox in which a plan waits.
struct Waiting {
    mailbox: MailboxId,
    why: Why,
    /// The run that made the plan.
    run: String,
}

/// Approves a held plan in every mailbox where it waits, and carries it out.
///
/// The hash names exactly what was shown: a mailbox whose plan is another by now asks again. So does one that the tenant's
/// plan does not serve at present.
#[utoipa::path(post, path = "/tenants/{tenant}/hubs/{hub}/held/{hash}/approve", operation_id = "approveHeldPlan",
    security(("role" = ["Administrator"])),
    params(TenantPath, HubPath, HashPath),
    responses((status = 202, description = "It is approved and carried out", body = Visiting),
        (status = 404, description = "Nothing waits", body = ApiError),
        (status = 409, description = "Another plan waits by now, or no mailbox of it is served", body = ApiError)))]
pub(super) async fn approve(at: AtHub, Hash(hash): Hash) -> Result<(StatusCode, Json<Visiting>), ApiError> {
    let tenant = at.active().await?;
    let audience = audience(&at).await?;
    let plans = served(&at, tenant.plan, &audience, find(&at, hash).await?).await?;
    accept_size(&at, &plans).await?;
    let decided = decide(&at, &plans, hash, Decision::Approved).await?;
    let (visits, serves) = (visits(&audience, decided), serves(&at, &plans).await?);
    let started = send(&at, "approval", Aim::CleanIfApproved, visits, serves).await?;
    Ok((StatusCode::ACCEPTED, Json(started)))
}

/// Rejects a held plan in every mailbox where it waits: they stay as they are, and nobody is asked again for the same plan.
#[utoipa::path(post, path = "/tenants/{tenant}/hubs/{hub}/held/{hash}/reject", operation_id = "rejectHeldPlan",
    security(("role" = ["Administrator"])),
    params(TenantPath, HubPath, HashPath),
    responses((status = 200, description = "It is rejected", body = Rejected),
        (status = 404, description = "Nothing waits", body = ApiError),
        (status = 409, description = "Another plan waits by now", body = ApiError)))]
pub(super) async fn reject(at: AtHub, Hash(hash): Hash) -> Result<Json<Rejected>, ApiError> {
    let plans = find(&at, hash).await?;
    let decided = decide(&at, &plans, hash, Decision::Rejected).await?;
    Ok(Json(Rejected { mailboxes: decided.len() }))
}

async fn find(at: &AtHub, hash: PlanHash) -> Result<Vec<Waiting>, ApiError> {
    at.existing().await?;
    let prefix = Tables::held_prefix(&at.tenant, &at.hub);
    let mut rows = each(&at.app.tables.held, &prefix, at.app.tables.names(&prefix).await?);
    let (mut found, mut others) = (Vec::new(), 0);
    while let Some((name, Row { record: HeldPlan { hash: other, why, run, .. }, .. })) =
        rows.try_next().await?
    {
        match MailboxId::new(name) {
            Ok(mailbox) if other == hash => found.push(Waiting { mailbox, why, run }),
            _ => others += 1,
        }
    }
    if found.is_empty() { Err(not_waiting(at, hash, others)) } else { Ok(found) }
}

fn not_waiting(at: &AtHub, hash: PlanHash, others: usize) -> ApiError {
    if others == 0 {
        return ApiError::missing(
            format!("no plan of hub {} waits: {hash} was carried out, or is not needed any more", at.hub),
            "GET …/runs shows what was done",
        );
    }
    ApiError::conflict(
        format!(
            "no plan {hash} waits any more, but others do in {others} mailboxes: the hub or they changed"
        ),
        "GET …/held shows what waits now; approve or reject that",
    )
}

/// A hub that shrank with somebody's consent is the measure for what comes later.
///
/// Refused if it changed since: what was agreed to is not what it holds.
async fn accept_size(at: &AtHub, plans: &[Waiting]) -> Result<(), ApiError> {
    let agreed = plans.iter().find_map(|plan| match plan.why {
        Why::HubShrank { after, .. } => Some(after),
        Why::HubEmpty { .. } => Some(0),
        _ => None,
    });
    let Some(agreed) = agreed else { return Ok(()) };
    let mut now = agreed;
    let accept = |Newest(snapshot): &mut Newest| {
        now = snapshot.items.len();
        if now == agreed {
            snapshot.last_good = agreed;
        }
    };
    let key = Tables::snapshot_key(&at.tenant, &at.hub);
    change_existing(&at.app.tables.snapshots, &key, accept).await?;
    if now == agreed {
        return Ok(());
    }
    Err(ApiError::conflict(
        format!("hub {} holds {now} items by now, and this plan was made for {agreed}", at.hub),
        "POST …/run, wait for it, and decide on what …/held shows then",
    ))
}

/// Stores the decision; the answer is the mailboxes in which the plan still waited.
async fn decide(
    at: &AtHub,
    plans: &[Waiting],
    hash: PlanHash,
    decision: Decision,
) -> Result<Vec<MailboxId>, ApiError> {
    let mailboxes: Vec<MailboxId> = plans.iter().map(|plan| plan.mailbox.clone()).collect();
    let one = |mailbox| decide_one(at, mailbox, hash, decision);
    let decided = stream::iter(mailboxes).map(one).buffered(DECISIONS_AT_ONCE);
    decided.try_filter_map(|mailbox| ready(Ok(mailbox))).try_collect().await
}

async fn decide_one(
    at: &AtHub,
    mailbox: MailboxId,
    hash: PlanHash,
    decision: Decision,
) -> Result<Option<MailboxId>, ApiError> {
    let mut same = false;
    let change = |plan: &mut HeldPlan| {
        same = plan.hash == hash;
        if same {
            plan.decision = Some(decision);
        }
    };
    let key = Tables::held_key(&at.tenant, &at.hub, &mailbox);
    change_existing(&at.app.tables.held, &key, change).await?;
    Ok(same.then_some(mailbox))
}

/// As many mailboxes as the run served that made the plan, so that the guard over a whole run judges it the same.
async fn serves(at: &AtHub, plans: &[Waiting]) -> Result<usize, ApiError> {
    let Some(made) = plans.first() else { return Ok(0) };
    let run = at.app.tables.runs.get(&Tables::run_key(&at.tenant, &at.hub, &made.run)).await?;
    Ok(run.map_or(0, |row| row.record.mailboxes).max(plans.len()))
}

/// The mailboxes that the hub serves, each with its spoke.
async fn audience(at: &AtHub) -> Result<Audience, ApiError> {
    let state = at.app.tables.states.get(&Tables::state_key(&at.tenant, &at.hub)).await?;
    Ok(state.map(|row| row.record.audience).unwrap_or_default())
}

/// The plans of mailboxes that have a seat; one that left the audience is cleaned without.
async fn served(
    at: &AtHub,
    plan: Plan,
    audience: &Audience,
    mut plans: Vec<Waiting>,
) -> Result<Vec<Waiting>, ApiError> {
    if plan.mailboxes.is_none() {
        return Ok(plans);
    }
    let served = seats::served(&at.app, &at.tenant, plan).await?;
    plans.retain(|waiting| served.contains(&waiting.mailbox) || !audience.contains_key(&waiting.mailbox));
    if plans.is_empty() {
        return Err(ApiError::conflict(
            "the tenant's plan does not serve the mailboxes in which this waits: they stay as they are",
            "raise the plan, or make the audience smaller; then run the hub",
        ));
    }
    Ok(plans)
}

/// A mailbox of the audience is made like the hub; one that left it is cleaned.
fn visits(audience: &Audience, mailboxes: Vec<MailboxId>) -> Visits {
    let mut visits = Visits::new();
    for mailbox in mailboxes {
        visits.entry(audience.get(&mailbox).cloned()).or_default().push(mailbox);
    }
    visits
}
