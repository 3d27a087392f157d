//! `consent/start`: the permissions in words, and the way to Microsoft's page.

use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::TimeDelta;
use serde::Deserialize;
use url::Url;
use uuid::Uuid;

use super::pages::{Refused, Start, Visitor};
use super::pending::Pending;
use super::permissions::{PERMISSIONS, TEXT_VERSION};
use crate::App;
use crate::access::{Back, Role, Session, begin_sign_in, check_csrf, page};
use crate::api::ApiError;
use crate::config::{Public, Settings};
use crate::host::Ready;
use crate::tables::{Mode, Tables};
use sync::TenantId;

/// How old a sign-in may be that agrees for a whole tenant.
const FRESH: TimeDelta = TimeDelta::minutes(15);

/// What the first page's form holds.
#[derive(Deserialize)]
pub(super) struct Choice {
    csrf: String,
    mode: Mode,
}

/// Explains every permission, and offers the way to agree.
#[utoipa::path(get, path = "/start", operation_id = "showConsent",
    security(("role" = ["Anyone"])),
    responses((status = 200, description = "The page", body = String, content_type = "text/html")))]
pub(super) async fn show(Ready(app): Ready<App>, session: Option<Session>) -> Result<Response, Refused> {
    let settings = &app.settings;
    if let Some(session) = &session {
        check_region(&app, &session.tenant).await?;
    }
    let visitor = match session.as_ref().filter(|session| is_fresh(&app, session)) {
        Some(session) => {
            let (tenant, may) = (session.tenant.as_str(), may_agree(session));
            Visitor::SignedIn { tenant, may, csrf: &session.csrf }
        }
        None if settings.public.is_none() => Visitor::NoSignIn,
        None => Visitor::Stranger,
    };
    let stamps = settings.residency.stamps.iter().map(|(name, url)| (name.as_str(), url)).collect();
    let start = Start {
        region: &settings.residency.region,
        stamps,
        permissions: &PERMISSIONS,
        scoped: settings.scoped_app_client_id.is_some(),
        visitor,
        text: TEXT_VERSION,
    };
    Ok(page(StatusCode::OK, &start))
}

/// Leads to Microsoft's sign-in page, and from there back to the first page.
#[utoipa::path(get, path = "/sign-in", operation_id = "signInToConsent",
    security(("role" = ["Anyone"])),
    responses((status = 303, description = "To Microsoft's sign-in page")))]
pub(super) async fn sign_in(Ready(app): Ready<App>) -> Result<Response, ApiError> {
    begin_sign_in(&app, Back::Consent).await
}

/// Notes what the administrator is about to agree to, and shows the way to Microsoft's page.
#[utoipa::path(post, path = "/start", operation_id = "beginConsent",
    security(("role" = ["Anyone"])),
    request_body(content = Object, content_type = "application/x-www-form-urlencoded"),
    responses((status = 303, description = "The way to Microsoft's page"), (status = "4XX", description = "Why not")))]
pub(super) async fn agree(
    Ready(app): Ready<App>,
    session: Option<Session>,
    form: Result<Form<Choice>, FormRejection>,
) -> Result<Response, Refused> {
    let public = public(&app)?;
    let session = consenting(&app, session)?;
    let Form(Choice { csrf, mode }) = form.map_err(|_| unreadable())?;
    check_csrf(&session, &csrf).map_err(|_| foreign_form())?;
    check_region(&app, &session.tenant).await?;
    let client = client_id(&app.settings, mode)?;
    let state = Pending::begin(&app, &session, mode).await?;
    let there = consent_page(&app.settings, public, &session.tenant, client, &state)?;
    Ok(Redirect::to(there.as_str()).into_response())
}

