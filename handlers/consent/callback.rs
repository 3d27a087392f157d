//! `consent/callback`: where Microsoft sends an administrator back.
//!
//! The address is the browser's to write, so nothing in it is believed: see the order in [`finish`].

use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use connectors::graph::login::Proof;
use platform::When;
use serde::Deserialize;
use serde_json::json;

use super::pages::Refused;
use super::pending::Pending;
use super::prove::prove;
use super::start::{check_region, consenting, public};
use crate::App;
use crate::access::Session;
use crate::audit::Actor;
use crate::host::Ready;
use crate::tables::{Consent, Tables};

/// What may stand in the address; the description of an error is not read.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Returned {
    error: Option<String>,
    error_subcode: Option<String>,
    admin_consent: Option<String>,
    tenant: Option<String>,
    state: Option<String>,
}

/// Ends a consent: connects the tenant if it is proven.
///
/// What Microsoft's page refused is told first. Then the state must be the one that this session began with, once; the tenant
/// must be that of the sign-in, which must be young; and last a token of the tenant proves what was granted.
#[utoipa::path(get, path = "/callback", operation_id = "finishConsent",
    security(("role" = ["Anyone"])),
    responses((status = 303, description = "It is connected"), (status = "4XX", description = "Why not")))]
pub(super) async fn finish(
    Ready(app): Ready<App>,
    session: Option<Session>,
    query: Result<Query<Returned>, QueryRejection>,
) -> Result<Response, Refused> {
    public(&app)?;
    let Query(returned) = query.map_err(|_| odd_return())?;
    let state = returned.state.as_deref().unwrap_or_default();
    let pending = match &session {
        Some(session) => Pending::take(&app, session, state).await?,
        None => None,
    };
    if let Some(error) = &returned.error {
        return Err(declined(error, returned.error_subcode.as_deref()));
    }
    let session = consenting(&app, session)?;
    let pending = pending.ok_or_else(not_begun_here)?;
    check_return(&returned, &session)?;
    check_region(&app, &session.tenant).await?;
    let proof = prove(&app, &session.tenant, pending.mode).await?;
    connect(&app, &session, &pending, proof).await?;
    Ok(Redirect::to("/consent/connected").into_response())
}

/// What the address says besides must at least not contradict.
fn check_return(returned: &Returned, session: &Session) -> Result<(), Refused> {
    let said = |field: &Option<String>, what: &str| {
        field.as_ref().is_some_and(|text| text.eq_ignore_ascii_case(what))
    };
    if !said(&returned.admin_consent, "true") {
        return Err(odd_return());
    }
    if !said(&returned.tenant, session.tenant.as_str()) {
        let error =
            format!("You agreed for another tenant than {}, at which you are signed in.", session.tenant);
        let fix = "Sign in with an account of the tenant that you want to connect, and begin again.";
        return Err(Refused::new(StatusCode::FORBIDDEN, error, fix));
    }
    Ok(())
}

async fn connect(app: &App, session: &Session, pending: &Pending, proof: Proof) -> Result<(), Refused> {
    let Session { tenant, person, .. } = session;
    let at = app.now();
    let consent = Consent {
        mode: pending.mode,
        permissions: proof.roles,
        by: *person,
        at,
        text: pending.text,
        service_principal: proof.service_principal,
    };
    let region = &app.settings.residency.region;
    app.tables.connect(tenant, region, Some(&consent), at).await?;
    app.tables.consents.put(&Tables::consent_key(tenant, at), &consent, When::Any).await?;
    let Consent { mode, permissions, text, service_principal, .. } = &consent;
    let details = json!({ "mode": mode, "permissions": permissions, "text": text, "servicePrincipal": service_principal });
    app.audit(tenant, Actor::Person(*person), "consentGiven", details).await?;
    Ok(app.resume(tenant).await.map(drop)?)
}

/// Microsoft's page came back without a yes; both of its endpoints have shapes of their own.
fn declined(error: &str, subcode: Option<&str>) -> Refused {
    let what = match (error, subcode) {
        ("access_denied" | "permission_denied", _) | (_, Some("cancel")) => {
            "Nobody agreed at Microsoft's page.".to_owned()
        }
        ("consent_required", _) => "Your account may not agree for the whole tenant.".to_owned(),
        ("temporarily_unavailable" | "server_error", _) => {
            "Microsoft's page had trouble of its own.".to_owned()
        }
        _ if is_code(error) => format!("Microsoft's page refused: {error}."),
        _ => "Microsoft's page refused, and gave no code.".to_owned(),
    };
    let fix =
        "Nothing was changed. Begin again as a Global Administrator or a Privileged Role Administrator.";
    Refused::new(StatusCode::FORBIDDEN, what, fix)
}

/// What is no code may be anything, and is not repeated.
fn is_code(text: &str) -> bool {
    (1..=40).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

fn not_begun_here() -> Refused {
    let error = "This is no consent that your session began, or it was ended already, or it took longer than an hour.";
    Refused::new(StatusCode::FORBIDDEN, error, "Begin again.")
}

fn odd_return() -> Refused {
    let error = "The address is none that Microsoft's page sends you back to.";
    Refused::new(StatusCode::BAD_REQUEST, error, "Begin again.")
}
