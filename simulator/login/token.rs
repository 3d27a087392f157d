//! The token endpoint: proofs and codes for tokens.

use std::collections::HashMap;
use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};
use uuid::Uuid;

use super::authorize::{Code, fields};
use super::{Denied, assertion, claims, denied};
use crate::graph::answer::Answer;
use crate::graph::session::audiences;
use crate::state::access::ScriptState;
use crate::state::grant::{App, Standing};
use crate::state::lock;
use crate::state::tenant::TenantState;
use crate::state::world::World;

type Form = HashMap<String, String>;

/// What a token is wanted for.
enum Resource {
    /// Microsoft Graph, under the name that was asked for.
    Graph(String),
    /// One of the apps themselves.
    App(App),
}

/// Answers `POST /{tenant}/oauth2/v2.0/token`.
pub(crate) fn token(world: &World, tenant: &str, form: &[u8]) -> Answer {
    world.counters.note(|counts| counts.token_calls += 1);
    let form = fields(form);
    let grant = field(&form, "grant_type");
    let issued = match grant {
        "client_credentials" => credentials(world, tenant, &form),
        "authorization_code" => redeem(world, tenant, &form),
        _ => {
            let message = format!("The app requested an unsupported grant type '{grant}'.");
            Err(denied(400, "unsupported_grant_type", 70003, message))
        }
    };
    match issued {
        Ok(body) => Answer::value(200, &body).header("cache-control", "no-store"),
        Err(denied) => denied.answer(world),
    }
}

fn field<'a>(form: &'a Form, name: &str) -> &'a str {
    form.get(name).map_or("", String::as_str)
}

fn bearer(world: &World, token: &str) -> Value {
    let lifetime = world.lifetime();
    json!({ "token_type": "Bearer", "expires_in": lifetime, "ext_expires_in": lifetime, "access_token": token })
}

// --- an app for itself ---------------------------------------------------------------------------------------

fn credentials(world: &World, tenant: &str, form: &Form) -> Result<Value, Denied> {
    let tenant = find_tenant(world, tenant)?;
    let client = field(form, "client_id");
    let script = lock(&tenant.access).script(client).cloned();
    match script {
        Some(script) => for_script(world, &tenant, &script, form),
        None => for_app(world, &tenant, client, form),
    }
}

fn for_app(world: &World, tenant: &TenantState, client: &str, form: &Form) -> Result<Value, Denied> {
    let (app, roles) = check_app(world, tenant, client)?;
    let resource = resource(world, field(form, "scope"))?;
    assertion::check(world, form)?;
    let token = match resource {
        Resource::Graph(audience) => claims::graph_token(world, tenant, app, &audience, &roles),
        Resource::App(wanted) => {
            let principal = lock(&tenant.grants).of(app).principal;
            let client_id = world.ids.client_id(app);
            let own = ScriptState { client_id, principal, secret: String::new(), roles: Vec::new() };
            claims::script_token(world, tenant, wanted, &own)
        }
    };
    Ok(bearer(world, &token))
}

fn for_script(
    world: &World,
    tenant: &TenantState,
    script: &ScriptState,
    form: &Form,
) -> Result<Value, Denied> {
    let Resource::App(app) = resource(world, field(form, "scope"))? else {
        let message = "The application is not assigned to a role of the resource.";
        return Err(denied(400, "invalid_grant", 501_051, message));
    };
    if field(form, "client_secret") != script.secret {
        return Err(denied(401, "invalid_client", 7_000_215, "Invalid client secret provided."));
    }
    if !lock(&tenant.grants).of(app).exists() {
        let message = format!(
            "The resource principal named {} was not found in the tenant named {}.",
            world.ids.client_id(app),
            tenant.id
        );
        return Err(denied(400, "invalid_resource", 500_011, message));
    }
    Ok(bearer(world, &claims::script_token(world, tenant, app, script)))
}

fn find_tenant(world: &World, name: &str) -> Result<Arc<TenantState>, Denied> {
    let Ok(id) = Uuid::parse_str(name) else {
        let message = format!(
            "Specified tenant identifier '{name}' is neither a valid DNS name, nor a valid external domain."
        );
        return Err(denied(400, "invalid_request", 900_023, message));
    };
    let unknown = || denied(400, "invalid_request", 90002, format!("Tenant '{name}' not found."));
    world.tenant(id).ok_or_else(unknown)
}

