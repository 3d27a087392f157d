//! The managed identity endpoint of App Service, on loopback.

use serde_json::json;

use crate::graph::answer::Answer;
use crate::login::{issuer, jwt};
use crate::state::world::World;

const LIFETIME_SECONDS: i64 = 24 * 3600;

/// Answers `GET {IDENTITY_ENDPOINT}?resource=…&api-version=2019-08-01&client_id=…`.
pub(crate) fn token(world: &World, query: &str, header: Option<&str>) -> Answer {
    world.counters.note(|counts| counts.identity_calls += 1);
    let get = |wanted: &str| {
        let mut pairs = url::form_urlencoded::parse(query.as_bytes());
        pairs.find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned()).unwrap_or_default()
    };
    let client = get("client_id");
    if header != Some(world.ids.identity_header.as_str()) {
        return refused(401, "Unauthorized", "The X-IDENTITY-HEADER is missing or wrong.");
    }
    if get("api-version") != "2019-08-01" {
        return refused(400, "BadRequest", "The api-version must be 2019-08-01.");
    }
    if !client.eq_ignore_ascii_case(&world.ids.identity_client_id.to_string()) {
        return refused(
            400,
            "BadRequest",
            "No User Assigned or Delegated Managed Identity found for specified ClientId.",
        );
    }
    match get("resource").as_str() {
        "" => refused(400, "BadRequest", "The parameter 'resource' is missing."),
        resource if resource.ends_with("/.default") => {
            refused(400, "AADSTS500011", "The resource principal was not found; leave out '/.default'.")
        }
        resource => granted(world, resource),
    }
}

fn granted(world: &World, resource: &str) -> Answer {
    let now = world.clock.seconds();
    let expires = now + LIFETIME_SECONDS;
    let ids = &world.ids;
    let claims = json!({
        "aud": resource,
        "iss": issuer(world),
        "sub": ids.principal,
        "oid": ids.principal,
        "tid": ids.home_tenant,
        "appid": ids.identity_client_id,
        "idtyp": "app",
        "iat": now,
        "nbf": now,
        "exp": expires,
    });
    let body = json!({
        "access_token": jwt::sign(world, &claims),
        "expires_on": expires.to_string(),
        "resource": resource,
        "token_type": "Bearer",
        "client_id": ids.identity_client_id,
    });
    Answer::value(200, &body)
}

fn refused(status: u16, code: &str, message: &str) -> Answer {
    Answer::value(status, &json!({ "statusCode": status, "code": code, "message": message }))
}
