//! How the app proves who it is: by a token of its managed identity, never by a secret.

use std::collections::HashMap;

use super::{Denied, denied, jwt};
use crate::state::world::World;

/// What an assertion must be made for.
const EXCHANGE: &str = "api://AzureADTokenExchange";
const BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Checks that a form carries the assertion of the managed identity, and no secret.
pub(super) fn check(world: &World, form: &HashMap<String, String>) -> Result<(), Denied> {
    if form.contains_key("client_secret") {
        return Err(denied(401, "invalid_client", 7_000_215, "Invalid client secret provided."));
    }
    let typed = form.get("client_assertion_type").is_some_and(|kind| kind == BEARER);
    let Some(assertion) = form.get("client_assertion").filter(|_| typed) else {
        let message =
            "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.";
        return Err(denied(401, "invalid_client", 7_000_218, message));
    };
    let claims = jwt::read(world, assertion).ok_or_else(|| {
        denied(
            401,
            "invalid_client",
            700_226,
            "Only MSI tokens may be used as Federated Identity Credential.",
        )
    })?;
    let (iss, sub, aud) = (jwt::text(&claims, "iss"), jwt::text(&claims, "sub"), jwt::text(&claims, "aud"));
    if jwt::seconds(&claims, "exp") <= world.clock.seconds() {
        return Err(denied(
            401,
            "invalid_client",
            700_024,
            "Client assertion is not within its valid time range.",
        ));
    }
    let Some((code, what)) = mismatch(world, iss, sub, aud) else { return Ok(()) };
    let message = format!(
        "No matching federated identity record found for presented assertion {what}. Assertion Issuer: '{iss}'. \
         Assertion Subject: '{sub}'. Assertion Audience: '{aud}'."
    );
    Err(denied(401, "invalid_client", code, message))
}

/// Issuer, subject and audience compare exactly, case included.
fn mismatch(world: &World, iss: &str, sub: &str, aud: &str) -> Option<(u32, &'static str)> {
    let principal = world.ids.principal.to_string();
    if iss != issuer(world) {
        return Some((700_211, "issuer"));
    }
    if aud != EXCHANGE {
        return Some((7_002_121, "audience"));
    }
    match sub {
        same if same == principal => None,
        case if case.eq_ignore_ascii_case(&principal) => Some((7_002_138, "subject")),
        _ => Some((700_213, "subject")),
    }
}

/// Who issues the tokens of the managed identity.
pub(crate) fn issuer(world: &World) -> String {
    format!("{}/{}/v2.0", world.base(), world.ids.home_tenant)
}
