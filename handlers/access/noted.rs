//! What the audit log says of callers: who came and went, and what they called.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};
use sync::{SourceKey, TenantId};

use super::token::Refused;
use super::{Caller, Ids, Session, is_known};
use crate::App;
use crate::api::ApiError;
use crate::audit::{Actor, shown_key};

/// Notes that somebody signed in.
pub(super) async fn signed_in(app: &App, session: &Session) -> Result<(), ApiError> {
    let details = json!({ "outcome": "signedIn", "roles": session.roles });
    note(app, &session.tenant, Actor::Person(session.person), "signIn", details).await
}

/// Notes that somebody was not signed in; nothing where their tenant did not say who they are.
pub(super) async fn refused(app: &App, refused: &Refused) -> Result<(), ApiError> {
    let Some((tenant, person)) = &refused.person else { return Ok(()) };
    let details = json!({ "outcome": "refused", "why": refused.why.to_string() });
    note(app, tenant, Actor::Person(*person), "signIn", details).await
}

/// Notes that a session ends.
pub(super) async fn signed_out(app: &App, session: &Session) -> Result<(), ApiError> {
    let details = json!({ "outcome": "signedOut", "roles": session.roles });
    note(app, &session.tenant, Actor::Person(session.person), "signOut", details).await
}

/// What was called.
pub(super) struct Call<'a> {
    pub caller: &'a Caller,
    pub operation: &'a str,
    /// The ids that its path names.
    pub ids: &'a Ids,
    /// Whether contents were asked for.
    pub values: bool,
    /// How it was answered.
    pub status: StatusCode,
}

/// Notes what was called, in the log of the tenant that the path names.
pub(super) async fn called(app: &App, call: &Call<'_>) -> Result<(), ApiError> {
    let named = call.ids.iter().find(|(name, _)| name == "tenant").map(|(_, id)| id.to_ascii_lowercase());
    let tenant = match named {
        Some(id) => TenantId::new(id).ok(),
        None => call.caller.tenant.clone(),
    };
    let Some(tenant) = tenant else { return Ok(()) };
    let others = call.ids.iter().filter(|(name, _)| name != "tenant");
    let mut details: Map<_, _> = others.map(|(name, id)| (name.clone(), shown(name, id))).collect();
    details.insert("status".into(), json!(call.status.as_u16()));
    if call.values {
        details.insert("values".into(), json!(true));
    }
    note(app, &tenant, Actor::from(call.caller), call.operation, details.into()).await
}

/// An id as it stands in the log; that of an item may hold anything.
fn shown(name: &str, id: &str) -> Value {
    match name {
        "key" => SourceKey::new(id).map_or(Value::Null, |key| shown_key(&key).into()),
        _ => id.into(),
    }
}

/// Of a tenant that is neither connected nor the deployment's own nothing is kept.
async fn note(
    app: &App,
    tenant: &TenantId,
    actor: Actor,
    action: &str,
    details: Value,
) -> Result<(), ApiError> {
    if is_known(app, tenant).await? {
        app.audit(tenant, actor, action, details).await?;
    }
    Ok(())
}
