//! Reads the contributing spokes of a hub: one delta per feed.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use connectors::graph::{self, Kind, Reader};
use futures::FutureExt;
use futures::future::join_all;
use platform::Row;
use sync::directory::{Change, Feed, Member, Round};
use sync::{HubConfig, HubId, Reading as Reads, TenantId};

use crate::App;
use crate::host::Failure;
use crate::tables::{Source, Tables, Tenant, change_existing};

/// How often everything is read from the beginning, to agree with what the deltas told.
const FULL_READ: TimeDelta = TimeDelta::days(7);

/// What each contributing spoke was found to hold.
pub(super) type Readings = BTreeMap<String, Reading>;

/// What one contributing spoke was found to hold.
pub(super) struct Reading {
    /// Its state, with the links of the next reading.
    pub source: Source,
    /// It is not what was stored.
    pub moved: bool,
    /// What was not read to its end, and why.
    pub problems: Vec<String>,
}

/// Reads all contributing spokes; what can't be read is a problem of the reading, not a failure.
pub(super) async fn read(
    app: &App,
    tenant: &TenantId,
    hub: &HubId,
    config: &HubConfig,
) -> Result<Readings, Failure> {
    let mut readings = Readings::new();
    for (spoke, _) in config.contributing() {
        let key = Tables::source_key(tenant, hub, &spoke.id);
        let source = app.tables.sources.get(&key).await?.map(|Row { record, .. }| record).unwrap_or_default();
        readings.insert(spoke.id.clone(), read_source(app, tenant, config, source).await?);
    }
    Ok(readings)
}

async fn read_source(
    app: &App,
    tenant: &TenantId,
    config: &HubConfig,
    mut source: Source,
) -> Result<Reading, Failure> {
    let now = app.now();
    let is_full = source.read_fully.is_none_or(|last| now - last >= FULL_READ);
    let reader = app.graph.reader(tenant);
    let mut rounds = Vec::new();
    for feed in config.feeds() {
        let link = source.links.get(name(feed)).filter(|_| !is_full).cloned();
        rounds.push(round(reader.clone(), feed, link).boxed());
    }
    let rounds = join_all(rounds).await;
    let (mut moved, mut problems) = (false, Vec::new());
    for (feed, reading, round) in rounds {
        moved |= !round.changes.is_empty();
        let complete = round.end.is_ok();
        match round.end {
            Ok(link) => moved |= source.links.insert(name(feed).to_owned(), link.clone()) != Some(link),
            Err(error) => {
                tracing::warn!(tenant = %tenant, feed = name(feed), %error, "source not read to its end");
                suspend_without_consent(app, tenant, &error).await?;
                problems.push(format!("{}: {error}", name(feed)));
            }
        }
        let changes = round.changes.into_iter().map(change).collect();
        source.directory.apply(feed, Round { reading, complete, changes });
    }
    if is_full && problems.is_empty() {
        source.read_fully = Some(now);
    }
    Ok(Reading { source, moved, problems })
}

/// One round of a feed; a link that the server no longer knows is answered by reading everything.
async fn round(reader: Reader, feed: Feed, link: Option<String>) -> (Feed, Reads, graph::Round) {
    if let Some(link) = link {
        let round = ask(&reader, feed, Some(&link)).await;
        if !matches!(&round.end, Err(error) if error.kind() == Kind::Resync) {
            return (feed, Reads::Changes, round);
        }
    }
    (feed, Reads::Everything, ask(&reader, feed, None).await)
}

async fn ask(reader: &Reader, feed: Feed, link: Option<&str>) -> graph::Round {
    match feed {
        Feed::Users => reader.users_delta(link).await,
        Feed::OrgContacts => reader.org_contacts_delta(link).await,
        Feed::Groups => reader.groups_delta(link).await,
    }
}

const fn name(feed: Feed) -> &'static str {
    match feed {
        Feed::Users => "users",
        Feed::OrgContacts => "orgContacts",
        Feed::Groups => "groups",
    }
}

fn change(change: graph::Change) -> Change {
    let graph::Change { id, removed, properties, members } = change;
    let member = |member: graph::Member| Member { id: member.id, removed: member.removed };
    Change { id, removed: removed.is_some(), properties, members: members.into_iter().map(member).collect() }
}

/// Without consent nothing is retried in vain: connecting the tenant again resumes it.
async fn suspend_without_consent(app: &App, tenant: &TenantId, error: &graph::Error) -> Result<(), Failure> {
    if error.kind() == Kind::Consent {
        let reason = error.to_string();
        let suspend = |tenant: &mut Tenant| tenant.suspended = Some(reason.clone());
        change_existing(&app.tables.tenants, &Tables::tenant_key(tenant), suspend).await?;
    }
    Ok(())
}
