//! Remove everything that a hub wrote.

use axum::Json;
use axum::http::StatusCode;
use platform::When;
use sync::MailboxId;

use super::at::{AtHub, HubPath, TenantPath};
use super::error::ApiError;
use super::send::{Visiting, Visits, send};
use crate::messages::Aim;
use crate::seats;
use crate::tables::{Hub, Tables, change_existing};

/// Disables a hub and removes everything that it wrote from every mailbox.
///
/// What users of two-way spokes changed is forgotten with it: the hub begins anew with what its sources hold.
/// What users made themselves stays. The hub's configuration stays too: enable it again, or delete it afterwards.
#[utoipa::path(post, path = "/tenants/{tenant}/hubs/{hub}/cleanup", operation_id = "cleanUpHub",
    security(("role" = ["Administrator"])),
    params(TenantPath, HubPath),
    responses((status = 202, description = "It is started", body = Visiting)))]
pub(super) async fn start(at: AtHub) -> Result<(StatusCode, Json<Visiting>), ApiError> {
    at.existing().await?;
    at.active().await?;
    disable(&at).await?;
    seats::leave(&at.app, &at.tenant, &at.hub).await?;
    forget_changes(&at).await?;
    let names = at.app.tables.names(&Tables::mailboxes_prefix(&at.tenant, &at.hub)).await?;
    let mailboxes: Vec<_> = names.into_iter().filter_map(|name| MailboxId::new(name).ok()).collect();
    let serves = mailboxes.len();
    let started = send(&at, "cleanup", Aim::Clean, Visits::from([(None, mailboxes)]), serves).await?;
    Ok((StatusCode::ACCEPTED, Json(started)))
}

/// First of all: otherwise the schedule would fill the mailboxes again.
async fn disable(at: &AtHub) -> Result<(), ApiError> {
    let now = at.app.now();
    let disable = |hub: &mut Hub| {
        if std::mem::take(&mut hub.config.enabled) {
            hub.changed = now;
        }
    };
    Ok(change_existing(&at.app.tables.hubs, &Tables::hub_key(&at.tenant, &at.hub), disable).await?)
}

/// What users changed, and what was decided about it.
async fn forget_changes(at: &AtHub) -> Result<(), ApiError> {
    let (tables, store) = (&at.app.tables, &at.app.store);
    for prefix in [Tables::edits_prefix(&at.tenant, &at.hub), Tables::rulings_prefix(&at.tenant, &at.hub)] {
        for name in tables.names(&prefix).await? {
            store.delete(&format!("{prefix}{name}"), When::Any).await?;
        }
    }
    for key in [Tables::overlay_key(&at.tenant, &at.hub), Tables::merged_key(&at.tenant, &at.hub)] {
        store.delete(&key, When::Any).await?;
    }
    Ok(())
}
