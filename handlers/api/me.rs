//! Who calls.

use std::collections::BTreeSet;

use axum::{Extension, Json};
use serde::Serialize;
use sync::TenantId;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::access::{Caller, Role, Session};

/// Whoever calls, as this app knows them.
#[derive(Serialize, ToSchema)]
pub(super) struct Me {
    /// Their tenant; none on this machine.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant: Option<TenantId>,
    /// The object id of the person or script.
    #[serde(skip_serializing_if = "Option::is_none")]
    person: Option<Uuid>,
    /// What they may do.
    #[schema(value_type = Vec<String>)]
    roles: BTreeSet<Role>,
    /// What a session's calls that change something carry in the header `X-CSRF-Token`.
    #[serde(skip_serializing_if = "Option::is_none")]
    csrf: Option<String>,
}

/// Says who calls.
#[utoipa::path(get, path = "/me", operation_id = "getMe",
    security(("role" = ["SignedIn"])),
    responses((status = 200, description = "Who calls, and what they may do", body = Me)))]
pub(super) async fn get(Extension(caller): Extension<Caller>, session: Option<Session>) -> Json<Me> {
    let Caller { tenant, person, roles, .. } = caller;
    Json(Me { tenant, person, roles, csrf: session.map(|session| session.csrf) })
}
