//! Which mailboxes a tenant's plan serves, and how many they were on each day.

use std::collections::BTreeSet;

use chrono::Datelike;
use sync::{HubId, MailboxId, Merged, TenantId};

use crate::App;
use crate::host::Failure;
use crate::tables::{Month, Plan, Seats, Tables, change_if};

/// Gives the mailboxes of a hub their seats and notes them for the licence; those that the plan does not serve.
///
/// A run in which nobody came or went writes nothing here, but for the first of a day.
pub async fn allot(
    app: &App,
    tenant: &TenantId,
    hub: &HubId,
    plan: Plan,
    merged: &Merged,
) -> Result<BTreeSet<MailboxId>, Failure> {
    let (mut without, now) = (BTreeSet::new(), app.now());
    let give = |seats: &mut Seats| {
        let before = seats.clone();
        let (audience, complete) = (merged.audience.keys(), merged.snapshot.complete);
        without = seats.allot(hub, audience, complete, plan.mailboxes, now);
        *seats != before
    };
    let seats = change_if(&app.tables.seats, &Tables::seats_key(tenant), give).await?;
    note(app, tenant, &seats).await?;
    Ok(without)
}

/// The mailboxes that a tenant's plan serves as it is now, whichever hub asks.
pub async fn served(app: &App, tenant: &TenantId, plan: Plan) -> platform::Result<BTreeSet<MailboxId>> {
    let seats = app.tables.seats.get(&Tables::seats_key(tenant)).await?;
    Ok(seats.map(|row| row.record.first(plan.mailboxes)).unwrap_or_default())
}

/// Notes the mailboxes that are served today.
async fn note(app: &App, tenant: &TenantId, seats: &Seats) -> Result<(), Failure> {
    let today = app.now().date_naive();
    let key = Tables::month_key(tenant, today);
    change_if(&app.tables.months, &key, |month: &mut Month| month.note(today.day(), seats.0.keys())).await?;
    Ok(())
}

/// Notes the mailboxes of a tenant on a day on which perhaps no hub runs.
pub async fn note_day(app: &App, tenant: &TenantId) -> Result<(), Failure> {
    match app.tables.seats.get(&Tables::seats_key(tenant)).await? {
        Some(row) => note(app, tenant, &row.record).await,
        None => Ok(()),
    }
}

/// Frees the seats that only a hub took: it is gone, or rests.
pub async fn leave(app: &App, tenant: &TenantId, hub: &HubId) -> platform::Result<()> {
    let leave = |seats: &mut Seats| {
        let before = seats.clone();
        seats.leave(hub);
        *seats != before
    };
    change_if(&app.tables.seats, &Tables::seats_key(tenant), leave).await.map(drop)
}

/// What a run says of those that the plan does not serve.
pub fn problem(without: usize, plan: Plan) -> Option<String> {
    let limit = plan.mailboxes.filter(|_| without > 0)?;
    Some(format!(
        "{without} mailboxes are not served and stay as they are: the tenant's plan serves {limit}, and those that were \
         first go on; raise the plan, or make the audience smaller"
    ))
}
