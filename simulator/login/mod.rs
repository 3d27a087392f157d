//! The token endpoint: a managed identity's assertion for an access token of the customer's tenant.

pub(crate) mod jwt;

use std::collections::HashMap;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::graph::answer::Answer;
use crate::graph::session::audiences;
use crate::state::lock;
use crate::state::tenant::{Grant, Standing, TenantState};
use crate::state::world::World;

/// What an assertion must be made for.
pub(crate) const EXCHANGE: &str = "api://AzureADTokenExchange";
const BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A refusal of the token endpoint.
struct Denied {
    status: u16,
    error: &'static str,
    code: u32,
    message: String,
}

fn denied(status: u16, error: &'static str, code: u32, message: impl Into<String>) -> Denied {
    Denied { status, error, code, message: message.into() }
}

/// Answers `POST /{tenant}/oauth2/v2.0/token`.
pub(crate) fn token(world: &World, tenant: &str, form: &[u8]) -> Answer {
    world.counters.note(|counts| counts.token_calls += 1);
    let form: HashMap<String, String> = url::form_urlencoded::parse(form).into_owned().collect();
    match issue(world, tenant, &form) {
        Ok(body) => Answer::value(200, &body),
        Err(denied) => denied.answer(world),
    }
}

fn issue(world: &World, tenant: &str, form: &HashMap<String, String>) -> Result<Value, Denied> {
    let field = |name: &str| form.get(name).map_or("", String::as_str);
    if field("grant_type") != "client_credentials" {
        let message = format!("The app requested an unsupported grant type '{}'.", field("grant_type"));
        return Err(denied(400, "unsupported_grant_type", 70003, message));
    }
    let tenant = find_tenant(world, tenant)?;
    check_app(world, &tenant, field("client_id"))?;
    let resource = resource(world, field("scope"))?;
    check_assertion(world, form)?;
    let lifetime = world.lifetime();
    let token = access_token(world, &tenant, &resource, lifetime);
    Ok(
        json!({ "token_type": "Bearer", "expires_in": lifetime, "ext_expires_in": lifetime, "access_token": token }),
    )
}

fn find_tenant(world: &World, name: &str) -> Result<std::sync::Arc<TenantState>, Denied> {
    let Ok(id) = Uuid::parse_str(name) else {
        let message = format!(
            "Specified tenant identifier '{name}' is neither a valid DNS name, nor a valid external domain."
        );
        return Err(denied(400, "invalid_request", 900_023, message));
    };
    let unknown = || denied(400, "invalid_request", 90002, format!("Tenant '{name}' not found."));
    world.tenant(id).ok_or_else(unknown)
}

fn check_app(world: &World, tenant: &TenantState, client: &str) -> Result<(), Denied> {
    let standing = lock(&tenant.grant).standing;
    let known = client.eq_ignore_ascii_case(&world.app.client_id.to_string());
    let id = tenant.id;
    match standing {
        Standing::Consented if known => Ok(()),
        Standing::Missing if known => {
            let message =
                format!("The client application {client} is missing service principal in the tenant {id}.");
            Err(denied(401, "invalid_client", 7_000_229, message))
        }
        Standing::Disabled if known => {
            let message = format!("Application '{client}' is disabled.");
            Err(denied(401, "unauthorized_client", 7_000_112, message))
        }
        _ => {
            let message =
                format!("Application with identifier '{client}' was not found in the directory '{id}'.");
            Err(denied(400, "unauthorized_client", 700_016, message))
        }
    }
}

fn resource(world: &World, scope: &str) -> Result<String, Denied> {
    let known = audiences(world).into_iter().find(|known| scope == format!("{known}/.default"));
    known.ok_or_else(|| {
        let message = format!(
            "The provided value for scope '{scope}' is not valid. It needs the resource with '/.default'."
        );
        denied(400, "invalid_scope", 1_002_012, message)
    })
}

fn check_assertion(world: &World, form: &HashMap<String, String>) -> Result<(), Denied> {
    if form.contains_key("client_secret") {
        return Err(denied(401, "invalid_client", 7_000_215, "Invalid client secret provided."));
    }
    let typed = form.get("client_assertion_type").is_some_and(|kind| kind == BEARER);
    let Some(assertion) = form.get("client_assertion").filter(|_| typed) else {
        let message =
            "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.";
        return Err(denied(401, "invalid_client", 7_000_218, message));
    };
    let claims = jwt::read(&world.key, assertion).ok_or_else(|| {
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
    let principal = world.app.principal.to_string();
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
    format!("{}/{}/v2.0", world.base(), world.app.home_tenant)
}

/// A Graph token of a tenant.
pub(crate) fn access_token(world: &World, tenant: &TenantState, resource: &str, lifetime: u64) -> String {
    let Grant { roles, .. } = lock(&tenant.grant).clone();
    let now = world.clock.seconds();
    let claims = json!({
        "aud": resource,
        "iss": format!("https://sts.windows.net/{}/", tenant.id),
        "iat": now,
        "nbf": now,
        "exp": now + i64::try_from(lifetime).unwrap_or(i64::MAX / 2),
        "appid": world.app.client_id,
        "idtyp": "app",
        "oid": tenant.service_principal,
        "sub": tenant.service_principal,
        "roles": roles,
        "tid": tenant.id,
        "uti": world.request_id(),
        "ver": "1.0",
    });
    jwt::sign(&world.key, &claims)
}

impl Denied {
    /// The error body of the token endpoint; real ones carry line breaks in the description.
    fn answer(self, world: &World) -> Answer {
        let Self { status, error, code, message } = self;
        let (trace, correlation) = (world.request_id(), world.request_id());
        let time = world.clock.now().format("%Y-%m-%d %H:%M:%SZ").to_string();
        let description = format!(
            "AADSTS{code}: {message} Trace ID: {trace}\r\nCorrelation ID: {correlation}\r\nTimestamp: {time}"
        );
        let body = json!({
            "error": error,
            "error_description": description,
            "error_codes": [code],
            "timestamp": time,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": format!("https://login.microsoftonline.com/error?code={code}"),
        });
        Answer::value(status, &body)
    }
}
