//! What a vault does with keys and secrets.

use std::sync::OnceLock;

use axum::{Json, body::Bytes, response::IntoResponse};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use rsa::{Oaep, RsaPrivateKey, rand_core::OsRng, sha2::Sha256, traits::PublicKeyParts};
use serde_json::{Value, json};

use super::{Answer, HOST, Inside, answers};

const BITS: usize = 2048;

/// A key with its versions, newest last.
#[derive(Default)]
pub struct Key {
    /// The versions.
    pub versions: Vec<Version<RsaPrivateKey>>,
    /// Whether it was deleted; it can be recovered, so its name is taken.
    pub deleted: bool,
}

/// One version of a key or secret.
pub struct Version<T> {
    /// What its address ends in.
    pub id: String,
    /// What is kept.
    pub value: T,
    /// Whether it may be used.
    pub enabled: bool,
}

impl<T> Version<T> {
    fn new(number: usize, value: T) -> Self {
        Self { id: format!("{number:032x}"), value, enabled: true }
    }
}

/// Making a key takes a second, so that all tests share these: one per version.
fn key_pair(number: usize) -> RsaPrivateKey {
    static PAIRS: [OnceLock<RsaPrivateKey>; 3] = [OnceLock::new(), OnceLock::new(), OnceLock::new()];
    let make = || RsaPrivateKey::new(&mut OsRng, BITS).unwrap();
    PAIRS[(number - 1) % PAIRS.len()].get_or_init(make).clone()
}

fn newest<'a, T>(versions: &'a [Version<T>], version: &str) -> Option<&'a Version<T>> {
    match version {
        "" => versions.last(),
        version => versions.iter().find(|one| one.id == version),
    }
}

fn parse(body: &Bytes) -> Result<Value, Box<axum::response::Response>> {
    serde_json::from_slice(body).map_err(|_| answers::bad_parameter("The request body is no JSON."))
}

fn url(kind: &str, name: &str, version: &str) -> String {
    format!("https://{HOST}/{kind}/{name}/{version}")
}

impl Inside {
    pub(super) fn create_key(&mut self, name: &str, body: &Bytes) -> Answer {
        self.allow("keys/create/action")?;
        let body = parse(body)?;
        if body["kty"] != "RSA" || body["key_size"] != BITS {
            return Err(answers::bad_parameter("Property has invalid value"));
        }
        let key = self.keys.entry(name.to_owned()).or_default();
        if key.deleted {
            return Err(answers::conflict("Key is currently in a deleted but recoverable state."));
        }
        let number = key.versions.len() + 1;
        key.versions.push(Version::new(number, key_pair(number)));
        self.get_key(name, "")
    }

    pub(super) fn get_key(&mut self, name: &str, version: &str) -> Answer {
        self.allow("keys/read")?;
        let key = self.key(name, version)?;
        let (n, e) = (key.value.n().to_bytes_be(), key.value.e().to_bytes_be());
        let [n, e] = [n, e].map(|number| URL_SAFE_NO_PAD.encode(number));
        let operations = ["encrypt", "decrypt", "sign", "verify", "wrapKey", "unwrapKey"];
        let kid = url("keys", name, &key.id);
        let body = json!({
            "key": { "kid": kid, "kty": "RSA", "key_ops": operations, "n": n, "e": e },
            "attributes": { "enabled": key.enabled, "created": 1, "updated": 1, "recoveryLevel": "Recoverable+Purgeable" },
        });
        Ok(Json(body).into_response())
    }

    /// A disabled key wraps: that is what anybody could do with its public half.
    pub(super) fn wrap_key(&mut self, name: &str, version: &str, body: &Bytes) -> Answer {
        self.allow("keys/wrap/action")?;
        let (key, data) = (self.key(name, version)?, operand(body)?);
        let wrapped = key.value.to_public_key().encrypt(&mut OsRng, Oaep::new::<Sha256>(), &data);
        let wrapped = wrapped.map_err(|_| answers::bad_parameter("The parameter is incorrect.\r\n"))?;
        Ok(result(name, &key.id, &wrapped))
    }

    pub(super) fn unwrap_key(&mut self, name: &str, version: &str, body: &Bytes) -> Answer {
        self.allow("keys/unwrap/action")?;
        let (key, data) = (self.key(name, version)?, operand(body)?);
        if !key.enabled {
            return Err(answers::disabled("unwrapKey", "key", "KeyDisabled"));
        }
        let data = key.value.decrypt(Oaep::new::<Sha256>(), &data);
        let data = data.map_err(|_| answers::bad_parameter("The parameter is incorrect.\r\n"))?;
        Ok(result(name, &key.id, &data))
    }

    pub(super) fn set_secret(&mut self, name: &str, body: &Bytes) -> Answer {
        self.allow("secrets/setSecret/action")?;
        let value = parse(body)?["value"].as_str().map(str::to_owned);
        let value = value.ok_or_else(|| answers::bad_parameter("The request body has no value."))?;
        let versions = self.secrets.entry(name.to_owned()).or_default();
        versions.push(Version::new(versions.len() + 1, value));
        self.get_secret(name, "")
    }

    pub(super) fn get_secret(&mut self, name: &str, version: &str) -> Answer {
        self.allow("secrets/getSecret/action")?;
        let missing = || {
            let text = format!("A secret with (name/id) {name}/{version} was not found in this key vault.");
            answers::not_found("SecretNotFound", &text)
        };
        let versions = self.secrets.get(name).ok_or_else(missing)?;
        let secret = newest(versions, version).ok_or_else(missing)?;
        if !secret.enabled {
            return Err(answers::disabled("get", "secret", "SecretDisabled"));
        }
        let attributes =
            json!({ "enabled": true, "created": 1, "updated": 1, "recoveryLevel": "Recoverable+Purgeable" });
        let id = url("secrets", name, &secret.id);
        Ok(Json(json!({ "value": secret.value, "id": id, "attributes": attributes })).into_response())
    }

    fn key(
        &self,
        name: &str,
        version: &str,
    ) -> Result<&Version<RsaPrivateKey>, Box<axum::response::Response>> {
        let found = self.keys.get(name).filter(|key| !key.deleted);
        found.and_then(|key| newest(&key.versions, version)).ok_or_else(|| {
            let text = format!("A key with (name/id) {name}/{version} was not found in this key vault.");
            answers::not_found("KeyNotFound", &text)
        })
    }
}

/// What is to be wrapped or unwrapped, by the one algorithm that is safe.
fn operand(body: &Bytes) -> Result<Vec<u8>, Box<axum::response::Response>> {
    let body = parse(body)?;
    if body["alg"] != "RSA-OAEP-256" {
        return Err(answers::bad_parameter("Algorithm is not supported for this key."));
    }
    let data = body["value"].as_str().and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
    data.ok_or_else(|| answers::bad_parameter("The value is not base64url without padding."))
}

fn result(name: &str, version: &str, value: &[u8]) -> axum::response::Response {
    Json(json!({ "kid": url("keys", name, version), "value": URL_SAFE_NO_PAD.encode(value) })).into_response()
}
