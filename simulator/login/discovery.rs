//! What a client finds out by itself: the endpoints of a tenant, and the keys that sign.

use serde_json::json;

use super::people::Accounts;
use super::{Denied, denied};
use crate::graph::answer::Answer;
use crate::state::lock;
use crate::state::world::World;

/// Answers `GET /{tenant}/v2.0/.well-known/openid-configuration`.
pub(crate) fn configuration(world: &World, tenant: &str) -> Answer {
    let base = world.base();
    let issuer = match issuer(world, tenant) {
        Ok(issuer) => issuer,
        Err(denied) => return denied.answer(world),
    };
    Answer::value(
        200,
        &json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{base}/{tenant}/oauth2/v2.0/authorize"),
            "token_endpoint": format!("{base}/{tenant}/oauth2/v2.0/token"),
            "jwks_uri": format!("{base}/{tenant}/discovery/v2.0/keys"),
            "response_modes_supported": ["query", "fragment", "form_post"],
            "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
            "claims_supported": ["sub", "iss", "aud", "exp", "iat", "nonce", "preferred_username", "name", "tid", "ver"],
            "request_uri_parameter_supported": false,
            "tenant_region_scope": "EU",
            "cloud_instance_name": "microsoftonline.com",
        }),
    )
}

/// Answers `GET /{tenant}/discovery/v2.0/keys`.
pub(crate) fn keys(world: &World, tenant: &str) -> Answer {
    world.counters.note(|counts| counts.key_calls += 1);
    match issuer(world, tenant) {
        Ok(issuer) => {
            Answer::value(200, &lock(&world.keys).published_as_json(&issuer, world.clock.seconds()))
        }
        Err(denied) => denied.answer(world),
    }
}

/// For several tenants Entra names a pattern instead of an issuer.
fn issuer(world: &World, tenant: &str) -> Result<String, Denied> {
    let base = world.base();
    match tenant {
        "organizations" | "common" => Ok(format!("{base}/{{tenantid}}/v2.0")),
        _ if Accounts::at(world, tenant).is_ok() => Ok(format!("{base}/{tenant}/v2.0")),
        _ => Err(denied(400, "invalid_tenant", 90_002, format!("Tenant '{tenant}' not found."))),
    }
}
