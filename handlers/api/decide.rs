//! Approve or reject a held plan by its hash.

use axum::Json;
use axum::http::StatusCode;
use platform::{Row, When};
use serde::Serialize;
use sync::{MailboxId, PlanHash, Why};
use utoipa::ToSchema;

use super::at::{AtHub, Hash, HashPath, HubPath, TenantPath};
use super::error::ApiError;
use super::held;
use super::send::{Visiting, Visits, send};
use crate::messages::Aim;
use crate::tables::{Decision, HeldPlan, Newest, Tables, change_existing};

/// A plan that was rejected.
#[derive(Serialize, ToSchema)]
pub(super) struct Rejected {
    /// In how many mailboxes.
    mailboxes: usize,
}

/// The held plans of one hash, by mailbox.
type Plans = Vec<(MailboxId, Row<HeldPlan>)>;

/// Approves a held plan in every mailbox where it waits, and carries it out.
///
/// The hash names exactly what was shown: a mailbox whose plan is another by now asks again.
#[utoipa::path(post, path = "/tenants/{tenant}/hubs/{hub}/held/{hash}/approve", params(TenantPath, HubPath, HashPath),
    responses((status = 202, description = "It is approved and carried out", body = Visiting),
        (status = 404, description = "Nothing waits", body = ApiError),
        (status = 409, description = "Another plan waits by now", body = ApiError)))]
pub(super) async fn approve(at: AtHub, Hash(hash): Hash) -> Result<(StatusCode, Json<Visiting>), ApiError> {
    let plans = find(&at, hash).await?;
    accept_size(&at, &plans).await?;
    let (decided, serves) = (decide(&at, &plans, Decision::Approved).await?, serves(&at, &plans).await?);
    let visits = visits(&at, decided).await?;
    let started = send(&at, "approval", Aim::CleanIfApproved, visits, serves).await?;
    Ok((StatusCode::ACCEPTED, Json(started)))
}

/// Rejects a held plan in every mailbox where it waits: they stay as they are, and nobody is asked again for the same plan.
#[utoipa::path(post, path = "/tenants/{tenant}/hubs/{hub}/held/{hash}/reject", params(TenantPath, HubPath, HashPath),
    responses((status = 200, description = "It is rejected", body = Rejected),
        (status = 404, description = "Nothing waits", body = ApiError),
        (status = 409, description = "Another plan waits by now", body = ApiError)))]
pub(super) async fn reject(at: AtHub, Hash(hash): Hash) -> Result<Json<Rejected>, ApiError> {
    let plans = find(&at, hash).await?;
    let decided = decide(&at, &plans, Decision::Rejected).await?;
    Ok(Json(Rejected { mailboxes: decided.len() }))
}

async fn find(at: &AtHub, hash: PlanHash) -> Result<Plans, ApiError> {
    at.existing().await?;
    let (plans, others): (Plans, Plans) =
        held::all(at).await?.into_iter().partition(|(_, row)| row.record.hash == hash);
    match (plans.is_empty(), others.len()) {
        (false, _) => Ok(plans),
        (true, 0) => Err(ApiError::missing(
            format!("no plan of hub {} waits: {hash} was carried out, or is not needed any more", at.hub),
            "GET …/runs shows what was done",
        )),
        (true, others) => Err(ApiError::conflict(
            format!(
                "no plan {hash} waits any more, but others do in {others} mailboxes: the hub or they changed"
            ),
            "GET …/held shows what waits now; approve or reject that",
        )),
    }
}

/// A hub that shrank with somebody's consent is the measure for what comes later.
///
/// Refused if it changed since: what was agreed to is not what it holds.
async fn accept_size(at: &AtHub, plans: &Plans) -> Result<(), ApiError> {
    let agreed = plans.iter().find_map(|(_, row)| match row.record.why {
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

/// Stores the decision; a plan that is another by now is left alone.
async fn decide(at: &AtHub, plans: &Plans, decision: Decision) -> Result<Vec<MailboxId>, ApiError> {
    let mut decided = Vec::new();
    for (mailbox, Row { record, etag }) in plans {
        let record = HeldPlan { decision: Some(decision), ..record.clone() };
        let key = Tables::held_key(&at.tenant, &at.hub, mailbox);
        match at.app.tables.held.put(&key, &record, When::Match(etag.clone())).await {
            Ok(_) => decided.push(mailbox.clone()),
            Err(error) if error.kind() == platform::Kind::Conflict => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(decided)
}

/// As many mailboxes as the run served that made the plan, so that the guard over a whole run judges it the same.
async fn serves(at: &AtHub, plans: &Plans) -> Result<usize, ApiError> {
    let Some((_, made)) = plans.first() else { return Ok(0) };
    let run = at.app.tables.runs.get(&Tables::run_key(&at.tenant, &at.hub, &made.record.run)).await?;
    Ok(run.map_or(0, |row| row.record.mailboxes).max(plans.len()))
}

/// A mailbox of the audience is made like the hub; one that left it is cleaned.
async fn visits(at: &AtHub, mailboxes: Vec<MailboxId>) -> Result<Visits, ApiError> {
    let state = at.app.tables.states.get(&Tables::state_key(&at.tenant, &at.hub)).await?;
    let audience = state.map(|row| row.record.audience).unwrap_or_default();
    let mut visits = Visits::new();
    for mailbox in mailboxes {
        visits.entry(audience.get(&mailbox).cloned()).or_default().push(mailbox);
    }
    Ok(visits)
}
