//! The tokens of this world: JWTs signed with the world's own keys.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use crate::state::lock;
use crate::state::world::World;

/// Signs claims.
pub(crate) fn sign(world: &World, claims: &Value) -> String {
    let Some(key) = lock(&world.keys).signing().cloned() else { return String::new() };
    let header = json!({ "typ": "JWT", "alg": "RS256", "kid": key.kid });
    assemble(&header, claims, |text| key.pair.sign(text))
}

/// A token of these parts, signed by whatever is given.
pub(crate) fn assemble(header: &Value, claims: &Value, sign: impl FnOnce(&str) -> Vec<u8>) -> String {
    let encode = |part: &Value| BASE64_URL_SAFE_NO_PAD.encode(part.to_string());
    let signed = format!("{}.{}", encode(header), encode(claims));
    let signature = sign(&signed);
    format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
}

/// The claims of a token that this world signed.
pub(crate) fn read(world: &World, token: &str) -> Option<Map<String, Value>> {
    let (signed, signature) = token.rsplit_once('.')?;
    let (header, claims) = signed.split_once('.')?;
    let header = part(header)?;
    if text(&header, "alg") != "RS256" {
        return None;
    }
    let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).ok()?;
    let key = lock(&world.keys).named(text(&header, "kid"), world.clock.seconds())?;
    key.verifies(signed, &signature).then(|| part(claims)).flatten()
}

/// The claims of any token, unchecked.
pub(crate) fn claims(token: &str) -> Option<Map<String, Value>> {
    part(token.split('.').nth(1)?)
}

fn part(encoded: &str) -> Option<Map<String, Value>> {
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(encoded).ok()?).ok()
}

pub(crate) fn text<'a>(claims: &'a Map<String, Value>, name: &str) -> &'a str {
    claims.get(name).and_then(Value::as_str).unwrap_or_default()
}

pub(crate) fn seconds(claims: &Map<String, Value>, name: &str) -> i64 {
    claims.get(name).and_then(Value::as_i64).unwrap_or(0)
}
