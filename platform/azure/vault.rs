//! The port `Keys` on Key Vault: RSA-OAEP-256, by role assignments only.

use async_trait::async_trait;
use azure_core::{error::ErrorKind, http::StatusCode};
use azure_security_keyvault_keys::{
    KeyClient, ResourceExt,
    models::{EncryptionAlgorithm, KeyOperationParameters},
};
use azure_security_keyvault_secrets::SecretClient;
use serde::Deserialize;

use super::call::{Meaning, not_done, told_by};
use crate::{
    error::{Error, Kind, Result},
    keys::{Keys, Secret, Wrapped, check_name, check_wrap},
};

/// A Key Vault; needed roles: *Key Vault Crypto Service Encryption User*, and *Key Vault Secrets User* where secrets are
/// referred to.
///
/// Each of its two clients is challenged once for the kind of token that the vault wants, so keep it.
pub struct Vault {
    pub(super) keys: KeyClient,
    pub(super) secrets: SecretClient,
}

#[async_trait]
impl Keys for Vault {
    async fn version(&self, key: &str) -> Result<String> {
        check_name(key)?;
        let what = format!("the version of key {key}");
        let call = async { self.keys.get_key(key, None).await?.into_model() };
        let found = told_by(of_wrapping, &what, call).await?;
        found.resource_id().ok().and_then(|id| id.version).ok_or_else(|| incomplete(&what))
    }

    async fn wrap(&self, key: &str, data: &[u8]) -> Result<Wrapped> {
        check_name(key)?;
        check_wrap(data)?;
        let what = format!("wrapping by key {key}");
        let call = async { self.keys.wrap_key(key, parameters(data).try_into()?, None).await?.into_model() };
        let wrapped = told_by(of_wrapping, &what, call).await?;
        let version =
            wrapped.resource_id().ok().and_then(|id| id.version).ok_or_else(|| incomplete(&what))?;
        let bytes = wrapped.result.ok_or_else(|| incomplete(&what))?;
        Ok(Wrapped { key: key.to_owned(), version, bytes })
    }

    async fn unwrap(&self, wrapped: &Wrapped) -> Result<Secret> {
        let Wrapped { key, version, bytes } = wrapped;
        check_name(key)?;
        // It becomes part of a URL.
        check_name(version)?;
        let what = format!("unwrapping by key {key}");
        let call = async {
            self.keys.unwrap_key(key, version, parameters(bytes).try_into()?, None).await?.into_model()
        };
        let unwrapped = told_by(of_unwrapping, &what, call).await?;
        unwrapped.result.map(Secret::new).ok_or_else(|| incomplete(&what))
    }

    async fn secret(&self, reference: &str) -> Result<Secret> {
        check_name(reference)?;
        let what = format!("the secret {reference}");
        let call = async { self.secrets.get_secret(reference, None).await?.into_model() };
        let secret = told_by(of_secrets, &what, call).await?;
        secret.value.map(Secret::new).ok_or_else(|| incomplete(&what))
    }
}

fn parameters(value: &[u8]) -> KeyOperationParameters {
    KeyOperationParameters {
        algorithm: Some(EncryptionAlgorithm::RsaOaep256),
        value: Some(value.to_vec()),
        ..Default::default()
    }
}

fn of_wrapping(error: &azure_core::Error) -> Meaning {
    let missing = "the vault has no such key or version; make it there, of type RSA";
    of_keys(error, missing)
}

fn of_unwrapping(error: &azure_core::Error) -> Meaning {
    match error.http_status() {
        Some(StatusCode::BadRequest) => {
            (Kind::Unreadable, "the key does not open what was wrapped; restore what was stored")
        }
        _ => of_keys(error, "the vault has no such key or version; if it was deleted, recover it there"),
    }
}

fn of_keys(error: &azure_core::Error, missing: &'static str) -> Meaning {
    let role =
        "the vault denies access; give the identity the role Key Vault Crypto Service Encryption User there";
    meaning(error, missing, role)
}

fn of_secrets(error: &azure_core::Error) -> Meaning {
    let role = "the vault denies access; give the identity the role Key Vault Secrets User there";
    meaning(error, "the vault has no such secret; put it there", role)
}

/// What a vault's refusal means.
///
/// <https://learn.microsoft.com/azure/key-vault/general/rest-error-codes>
fn meaning(error: &azure_core::Error, missing: &'static str, role: &'static str) -> Meaning {
    match (error.http_status(), inner_code(error).as_deref()) {
        (Some(StatusCode::NotFound), _) => (Kind::Gone, missing),
        (Some(StatusCode::Forbidden), Some("KeyDisabled" | "SecretDisabled")) => {
            (Kind::Unavailable, "this version is disabled in the vault; enable it there")
        }
        (Some(StatusCode::Forbidden), Some("ForbiddenByFirewall" | "ForbiddenByConnection")) => {
            (Kind::Unavailable, "the vault's firewall lets this app not in; allow its network there")
        }
        (Some(StatusCode::Forbidden), _) => (Kind::Unavailable, role),
        (Some(StatusCode::Unauthorized), _) => (
            Kind::Unavailable,
            "the vault does not accept the identity's token; check which tenant it belongs to",
        ),
        (Some(StatusCode::TooManyRequests), _) => {
            (Kind::Unavailable, "the vault has too much to do; try again later")
        }
        (Some(StatusCode::BadRequest), _) => {
            (Kind::Refused, "the vault does not take this request; is the key of type RSA?")
        }
        _ => not_done(error),
    }
}

#[derive(Deserialize)]
struct Body {
    error: Outer,
}

#[derive(Deserialize)]
struct Outer {
    #[serde(alias = "innerError")]
    innererror: Inner,
}

#[derive(Deserialize)]
struct Inner {
    code: String,
}

/// Why exactly a vault said no, such as `KeyDisabled`.
fn inner_code(error: &azure_core::Error) -> Option<String> {
    let ErrorKind::HttpResponse { raw_response: Some(response), .. } = error.kind() else { return None };
    let body: Body = serde_json::from_slice(response.body()).ok()?;
    Some(body.error.innererror.code)
}

fn incomplete(what: &str) -> Error {
    Error::new(Kind::Unavailable, format!("{what}: the vault's answer is incomplete; try again later"))
}
