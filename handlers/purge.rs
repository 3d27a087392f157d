//! Timer `purge`: what is older than the retention is gone.

use std::sync::Arc;

use chrono::TimeDelta;
use platform::When;
use sync::{HubId, TenantId};

use crate::App;
use crate::host::{Failure, Invocation, TimerTick};
use crate::seats;
use crate::standing::Standing;
use crate::tables::Tables;

/// How long runs, outcomes, decisions about users' changes and dead letters are kept.
const RETENTION: TimeDelta = TimeDelta::days(30);
/// The most keys that one invocation deletes under one prefix; the next day takes the rest.
const MOST_DELETES: usize = 20_000;

/// Deletes what is past its time, of every tenant.
pub async fn run(app: Arc<App>, _tick: TimerTick, cx: Invocation) -> Result<(), Failure> {
    let oldest = (app.now() - RETENTION).format("%Y%m%dt%H%M%S").to_string();
    let mut deleted = 0;
    for tenant in app.tables.tenant_ids().await? {
        if let Standing::Active(_) = app.standing(&tenant).await? {
            seats::note_day(&app, &tenant).await?;
        }
        deleted += purge_before(&app, &Tables::dead_letters_prefix(&tenant), &oldest, &cx).await?;
        for hub in app.tables.hub_ids(&tenant).await? {
            deleted += purge_hub(&app, &tenant, &hub, &oldest, &cx).await?;
        }
    }
    tracing::info!(deleted, "purged");
    Ok(())
}

async fn purge_hub(
    app: &App,
    tenant: &TenantId,
    hub: &HubId,
    oldest: &str,
    cx: &Invocation,
) -> Result<usize, Failure> {
    let outcomes = format!("{}outcomes/", Tables::hub_prefix(tenant, hub));
    Ok(purge_before(app, &outcomes, oldest, cx).await?
        + purge_before(app, &Tables::rulings_prefix(tenant, hub), oldest, cx).await?
        + purge_before(app, &Tables::runs_prefix(tenant, hub), oldest, cx).await?)
}

/// Deletes the keys under a prefix whose names sort before `oldest`: names begin with their time.
async fn purge_before(app: &App, prefix: &str, oldest: &str, cx: &Invocation) -> Result<usize, Failure> {
    let mut deleted = 0;
    for name in app.tables.names(prefix).await? {
        if name.as_str() >= oldest || deleted >= MOST_DELETES || cx.remaining().is_zero() {
            break;
        }
        app.store.delete(&format!("{prefix}{name}"), When::Any).await?;
        deleted += 1;
    }
    Ok(deleted)
}
