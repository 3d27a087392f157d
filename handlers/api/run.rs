//! Run a hub now.

use std::time::Duration;

use axum::Json;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::at::{AtHub, HubPath, TenantPath};
use super::error::ApiError;
use crate::messages::{Gather, Reason};

/// A run that was started.
#[derive(Serialize, ToSchema)]
pub(super) struct Started {
    /// Its id.
    run: String,
}

/// Starts a run in which every mailbox is compared; a disabled hub runs too.
///
/// The run's record appears once the sources are read.
#[utoipa::path(post, path = "/tenants/{tenant}/hubs/{hub}/run", operation_id = "runHub",
    security(("role" = ["Operator"])),
    params(TenantPath, HubPath),
    responses((status = 202, description = "It is started", body = Started)))]
pub(super) async fn start(at: AtHub) -> Result<(StatusCode, Json<Started>), ApiError> {
    at.existing().await?;
    at.active().await?;
    let run = at.app.new_run();
    let message =
        Gather { tenant: at.tenant, hub: at.hub, run: run.clone(), reason: Reason::Manual, waited: 0 };
    at.app.send(&message, Duration::ZERO).await?;
    Ok((StatusCode::ACCEPTED, Json(Started { run })))
}
