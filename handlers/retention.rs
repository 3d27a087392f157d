//! What must not outlive its run: contents, where a tenant wants nothing kept in between.

use platform::When;
use sync::hub::File;
use sync::{HubConfig, HubId, TenantId};

use crate::App;
use crate::gather::is_two_way;
use crate::host::Failure;
use crate::lease::leased;
use crate::tables::{Newest, Retention, Tables, change_existing};

/// Why nothing may be purged after every run, as far as one hub is concerned.
pub fn obstacle(config: &HubConfig) -> Option<&'static str> {
    let files = config.contributing().filter(|(spoke, _)| spoke.connector == sync::hub::Connector::File);
    let is_uploaded = |what: &sync::hub::Contributes| !matches!(what.file, Some(File::Url(_)));
    if is_two_way(config) {
        Some("it is two-way: what users changed is kept by the hub alone")
    } else if files.into_iter().any(|(_, what)| is_uploaded(what)) {
        Some("it holds a calendar file that was uploaded")
    } else {
        None
    }
}

/// The first hub of a tenant because of which nothing may be purged after every run, and why.
pub async fn refusal(app: &App, tenant: &TenantId) -> Result<Option<String>, platform::Error> {
    for hub in app.tables.hub_ids(tenant).await? {
        let row = app.tables.hubs.get(&Tables::hub_key(tenant, &hub)).await?;
        if let Some(why) = row.and_then(|row| obstacle(&row.record.config)) {
            return Ok(Some(format!("hub {hub} needs what is kept between runs: {why}")));
        }
    }
    Ok(None)
}

/// Purges what the hub of a run that has ended holds of contents, if the tenant wants that and no newer run began.
pub(crate) async fn after_run(app: &App, tenant: &TenantId, hub: &HubId, run: &str) -> Result<(), Failure> {
    let row = app.tables.tenants.get(&Tables::tenant_key(tenant)).await?;
    if row.is_none_or(|row| row.record.retention != Retention::AfterEveryRun)
        || !is_newest(app, tenant, hub, run).await?
    {
        return Ok(());
    }
    let gathering = format!("{}gather", Tables::hub_prefix(tenant, hub));
    // Whoever gathers now begins another run, at whose end this is done.
    leased(app, &gathering, empty(app, tenant, hub)).await.map(drop)
}

async fn is_newest(app: &App, tenant: &TenantId, hub: &HubId, run: &str) -> Result<bool, Failure> {
    let newest = app.tables.names(&Tables::runs_prefix(tenant, hub)).await?.pop();
    // Runs of one second are of one age.
    Ok(newest.is_none_or(|newest| newest.split('-').next() <= run.split('-').next()))
}

/// Purges what a hub holds of contents: what is left are identities, fingerprints and numbers.
///
/// What users of a two-way hub changed is kept nowhere else: it stays.
pub(crate) async fn empty(app: &App, tenant: &TenantId, hub: &HubId) -> Result<(), Failure> {
    let row = app.tables.hubs.get(&Tables::hub_key(tenant, hub)).await?;
    if row.is_some_and(|row| is_two_way(&row.record.config)) {
        return Ok(());
    }
    let now = app.now();
    let emptied = |Newest(snapshot): &mut Newest| *snapshot = snapshot.emptied(now);
    change_existing(&app.tables.snapshots, &Tables::snapshot_key(tenant, hub), emptied).await?;
    for table in ["sources/", "rulings/", "edits/"] {
        let prefix = format!("{}{table}", Tables::hub_prefix(tenant, hub));
        for name in app.tables.names(&prefix).await? {
            app.store.delete(&format!("{prefix}{name}"), When::Any).await?;
        }
    }
    for key in [Tables::merged_key(tenant, hub), Tables::overlay_key(tenant, hub)] {
        app.store.delete(&key, When::Any).await?;
    }
    tracing::info!(%tenant, %hub, "contents purged after the run");
    Ok(())
}