/// The app and its roles in the tenant, as they have reached this server.
fn check_app(world: &World, tenant: &TenantState, client: &str) -> Result<(App, Vec<String>), Denied> {
    let id = tenant.id;
    let unknown = || {
        let message =
            format!("Application with identifier '{client}' was not found in the directory '{id}'.");
        denied(400, "unauthorized_client", 700_016, message)
    };
    let app = world.ids.app(client).ok_or_else(unknown)?;
    if let Some(denied) = lock(&tenant.refused).and_then(played) {
        return Err(denied);
    }
    let (standing, roles) = lock(&tenant.grants).of_mut(app).seen(world.clock.seconds());
    match standing {
        Standing::Consented => Ok((app, roles)),
        Standing::Missing => {
            let message =
                format!("The client application {client} is missing service principal in the tenant {id}.");
            Err(denied(401, "invalid_client", 7_000_229, message))
        }
        Standing::Disabled => {
            let message = format!("Application '{client}' is disabled.");
            Err(denied(401, "unauthorized_client", 7_000_112, message))
        }
        Standing::Unknown => Err(unknown()),
    }
}

/// A refusal that tests can ask for.
fn played(code: u32) -> Option<Denied> {
    let (status, error, message) = match code {
        53_003 => (400, "invalid_grant", "Access has been blocked by Conditional Access policies."),
        65_001 => {
            (400, "invalid_grant", "The user or administrator has not consented to use the application.")
        }
        70_021 => {
            (400, "invalid_request", "No matching federated identity record found for presented assertion.")
        }
        90_033 => (503, "temporarily_unavailable", "A transient error has occurred. Please try again."),
        7_000_215 => (401, "invalid_client", "Invalid client secret provided."),
        7_000_222 => (401, "invalid_client", "The provided client secret keys for the app are expired."),
        _ => return None,
    };
    Some(denied(status, error, code, message))
}

/// Whether [`Tenant::refuse_tokens`](crate::Tenant::refuse_tokens) can play this code.
pub(crate) fn can_refuse(code: u32) -> bool {
    played(code).is_some()
}

fn resource(world: &World, scope: &str) -> Result<Resource, Denied> {
    let graph = audiences(world).into_iter().find(|known| scope == format!("{known}/.default"));
    let named = scope.strip_suffix("/.default").map(|name| name.strip_prefix("api://").unwrap_or(name));
    let app = || named.and_then(|name| world.ids.app(name)).map(Resource::App);
    graph.map(Resource::Graph).or_else(app).ok_or_else(|| {
        let message = format!(
            "The provided value for scope '{scope}' is not valid. It needs the resource with '/.default'."
        );
        denied(400, "invalid_scope", 1_002_012, message)
    })
}

// --- a person's code -----------------------------------------------------------------------------------------

fn redeem(world: &World, tenant: &str, form: &Form) -> Result<Value, Denied> {
    let client = field(form, "client_id");
    let app = world.ids.app(client).ok_or_else(|| {
        let message = format!("Application with identifier '{client}' was not found in the directory.");
        denied(400, "unauthorized_client", 700_016, message)
    })?;
    assertion::check(world, form)?;
    let code = take(world, field(form, "code"))?;
    check_code(world, tenant, app, &code, form)?;
    let Code { asked, person, .. } = code;
    let id_token = claims::id_token(world, &person, app, &asked.nonce);
    let body = bearer(world, &claims::sign_in_token(world, &person, app));
    Ok(claims::joined(body, json!({ "scope": "openid profile", "id_token": id_token })))
}

/// A code is good for one try, whatever comes of it.
fn take(world: &World, code: &str) -> Result<Code, Denied> {
    let mut codes = lock(&world.codes);
    let held = codes.get_mut(code).ok_or_else(|| {
        let message = "The provided value for the 'code' parameter is not valid.";
        denied(400, "invalid_grant", 9_002_313, message)
    })?;
    if std::mem::replace(&mut held.spent, true) {
        let message = "OAuth2 Authorization code was already redeemed, please retry with a new valid code.";
        return Err(denied(400, "invalid_grant", 54_005, message));
    }
    Ok(held.clone())
}

fn check_code(world: &World, tenant: &str, app: App, code: &Code, form: &Form) -> Result<(), Denied> {
    let refuse = |number, message: &str| Err(denied(400, "invalid_grant", number, message));
    let Code { asked, person, until, .. } = code;
    if *until <= world.clock.seconds() {
        return refuse(70_008, "The provided authorization code has expired.");
    }
    if asked.app != app {
        return refuse(700_003, "The code was issued to another application.");
    }
    if tenant != "organizations" && !tenant.eq_ignore_ascii_case(&person.tenant.id.to_string()) {
        return refuse(700_005, "Provided Authorization Code is intended to use against other tenant.");
    }
    if field(form, "redirect_uri") != asked.redirect_uri {
        return refuse(500_112, "The reply address does not match the one of the authorization request.");
    }
    let verifier = field(form, "code_verifier");
    let challenge = BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()));
    if !(43..=128).contains(&verifier.len()) || challenge != asked.challenge {
        return refuse(501_481, "The Code_Verifier does not match the code_challenge of the request.");
    }
    Ok(())
}
