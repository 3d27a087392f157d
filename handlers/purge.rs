//! Timer `purge`: what is older than its tenant's retention is gone.

use std::sync::Arc;

use chrono::{DateTime, Months, TimeDelta, Utc};
use platform::When;
use sync::{HubId, TenantId};

use crate::App;
use crate::access::ENDED;
use crate::consent::PENDING;
use crate::host::{Failure, Invocation, TimerTick};
use crate::retention;
use crate::run_end;
use crate::seats;
use crate::standing::Standing;
use crate::tables::{Retention, Tables};
use crate::troubles::Troubles;

/// How long records without content are kept for tenants that want nothing else kept, in days.
const RECORDS: u8 = 30;
/// How long what an export found is kept for them.
const DOCUMENTS: TimeDelta = TimeDelta::days(1);
/// How long an ended session and an unfinished consent are remembered: longer than any session lasts.
const SESSIONS: TimeDelta = TimeDelta::days(1);
/// How many months of what may be billed are kept.
const BILLING: Months = Months::new(13);
/// The most keys that one invocation deletes under one prefix; the next day takes the rest.
const MOST_DELETES: usize = 20_000;

/// One tenant's purge.
struct Purge<'a> {
    app: &'a App,
    tenant: &'a TenantId,
    cx: &'a Invocation,
    retention: Retention,
    deleted: usize,
}

/// Deletes what is past its time, of every tenant; one's trouble stops no other.
pub async fn run(app: Arc<App>, _tick: TimerTick, cx: Invocation) -> Result<(), Failure> {
    let mut deleted = purge_before(&app, ENDED, &name(app.now() - SESSIONS), &cx).await?;
    deleted += purge_before(&app, PENDING, &name(app.now() - SESSIONS), &cx).await?;
    let mut troubles = Troubles::default();
    for tenant in app.tables.tenant_ids().await? {
        let done = purge_tenant(&app, &tenant, &cx, &mut troubles).await;
        troubles.note(&tenant, done.map(|count| deleted += count));
    }
    tracing::info!(deleted, "purged");
    troubles.end()
}

async fn purge_tenant(
    app: &App,
    tenant: &TenantId,
    cx: &Invocation,
    troubles: &mut Troubles,
) -> Result<usize, Failure> {
    if let Standing::Active(_) = app.standing(tenant).await? {
        seats::note_day(app, tenant).await?;
    }
    let row = app.tables.tenants.get(&Tables::tenant_key(tenant)).await?;
    let retention = row.map(|row| row.record.retention).unwrap_or_default();
    let mut purge = Purge { app, tenant, cx, retention, deleted: 0 };
    purge.tenant(troubles).await?;
    Ok(purge.deleted)
}

impl Purge<'_> {
    async fn tenant(&mut self, troubles: &mut Troubles) -> Result<(), Failure> {
        let (now, oldest) = (self.app.now(), self.oldest());
        let documents = match self.retention {
            Retention::Days(_) => oldest.clone(),
            Retention::AfterEveryRun => name(now - DOCUMENTS),
        };
        self.before(&Tables::documents_prefix(self.tenant), &documents).await?;
        self.before(&Tables::dead_letters_prefix(self.tenant), &oldest).await?;
        self.before(&Tables::requests_prefix(self.tenant), &oldest).await?;
        self.before(&Tables::reports_prefix(self.tenant), &oldest).await?;
        self.consents(&oldest).await?;
        let billed = now.checked_sub_months(BILLING).unwrap_or(now).format("%Y-%m").to_string();
        self.before(&format!("tenants/{}/licence/", self.tenant), &billed).await?;
        for hub in self.app.tables.hub_ids(self.tenant).await? {
            troubles.note(self.tenant, self.hub(&hub, &oldest).await);
        }
        Ok(())
    }

    /// The name that the oldest record has that is kept.
    fn oldest(&self) -> String {
        let days = match self.retention {
            Retention::Days(days) => days,
            Retention::AfterEveryRun => RECORDS,
        };
        name(self.app.now() - TimeDelta::days(days.into()))
    }

    async fn hub(&mut self, hub: &HubId, oldest: &str) -> Result<(), Failure> {
        let prefix = Tables::hub_prefix(self.tenant, hub);
        self.before(&format!("{prefix}outcomes/"), oldest).await?;
        self.before(&Tables::rulings_prefix(self.tenant, hub), oldest).await?;
        self.before(&Tables::runs_prefix(self.tenant, hub), oldest).await?;
        self.held(hub, oldest).await?;
        self.unread(hub).await?;
        let last = self.app.tables.names(&Tables::runs_prefix(self.tenant, hub)).await?.pop();
        match self.retention {
            Retention::Days(_) if last.is_none() => retention::empty(self.app, self.tenant, hub).await,
            Retention::AfterEveryRun => match last {
                Some(last) => run_end::look(self.app, self.tenant, hub, &last).await,
                None => retention::empty(self.app, self.tenant, hub).await,
            },
            Retention::Days(_) => Ok(()),
        }
    }

    /// A plan that nobody decided about in all that time is shown anew by the next run, if it still waits then.
    async fn held(&mut self, hub: &HubId, oldest: &str) -> Result<(), Failure> {
        let prefix = Tables::held_prefix(self.tenant, hub);
        for mailbox in self.app.tables.names(&prefix).await? {
            let key = format!("{prefix}{mailbox}");
            let held = self.app.tables.held.get(&key).await?;
            if let Some(row) = held.filter(|row| name(row.record.since).as_str() < oldest) {
                self.app.store.delete(&key, When::Match(row.etag)).await?;
                self.deleted += 1;
            }
        }
        Ok(())
    }

    /// What spokes brought that the configuration does not have any more, and uploaded files that none of them reads.
    async fn unread(&mut self, hub: &HubId) -> Result<(), Failure> {
        let prefix = Tables::hub_prefix(self.tenant, hub);
        for table in ["sources", "files"] {
            let names = self.app.tables.names(&format!("{prefix}{table}/")).await?;
            if names.is_empty() {
                continue;
            }
            // Read after the names: whatever is there was there for a spoke.
            let row = self.app.tables.hubs.get(&Tables::hub_key(self.tenant, hub)).await?;
            let config = row.map(|row| row.record.config);
            for name in names {
                let spoke = config.as_ref().and_then(|config| config.spoke(&name));
                let what = spoke.and_then(|spoke| spoke.contributes.as_ref());
                if what.is_none_or(|what| table == "files" && what.file.is_some()) {
                    self.app.store.delete(&format!("{prefix}{table}/{name}"), When::Any).await?;
                    self.deleted += 1;
                }
            }
        }
        Ok(())
    }

    /// What was agreed to before; the last one is what the tenant is served by.
    async fn consents(&mut self, oldest: &str) -> Result<(), Failure> {
        let prefix = format!("tenants/{}/consents/", self.tenant);
        let mut names = self.app.tables.names(&prefix).await?;
        names.pop();
        for name in names.into_iter().filter(|name| name.as_str() < oldest) {
            self.app.store.delete(&format!("{prefix}{name}"), When::Any).await?;
            self.deleted += 1;
        }
        Ok(())
    }

    async fn before(&mut self, prefix: &str, oldest: &str) -> Result<(), Failure> {
        self.deleted += purge_before(self.app, prefix, oldest, self.cx).await?;
        Ok(())
    }
}

/// A moment as it stands at the beginning of names.
fn name(time: DateTime<Utc>) -> String {
    time.format("%Y%m%dt%H%M%S").to_string()
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
