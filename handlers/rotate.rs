//! Timer `rotate`: the keys of the deployment and of every tenant are brought up to date.

use std::sync::Arc;
use std::time::Duration;

use platform::sealed::Rotated;
use serde_json::json;
use sync::TenantId;

use crate::App;
use crate::audit::Actor;
use crate::host::{Failure, Invocation, TimerTick};
use crate::tables::Log;

/// Rotates what is due; what there is no time for goes on the next day.
///
/// One tenant's trouble stops no other; then the invocation fails, so that somebody looks.
pub async fn run(app: Arc<App>, _tick: TimerTick, cx: Invocation) -> Result<(), Failure> {
    let mut waiting: Vec<_> = app.tables.tenant_ids().await?.into_iter().map(Some).collect();
    // The deployment's own records, of no tenant, come first: they are few.
    waiting.push(None);
    let mut failed = 0;
    while let Some(tenant) = waiting.pop() {
        // A fair share: one tenant's many values must not keep the others waiting day after day.
        let share = cx.remaining() / u32::try_from(waiting.len() + 1).unwrap_or(u32::MAX);
        let rotated = rotate(&app, tenant.as_ref(), share).await;
        if let Err(failure) = rotated {
            tracing::error!(tenant = tenant.map(|id| id.to_string()), reason = %failure, "keys not rotated");
            failed += 1;
        }
    }
    match failed {
        0 => Ok(()),
        _ => Err(Failure::retry(format!("the keys of {failed} tenants were not rotated; see the log above"))),
    }
}

/// Rotates the keys of a tenant, or the deployment's own, and tells of it if anything was done.
async fn rotate(app: &App, tenant: Option<&TenantId>, share: Duration) -> Result<(), Failure> {
    let name = tenant.map_or_else(Log::deployment, Log::from);
    let done = app.sealed.rotate(name.name(), share).await?;
    if done.unreadable > 0 {
        tracing::warn!(tenant = %name, unreadable = done.unreadable, "old data keys are kept: values do not open");
    }
    if done.is_idle() {
        return Ok(());
    }
    let Rotated { rewrapped, made, resealed, dropped, .. } = done;
    let details = json!({ "rewrapped": rewrapped, "newDataKey": made, "resealed": resealed, "droppedDataKeys": dropped });
    match tenant {
        Some(tenant) => app.audit(tenant, Actor::Wheelhouse, "keysRotated", details).await,
        None => app.audit_deployment(Actor::Wheelhouse, "keysRotated", details).await,
    }
}
