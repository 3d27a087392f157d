//! Forgets a whole tenant: its keys, then everything that they sealed.

use std::time::Duration;

use chrono::TimeDelta;
use platform::{Kind, Row, When};
use serde_json::json;

use super::stores::Keys;
use crate::App;
use crate::audit::Actor;
use crate::host::Failure;
use crate::messages::Privacy;
use crate::tables::{Forgotten, Tables};

/// How long a lease of the tenant is waited for.
const LEASE: Duration = Duration::from_secs(60);
/// After so long no process has a data key of the tenant in memory, and nothing that began before goes on.
const SETTLED: Duration = Duration::from_secs(600);
/// How many keys are counted at a time.
const SOME: usize = 1000;

/// Goes on with the forgetting of a tenant; when to go on after that.
pub(super) async fn forget(
    app: &App,
    job: &Privacy,
    row: Row<Forgotten>,
) -> Result<Option<Duration>, Failure> {
    let Row { record: mut forgotten, etag } = row;
    let is_back = app.tables.tenants.get(&Tables::tenant_key(&job.tenant)).await?.is_some();
    if forgotten.ended.is_some() {
        return Ok(None);
    }
    let settled = forgotten.destroyed.map(|at| at + TimeDelta::from_std(SETTLED).unwrap_or_default());
    if let Some(early) =
        settled.and_then(|settled| (settled - app.now()).to_std().ok()).filter(|early| !early.is_zero())
    {
        return Ok(Some(early));
    }
    // Whoever was connected again meanwhile has a new key, and nothing of before.
    if !is_back {
        forgotten.values += count(app, job).await?;
        match app.sealed.forget(job.tenant.as_str()).await {
            Err(error) if error.kind() == Kind::Taken => return Ok(Some(LEASE)),
            done => done?,
        }
    }
    let again = match forgotten.destroyed {
        None => {
            forgotten.destroyed = Some(app.now());
            Some(SETTLED)
        }
        Some(_) => {
            forgotten.ended = Some(app.now());
            let details = json!({ "tenant": job.tenant, "request": job.request, "values": forgotten.values });
            app.audit_deployment(Actor::Wheelhouse, "tenantForgotten", details).await?;
            None
        }
    };
    let key = Tables::forgotten_key(&job.tenant);
    app.tables.forgotten.put(&key, &forgotten, When::Match(etag)).await?;
    Ok(again)
}

async fn count(app: &App, job: &Privacy) -> Result<usize, Failure> {
    let (mut keys, mut count) = (Keys::of(app, &job.tenant, None), 0);
    loop {
        match keys.some(SOME).await?.len() {
            0 => return Ok(count),
            some => count += some,
        }
    }
}
