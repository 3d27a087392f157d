//! The proof of a consent: a token that the tenant's own sign-in issues now.

use std::time::Duration;

use axum::http::StatusCode;
use connectors::graph::login::Proof;
use connectors::graph::{Kind, Withdrawn};
use sync::TenantId;

use super::pages::Refused;
use super::permissions::{beyond_scope, missing};
use super::start::client_id;
use crate::App;
use crate::tables::Mode;

/// The waits between the tries, in seconds: Microsoft's servers take up to a minute to learn of a consent.
const WAITS: [u64; 7] = [1, 2, 4, 8, 15, 15, 15];

/// Asks for a token until it proves the consent, for a minute at most.
pub(super) async fn prove(app: &App, tenant: &TenantId, mode: Mode) -> Result<Proof, Refused> {
    let client = client_id(&app.settings, mode)?.to_string();
    for wait in WAITS {
        match attempt(app, tenant, mode, &client).await {
            Err(Unproven::Yet(_)) => app.clock.sleep(Duration::from_secs(wait)).await,
            done => return done.map_err(Refused::from),
        }
    }
    attempt(app, tenant, mode, &client).await.map_err(Refused::from)
}

/// Why there is no proof.
enum Unproven {
    /// There may be one soon.
    Yet(Refused),
    /// There will be none.
    Ever(Refused),
}

impl From<Unproven> for Refused {
    fn from(unproven: Unproven) -> Self {
        let (Unproven::Yet(refused) | Unproven::Ever(refused)) = unproven;
        refused
    }
}

async fn attempt(app: &App, tenant: &TenantId, mode: Mode, client: &str) -> Result<Proof, Unproven> {
    let proof = app.graph.prove(tenant, client).await.map_err(|error| judge(&error))?;
    if proof.tenant.to_string() != tenant.as_str() {
        let error = format!("Microsoft issued a token of another tenant than {tenant}.");
        return Err(Unproven::Ever(forbidden(
            error,
            "Begin again; if it stays so, tell the owner of this deployment.",
        )));
    }
    let missing = missing(mode, &proof.roles);
    if !missing.is_empty() {
        let error = format!("Microsoft's token lacks {}.", missing.join(", "));
        let fix = "Begin again and accept all permissions. If they were accepted, wait some minutes first.";
        return Err(Unproven::Yet(forbidden(error, fix)));
    }
    match beyond_scope(mode, &proof.roles) {
        wide if wide.is_empty() => Ok(proof),
        wide => {
            let error = format!(
                "The application for single mailboxes holds {}, which reaches all of them.",
                wide.join(", ")
            );
            let fix = "Take that permission away under Enterprise applications, and begin again.";
            Err(Unproven::Ever(forbidden(error, fix)))
        }
    }
}

fn judge(error: &connectors::graph::Error) -> Unproven {
    let code = error.code();
    match error.kind() {
        Kind::Consent(Withdrawn::Consent | Withdrawn::Permission) => {
            let error = format!("Microsoft does not let the application in: {code}.");
            Unproven::Yet(forbidden(
                error,
                "Begin again and accept. If it was accepted, wait some minutes first.",
            ))
        }
        Kind::Consent(why) => Unproven::Ever(forbidden(
            format!("Microsoft answered {code}: {why}."),
            "Mend that, and begin again.",
        )),
        Kind::Retry { .. } | Kind::Throttled { .. } => Unproven::Yet(Refused::new(
            StatusCode::BAD_GATEWAY,
            format!("Microsoft's sign-in can't be reached: {code}."),
            "Try again in some minutes.",
        )),
        kind => Unproven::Ever(Refused::new(
            StatusCode::BAD_GATEWAY,
            format!("Microsoft's sign-in refused this deployment, not your tenant: {code}."),
            format!("Tell its owner: {kind}."),
        )),
    }
}

fn forbidden(error: impl Into<String>, fix: &str) -> Refused {
    Refused::new(StatusCode::FORBIDDEN, error, fix)
}
