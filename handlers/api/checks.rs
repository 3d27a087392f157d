//! Whether a hub's configuration can be used: by itself, against the directory, and in the mailboxes.

use std::str::FromStr;
use std::time::Duration;

use chrono::{DateTime, Utc};
use croner::Cron;
use futures::{StreamExt, stream};
use serde::Serialize;
use sync::directory::GroupError;
use sync::hub::{Receives, parse, ring};
use sync::{HubConfig, HubId, MailboxId, Merged, Problem, TenantId};
use utoipa::ToSchema;

use super::read::records;
use crate::App;
use crate::gather::{self, Looked, Trouble};
use crate::schedule;
use crate::standing::Standing;
use crate::sync_mailbox;
use crate::tables::Tables;

/// How long the directory and the mailboxes are looked at.
const LOOK: Duration = Duration::from_secs(60);
/// In how many mailboxes the folder is looked for.
const MOST_MAILBOXES: usize = 20;
/// How many mailboxes are looked at at a time.
const LOOKS_AT_ONCE: usize = 4;

/// One thing that keeps a configuration from being used.
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub(super) struct ProblemView {
    /// Where, such as `spokes[1].receives.audience`; empty for the document as a whole.
    field: String,
    /// What is wrong.
    problem: String,
    /// What to do.
    fix: String,
}

/// All that keeps a configuration from being used.
#[derive(Serialize, ToSchema)]
pub(super) struct Problems {
    /// Every one that was found.
    problems: Vec<ProblemView>,
}

/// A configuration that can be used.
pub(super) struct Checked {
    pub config: HubConfig,
    /// What could not be checked, and why.
    pub warnings: Vec<String>,
}

/// Why a configuration can't be used.
pub(super) type Found = Vec<Problem>;

impl From<Found> for Problems {
    fn from(found: Found) -> Self {
        let view = |Problem { field, problem, fix }| ProblemView { field, problem, fix };
        Self { problems: found.into_iter().map(view).collect() }
    }
}

/// Checks the JSON of a configuration; nothing is stored.
///
/// What can't be reached is no problem of the configuration, and becomes a warning.
pub(super) async fn check(app: &App, tenant: &TenantId, hub: &HubId, json: &[u8]) -> Result<Checked, Found> {
    let config = parse(json).map_err(|problem| vec![problem])?;
    config.validate(|text| check_schedule(text, app.now()))?;
    check_ring(app, tenant, hub, &config).await?;
    let warnings = tokio::select! {
        looked = look(app, tenant, hub, &config) => looked?,
        () = app.clock.sleep(LOOK) => vec![not_checked("it took longer than a minute")],
    };
    let warnings = plan_warning(app, tenant, &config).await.into_iter().chain(warnings).collect();
    Ok(Checked { config, warnings })
}

/// What the tenant's plan makes of the schedule.
async fn plan_warning(app: &App, tenant: &TenantId, config: &HubConfig) -> Option<String> {
    let Ok(Standing::Active(tenant)) = app.standing(tenant).await else { return None };
    let (plan, shortest) = (tenant.plan, schedule::shortest_minutes(&config.schedule, app.now())?);
    (shortest < plan.shortest_minutes.into()).then(|| {
        format!(
            "the schedule asks for a run every {shortest} minutes, and the tenant's plan allows one every {}: it is run that \
             often; raise the plan, or schedule it less often",
            plan.shortest_minutes
        )
    })
}

/// Whether the hub would feed another one that feeds it; what can't be read now is stopped when it runs.
async fn check_ring(app: &App, tenant: &TenantId, hub: &HubId, config: &HubConfig) -> Result<(), Found> {
    let prefix = Tables::hubs_prefix(tenant);
    let names = app.tables.names(&prefix).await.unwrap_or_default();
    let others = records(&app.tables.hubs, &prefix, names).await.unwrap_or_default();
    let others: Vec<_> = others
        .into_iter()
        .filter_map(|(name, row)| Some((HubId::new(name).ok()?, row.record.config)))
        .collect();
    let others =
        others.iter().filter(|(other, _)| other != hub).map(|(other, config)| (other.clone(), config));
    let hubs: Vec<_> = std::iter::once((hub.clone(), config)).chain(others).collect();
    ring(&hubs).map_or(Ok(()), |problem| Err(vec![problem]))
}

/// What is wrong with a schedule: five fields, so that nothing runs by the second, and a time that comes.
fn check_schedule(text: &str, now: DateTime<Utc>) -> Result<(), String> {
    if text.split_whitespace().count() != 5 {
        return Err("has not the five fields minute, hour, day, month, weekday".into());
    }
    let cron = Cron::from_str(text).map_err(|_| "is no cron expression: a field holds what it can't")?;
    let next = cron.find_next_occurrence(&now, false);
    next.map(drop).map_err(|_| "names a time that never comes".into())
}

async fn look(app: &App, tenant: &TenantId, hub: &HubId, config: &HubConfig) -> Result<Vec<String>, Found> {
    let Looked { merged, problems } = match gather::merged(app, tenant, hub, config).await {
        Ok(looked) => looked,
        Err(Trouble::Config(problem)) if !is_unread(&problem) => return Err(vec![problem]),
        Err(trouble) => return Ok(vec![not_checked(trouble)]),
    };
    let mut warnings = folders(app, tenant, hub, config, &merged).await?;
    warnings.extend(problems.into_iter().map(not_checked));
    Ok(warnings)
}

/// A group that was not found because the groups could not be read.
fn is_unread(problem: &Problem) -> bool {
    problem.problem == GroupError::NotRead.to_string()
}

fn not_checked(why: impl ToString) -> String {
    format!("not everything could be checked against the tenant: {}; validate again later", why.to_string())
}

/// Looks for a folder of the same name that is not ours.
async fn folders(
    app: &App,
    tenant: &TenantId,
    hub: &HubId,
    config: &HubConfig,
    merged: &Merged,
) -> Result<Vec<String>, Found> {
    let mailboxes = merged.audience.iter().take(MOST_MAILBOXES);
    let look = |(mailbox, spoke): (&'_ MailboxId, &'_ String)| {
        let (mailbox, place) = (mailbox.clone(), receiving(config, spoke));
        async move {
            let Some((path, receives)) = place else { return Ok(None) };
            sync_mailbox::folder_problem(app, tenant, hub, (config, receives), &path, &mailbox).await
        }
    };
    let looks: Vec<_> = stream::iter(mailboxes.map(look)).buffered(LOOKS_AT_ONCE).collect().await;
    let (mut found, mut failed) = (Found::new(), Vec::new());
    for look in looks {
        match look {
            Ok(problem) => found.extend(problem),
            Err(trouble) => failed.push(trouble.to_string()),
        }
    }
    let warning = failed.first().map(|first| {
        not_checked(format!("the folder could not be looked for in {} mailboxes ({first})", failed.len()))
    });
    if found.is_empty() { Ok(warning.into_iter().collect()) } else { Err(found) }
}

/// A receiving spoke, and its place in the configuration.
fn receiving<'a>(config: &'a HubConfig, id: &str) -> Option<(String, &'a Receives)> {
    let at = config.spokes.iter().position(|spoke| spoke.id == id)?;
    Some((format!("spokes[{at}].receives"), config.spoke(id)?.receives.as_ref()?))
}
