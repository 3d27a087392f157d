//! The port `Keys`: wraps data keys, and knows the secrets that configuration only refers to.

use std::fmt;

use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::error::{Result, refused};

/// The most bytes that can be wrapped: what RSA-OAEP-256 takes with a 2048-bit key.
pub const MAX_WRAP: usize = 190;

/// Wraps data keys by keys that never leave their keeper, and hands out secrets by reference.
///
/// Names of keys and references of secrets have 1 to 127 characters from `a-z`, `0-9` and `-` (Key Vault's rule, in
/// lower case); others are refused.
#[async_trait]
pub trait Keys: Send + Sync {
    /// The version of a key that [`wrap`](Self::wrap) uses now; fails with `Gone` if there is no such key.
    async fn version(&self, key: &str) -> Result<String>;

    /// Wraps at most [`MAX_WRAP`] bytes by the current version of a key.
    async fn wrap(&self, key: &str, data: &[u8]) -> Result<Wrapped>;

    /// Unwraps what was wrapped, by the same version of the same key.
    ///
    /// Fails with `Gone` if that version is no more, with `Unreadable` if the bytes are not what `wrap` made.
    async fn unwrap(&self, wrapped: &Wrapped) -> Result<Secret>;

    /// Gets a secret by its reference; fails with `Gone` if there is none.
    async fn secret(&self, reference: &str) -> Result<Secret>;
}

/// A wrapped data key: safe to store beside what it protects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wrapped {
    /// The name of the wrapping key.
    pub key: String,
    /// Its version.
    pub version: String,
    /// The wrapped bytes, base64 in JSON.
    #[serde(serialize_with = "to_base64", deserialize_with = "from_base64")]
    pub bytes: Vec<u8>,
}

/// Bytes that must not be seen: `Debug` says only how many.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// Takes bytes into keeping.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    /// Shows the bytes, for the one call that needs them.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({} bytes)", self.0.len())
    }
}

/// Refuses a name that Key Vault would not take, or that could leave a folder.
pub fn check_name(name: &str) -> Result<()> {
    let allowed = |c: char| matches!(c, 'a'..='z' | '0'..='9' | '-');
    if !(1..=127).contains(&name.len()) || !name.chars().all(allowed) {
        return Err(refused(format!("the name {name:?} of a key or secret: 1 to 127 of a-z 0-9 and -")));
    }
    Ok(())
}

/// Refuses data that is too large to wrap.
pub fn check_wrap(data: &[u8]) -> Result<()> {
    if data.is_empty() || data.len() > MAX_WRAP {
        return Err(refused(format!("wrapping {} bytes: only 1 to {MAX_WRAP} can be wrapped", data.len())));
    }
    Ok(())
}

fn to_base64<S: Serializer>(bytes: &[u8], serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.serialize_str(&STANDARD.encode(bytes))
}

fn from_base64<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Vec<u8>, D::Error> {
    STANDARD.decode(String::deserialize(deserializer)?).map_err(D::Error::custom)
}