/// Microsoft's page on which an administrator agrees.
///
/// <https://learn.microsoft.com/entra/identity-platform/v2-admin-consent>
fn consent_page(
    settings: &Settings,
    public: &Public,
    tenant: &TenantId,
    client: Uuid,
    state: &str,
) -> Result<Url, Refused> {
    let cloud = &settings.cloud;
    let unusable =
        |_| Refused::from(crate::host::Failure::retry("an address of the settings can't be extended"));
    let base = cloud.login_url.as_str().trim_end_matches('/');
    let mut page = Url::parse(&format!("{base}/{tenant}/v2.0/adminconsent")).map_err(unusable)?;
    let back = public.url.join("consent/callback").map_err(unusable)?;
    page.query_pairs_mut()
        .append_pair("client_id", &client.to_string())
        .append_pair("scope", &format!("{}/.default", cloud.graph_url.as_str().trim_end_matches('/')))
        .append_pair("redirect_uri", back.as_str())
        .append_pair("state", state);
    Ok(page)
}

/// The application that a tenant consents to in this mode.
pub(super) fn client_id(settings: &Settings, mode: Mode) -> Result<Uuid, Refused> {
    match mode {
        Mode::All => Ok(settings.app_client_id),
        Mode::Scoped => settings.scoped_app_client_id.ok_or_else(|| {
            let error = "This deployment has no application for single mailboxes.";
            Refused::new(
                StatusCode::CONFLICT,
                error,
                "Choose all mailboxes, or ask the deployment's owner for one.",
            )
        }),
    }
}

/// How this app is reached; without that there is no sign-in and so no consent.
pub(super) fn public(app: &App) -> Result<&Public, Refused> {
    app.settings.public.as_ref().ok_or_else(|| {
        let error = "This deployment has no public address, so nobody can sign in.";
        Refused::new(StatusCode::CONFLICT, error, "Its owner sets WHEELHOUSE_PUBLIC_URL.")
    })
}

/// The session of somebody who may agree for the tenant and has just signed in: a forgotten browser must not do.
pub(super) fn consenting(app: &App, session: Option<Session>) -> Result<Session, Refused> {
    let refused = |status, error: &str, fix: &str| Err(Refused::new(status, error, fix));
    let again = "Go back, sign in, and choose again.";
    let Some(session) = session else {
        return refused(StatusCode::UNAUTHORIZED, "You are not signed in.", again);
    };
    if !is_fresh(app, &session) {
        let error = "Your sign-in is older than 15 minutes: agreeing for a whole tenant needs a new one.";
        return refused(StatusCode::UNAUTHORIZED, error, again);
    }
    if !may_agree(&session) {
        let fix = "Sign in as a Global Administrator or a Privileged Role Administrator.";
        return refused(StatusCode::FORBIDDEN, "Your account may not agree for the whole tenant.", fix);
    }
    Ok(session)
}

fn is_fresh(app: &App, session: &Session) -> bool {
    app.now() - session.issued <= FRESH
}

/// Who may agree: otherwise anybody of a tenant could say again what its administrator once said to Microsoft.
fn may_agree(session: &Session) -> bool {
    session.may_consent || session.roles.contains(&Role::Administrator)
}

/// Refuses a tenant whose data lies in another region, and names the stamp there.
pub(super) async fn check_region(app: &App, tenant: &TenantId) -> Result<(), Refused> {
    let here = &app.settings.residency;
    let record = app.tables.tenants.get(&Tables::tenant_key(tenant)).await?;
    let region = record.map(|row| row.record.region).filter(|region| !region.is_empty());
    match region.filter(|region| *region != here.region) {
        None => Ok(()),
        Some(region) => {
            let error = format!("Tenant {tenant} is bound to {region}, and this is {}.", here.region);
            let stamp = here.stamps.get(&region).cloned();
            let fix = "Agree there. To move, have the tenant forgotten first.";
            Err(Refused::new(StatusCode::MISDIRECTED_REQUEST, error, fix).at(stamp))
        }
    }
}

fn unreadable() -> Refused {
    Refused::new(
        StatusCode::BAD_REQUEST,
        "The form can't be read.",
        "Go back, choose a mode, and send it again.",
    )
}

/// Refuses a form that is not of this session.
pub(super) fn foreign_form() -> Refused {
    let error = "This form does not belong to your session.";
    Refused::new(StatusCode::FORBIDDEN, error, "Go back, load the page anew, and send it again.")
}
