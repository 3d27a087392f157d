//! Timer `schedule`: which hubs are due? It never does work itself.

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use croner::Cron;
use sync::{HubId, TenantId};

use crate::App;
use crate::host::{Failure, Invocation, TimerTick};
use crate::messages::{Gather, Reason};
use crate::standing::Standing;
use crate::tables::{HubState, Plan, Tables, change};
use crate::troubles::Troubles;

/// How many occurrences of a schedule are looked at.
const OCCURRENCES: usize = 100;

/// Starts every hub that is due, of every tenant that is not suspended; one's trouble stops no other.
pub async fn run(app: Arc<App>, _tick: TimerTick, _cx: Invocation) -> Result<(), Failure> {
    let mut troubles = Troubles::default();
    for tenant in app.tables.tenant_ids().await? {
        let done = tenant_hubs(&app, &tenant, &mut troubles).await;
        troubles.note(&tenant, done);
    }
    troubles.end()
}

async fn tenant_hubs(app: &App, tenant: &TenantId, troubles: &mut Troubles) -> Result<(), Failure> {
    let Standing::Active(record) = app.standing(tenant).await? else { return Ok(()) };
    for hub in app.tables.hub_ids(tenant).await? {
        troubles.note(tenant, start_if_due(app, tenant, &hub, record.plan).await);
    }
    Ok(())
}

async fn start_if_due(app: &App, tenant: &TenantId, hub: &HubId, plan: Plan) -> Result<(), Failure> {
    let Some(config) = app.tables.hubs.get(&Tables::hub_key(tenant, hub)).await? else { return Ok(()) };
    let config = config.record;
    let key = Tables::state_key(tenant, hub);
    let state = app.tables.states.get(&key).await?.map(|row| row.record).unwrap_or_default();
    let since = state.scheduled.map_or(config.created, |last| stretched(last, plan));
    if !config.config.enabled || !is_due(&config.config.schedule, since, app.now()) {
        return Ok(());
    }
    let message = Gather {
        tenant: tenant.clone(),
        hub: hub.clone(),
        run: app.new_run(),
        reason: Reason::Schedule,
        waited: 0,
    };
    // Sent first: a hub that is started twice does nothing twice, a hub that is forgotten stands still.
    app.send(&message, Duration::ZERO).await?;
    let now = app.now();
    change(&app.tables.states, &key, |state: &mut HubState| state.scheduled = Some(now)).await?;
    tracing::info!(tenant = %tenant, hub = %hub, run = message.run, "hub due");
    Ok(())
}

/// The moment after which the plan allows the next run: it counts from the minute for which the last was due.
fn stretched(last: DateTime<Utc>, plan: Plan) -> DateTime<Utc> {
    let minute = last.duration_trunc(TimeDelta::minutes(1)).unwrap_or(last);
    minute + TimeDelta::minutes(plan.shortest_minutes.into()) - TimeDelta::seconds(1)
}

/// The shortest time between two of the next occurrences of a schedule, in minutes.
pub(crate) fn shortest_minutes(schedule: &str, now: DateTime<Utc>) -> Option<i64> {
    let cron = Cron::from_str(schedule).ok()?;
    let next = |skipped| cron.iter_after(now).take(OCCURRENCES).skip(skipped);
    next(1).zip(next(0)).map(|(later, earlier)| (later - earlier).num_minutes()).min()
}

/// Whether an occurrence of the schedule lies between `since` and now; a schedule that can't be read is never due.
fn is_due(schedule: &str, since: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    let next = Cron::from_str(schedule).ok().and_then(|cron| cron.find_next_occurrence(&since, false).ok());
    next.is_some_and(|next| next <= now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hub_is_due_once_per_occurrence() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        assert!(is_due("0 * * * *", at("2026-01-01T09:30:00Z"), at("2026-01-01T10:00:00Z")));
        assert!(!is_due("0 * * * *", at("2026-01-01T10:00:00Z"), at("2026-01-01T10:59:00Z")));
        let plan = |shortest_minutes| Plan { mailboxes: None, shortest_minutes };
        let last = at("2026-01-01T10:00:41Z");
        for (minutes, next) in
            [(1, "10:05:00"), (5, "10:05:00"), (15, "10:15:00"), (17, "10:20:00"), (60, "11:00:00")]
        {
            let (since, next) = (stretched(last, plan(minutes)), at(&format!("2026-01-01T{next}Z")));
            let every = "*/5 * * * *";
            assert!(
                is_due(every, since, next) && !is_due(every, since, next - TimeDelta::seconds(1)),
                "{minutes}"
            );
        }
        let shortest = |schedule| shortest_minutes(schedule, last);
        assert_eq!(
            (shortest("*/5 * * * *"), shortest("0,50 8 * * *"), shortest("0 * * * *")),
            (Some(5), Some(50), Some(60))
        );
        assert!(!is_due("nonsense", at("2026-01-01T10:00:00Z"), at("2027-01-01T00:00:00Z")));
    }
}
