//! `consent/connected`: what was agreed to, and which mailboxes are within reach.

use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::http::StatusCode;
use axum::response::Response;
use connectors::graph::{self, Reach, Reached};
use serde::Deserialize;
use sync::MailboxId;

use super::exchange::Commands;
use super::pages::{Connected, ReachedRow, Refused};
use super::permissions::{PERMISSIONS, asked};
use super::start::{client_id, foreign_form};
use crate::App;
use crate::access::{Role, Session, check_csrf, page};
use crate::host::Ready;
use crate::tables::{Consent, Mode, Tables, Tenant};

/// The most mailboxes of one check.
const MOST: usize = 20;

/// What the form of the self-check holds.
#[derive(Deserialize)]
pub(super) struct Check {
    csrf: String,
    mailboxes: String,
}

/// Shows what the tenant agreed to, and what comes next.
#[utoipa::path(get, path = "/connected", operation_id = "showConnected",
    security(("role" = ["Anyone"])),
    responses((status = 200, description = "The page", body = String, content_type = "text/html")))]
pub(super) async fn show(Ready(app): Ready<App>, session: Option<Session>) -> Result<Response, Refused> {
    let (session, tenant, consent) = agreed(&app, session, Role::Reader).await?;
    shown(&app, &session, &tenant, &consent, "", Vec::new())
}

/// Shows for each mailbox whether the application reaches it.
#[utoipa::path(post, path = "/reach", operation_id = "showReach",
    security(("role" = ["Anyone"])),
    request_body(content = Object, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "The page", body = String, content_type = "text/html")))]
pub(super) async fn reach(
    Ready(app): Ready<App>,
    session: Option<Session>,
    form: Result<Form<Check>, FormRejection>,
) -> Result<Response, Refused> {
    let (session, tenant, consent) = agreed(&app, session, Role::Administrator).await?;
    let Form(Check { csrf, mailboxes }) = form.map_err(|_| no_ids())?;
    check_csrf(&session, &csrf).map_err(|_| foreign_form())?;
    let reach = app
        .graph
        .reader(&session.tenant)
        .reach(&ids(&mailboxes)?)
        .await
        .map_err(|error| not_let_in(&error))?;
    let reached = reach.into_iter().map(row).collect();
    shown(&app, &session, &tenant, &consent, &mailboxes, reached)
}

/// The session and what its tenant agreed to; for who agreed, and for whoever has the role.
async fn agreed(
    app: &App,
    session: Option<Session>,
    role: Role,
) -> Result<(Session, Tenant, Consent), Refused> {
    let refused = |status, error: &str, fix: &str| Refused::new(status, error, fix);
    let session = session
        .ok_or_else(|| refused(StatusCode::UNAUTHORIZED, "You are not signed in.", "Go back and sign in."))?;
    let record = app.tables.tenants.get(&Tables::tenant_key(&session.tenant)).await?;
    let tenant = record.map(|row| row.record).unwrap_or_default();
    let Some(consent) = tenant.consent.clone() else {
        return Err(refused(
            StatusCode::NOT_FOUND,
            "Nobody of your tenant has agreed yet.",
            "Begin with the permissions.",
        ));
    };
    let may = consent.by == session.person || session.roles.iter().any(|own| own.includes(role));
    if !may {
        let fix = format!("Have somebody give you the role {} under Enterprise applications.", role.name());
        return Err(refused(StatusCode::FORBIDDEN, "Your account may not see this.", &fix));
    }
    Ok((session, tenant, consent))
}

fn shown(
    app: &App,
    session: &Session,
    tenant: &Tenant,
    consent: &Consent,
    asked_for: &str,
    reached: Vec<ReachedRow>,
) -> Result<Response, Refused> {
    let granted = &consent.permissions;
    let known = |name: &&str| PERMISSIONS.iter().any(|permission| permission.name == *name);
    let scoped = consent.mode == Mode::Scoped;
    let commands = if scoped {
        Some(Commands::of(client_id(&app.settings, Mode::Scoped)?, consent.service_principal))
    } else {
        None
    };
    let connected = Connected {
        tenant: session.tenant.as_str(),
        region: &tenant.region,
        suspended: tenant.suspended.as_ref().map(|suspension| suspension.reason.as_str()),
        at: consent.at.format("%Y-%m-%d %H:%M UTC").to_string(),
        text: consent.text,
        permissions: granted.iter().map(String::as_str).filter(known).collect(),
        absent: asked(consent.mode)
            .map(|permission| permission.name)
            .filter(|name| !granted.contains(*name))
            .collect(),
        unused: granted.iter().map(String::as_str).filter(|name| !known(name)).collect(),
        commands,
        csrf: &session.csrf,
        most: MOST,
        asked: asked_for,
        reached,
    };
    Ok(page(StatusCode::OK, &connected))
}

/// The ids of mailboxes that somebody wrote, one a line.
fn ids(text: &str) -> Result<Vec<MailboxId>, Refused> {
    let words =
        text.split(|c: char| c.is_whitespace() || c == ',' || c == ';').filter(|word| !word.is_empty());
    let ids: Result<Vec<_>, _> = words.map(|word| MailboxId::new(word.to_ascii_lowercase())).collect();
    ids.ok().filter(|ids| (1..=MOST).contains(&ids.len())).ok_or_else(no_ids)
}

fn row(reach: Reach) -> ReachedRow {
    let Reach { mailbox, contacts, calendars } = reach;
    ReachedRow { mailbox: mailbox.to_string(), contacts: words(contacts), calendars: words(calendars) }
}

fn words(reached: Reached) -> &'static str {
    match reached {
        Reached::Yes => "within reach",
        Reached::Refused => "out of reach",
        Reached::NoMailbox => "no mailbox",
        Reached::Unknown => "unknown: ask again",
    }
}

fn not_let_in(error: &graph::Error) -> Refused {
    let what = format!("Microsoft does not let the application in: {}.", error.code());
    Refused::new(StatusCode::BAD_GATEWAY, what, format!("What helps: {}.", error.kind()))
}

fn no_ids() -> Refused {
    let fix =
        format!("Write 1 to {MOST} object ids of users, one a line, as the Entra admin centre shows them.");
    Refused::new(StatusCode::BAD_REQUEST, "These are no object ids of mailboxes.", fix)
}
