//! Opaque continuation tokens: what a `nextLink` or `deltaLink` carries.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::chance::text;

/// Packs a state into an opaque token.
pub(crate) fn seal<T: Serialize>(state: &T) -> String {
    let json = serde_json::to_string(state).unwrap_or_default();
    BASE64_URL_SAFE_NO_PAD.encode(format!("{:016x}{json}", text(&json)))
}

/// Unpacks a token; `None` for anything that [`seal`] did not make.
pub(crate) fn open<T: DeserializeOwned>(token: &str) -> Option<T> {
    let plain = String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
    let (check, json) = plain.split_at_checked(16)?;
    let genuine = u64::from_str_radix(check, 16).ok()? == text(json);
    genuine.then(|| serde_json::from_str(json).ok()).flatten()
}
