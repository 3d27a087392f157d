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
use crate::troubles::Troubles;

/// Rotates what is due; what there is no time for goes on the next day.
///
/// One tenant's trouble stops no other.
pub async fn run(app: Arc<App>, _tick: TimerTick, cx: Invocation) -> Result<(), Failure> {
    let mut waiting: Vec<_> = app.tables.tenant_ids().await?.into_iter().map(Some).collect();
    // The deployment's own records, of no tenant, come first: they are few.
    waiting.push(None);
    let mut troubles = Troubles::default();
    while let Some(tenant) = waiting.pop() {
        // A fair share: one tenant's many values must not keep the others waiting day after day.
        let share = cx.remaining() / u32::try_from(waiting.len() + 1).unwrap_or(u32::MAX);
        let log = tenant.as_ref().map_or_else(Log::deployment, Log::from);
        troubles.note(&log, rotate(&app, &log, tenant.as_ref(), share).await);
    }
    troubles.end()
}

/// Rotates the keys of a tenant, or the deployment's own, and tells of it if anything was done.
async fn rotate(app: &App, log: &Log, tenant: Option<&TenantId>, share: Duration) -> Result<(), Failure> {
    let done = app.sealed.rotate(log.name(), share).await?;
    if done.unreadable > 0 {
        tracing::warn!(tenant = %log, unreadable = done.unreadable, "old data keys are kept: values do not open");
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
