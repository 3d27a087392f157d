//! What the tokens say: Graph's of an app, the app's own of a script, and those of a person.

use serde_json::{Value, json};

use super::jwt;
use super::people::Person;
use crate::state::access::ScriptState;
use crate::state::chance::{guid, text};
use crate::state::grant::App;
use crate::state::lock;
use crate::state::tenant::TenantState;
use crate::state::world::World;

/// Who issues the tokens of version 2 of a tenant.
pub(crate) fn issuer(world: &World, tenant: &TenantState) -> String {
    format!("{}/{}/v2.0", world.base(), tenant.id)
}

/// Claims, and when they were made and end.
fn timed(world: &World, lifetime: u64, mut claims: Value) -> Value {
    let now = world.clock.seconds();
    let end = now.saturating_add(i64::try_from(lifetime).unwrap_or(i64::MAX / 2));
    if let Some(claims) = claims.as_object_mut() {
        for (name, second) in [("iat", now), ("nbf", now), ("exp", end)] {
            claims.insert(name.to_owned(), second.into());
        }
        claims.insert("uti".to_owned(), world.request_id().simple().to_string().into());
        claims.retain(|_, value| !value.as_array().is_some_and(Vec::is_empty));
    }
    claims
}

/// A Graph token of an app, version 1: opaque to everybody but Graph.
pub(crate) fn graph_token(
    world: &World,
    tenant: &TenantState,
    app: App,
    resource: &str,
    roles: &[String],
) -> String {
    let tid = lock(&tenant.tokens_of).unwrap_or(tenant.id);
    let principal = lock(&tenant.grants).of(app).principal;
    let claims = json!({
        "aud": resource,
        "iss": format!("https://sts.windows.net/{tid}/"),
        "appid": world.ids.client_id(app),
        "appidacr": "2",
        "idtyp": "app",
        "oid": principal,
        "sub": principal,
        "roles": roles,
        "tid": tid,
        "ver": "1.0",
    });
    jwt::sign(world, &timed(world, world.lifetime(), claims))
}

/// A token for the app itself, of a script in a tenant.
pub(crate) fn script_token(world: &World, tenant: &TenantState, app: App, script: &ScriptState) -> String {
    let claims = json!({
        "aud": world.ids.client_id(app),
        "iss": issuer(world, tenant),
        "azp": script.client_id,
        "azpacr": "1",
        "oid": script.principal,
        "sub": script.principal,
        "roles": script.roles,
        "tid": tenant.id,
        "ver": "2.0",
    });
    jwt::sign(world, &timed(world, world.lifetime(), claims))
}

/// A token for the app itself, of a person by some client of theirs.
pub(crate) fn person_token(world: &World, person: &Person, app: App) -> String {
    let more = json!({
        "azp": guid(world.seed, "command line client", 0),
        "azpacr": "0",
        "scp": "user_impersonation",
    });
    jwt::sign(world, &timed(world, world.lifetime(), about(world, person, app, more)))
}

/// The token that says who signed in.
pub(crate) fn id_token(world: &World, person: &Person, app: App, nonce: &str) -> String {
    let wids = lock(&person.tenant.access).directory_roles(person.id);
    let more = json!({ "nonce": nonce, "wids": wids });
    jwt::sign(world, &timed(world, 3600, about(world, person, app, more)))
}

/// A token of a person for Graph, without any right but to sign in.
pub(crate) fn sign_in_token(world: &World, person: &Person, app: App) -> String {
    let claims = json!({
        "aud": "https://graph.microsoft.com",
        "iss": format!("https://sts.windows.net/{}/", person.tenant.id),
        "appid": world.ids.client_id(app),
        "appidacr": "2",
        "idtyp": "user",
        "oid": person.id,
        "sub": pairwise(world, person, "graph"),
        "scp": "openid profile",
        "tid": person.tenant.id,
        "ver": "1.0",
    });
    jwt::sign(world, &timed(world, world.lifetime(), claims))
}

/// What every token for the app says about a person, and more.
fn about(world: &World, person: &Person, app: App, more: Value) -> Value {
    let client = world.ids.client_id(app);
    let claims = json!({
        "aud": client,
        "iss": issuer(world, &person.tenant),
        "name": person.name,
        "oid": person.id,
        "preferred_username": person.account,
        "roles": lock(&person.tenant.access).roles_of(person.id),
        "sub": pairwise(world, person, &client.to_string()),
        "tid": person.tenant.id,
        "ver": "2.0",
    });
    joined(claims, more)
}

/// The members of two objects.
pub(super) fn joined(first: Value, second: Value) -> Value {
    let objects = [first, second].into_iter().filter_map(|value| value.as_object().cloned());
    objects.flatten().collect()
}

/// A person's subject differs from app to app.
fn pairwise(world: &World, person: &Person, app: &str) -> String {
    guid(world.seed, "subject", text(&format!("{app} {}", person.id))).simple().to_string()
}
