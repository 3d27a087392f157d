//! The port `Keys` on Key Vault: RSA-OAEP-256, by role assignments only.

use async_trait::async_trait;
use azure_security_keyvault_keys::{
    KeyClient, ResourceExt,
    models::{
        EncryptionAlgorithm, KeyClientUnwrapKeyOptions, KeyClientWrapKeyOptions, KeyOperationParameters,
    },
};
use azure_security_keyvault_secrets::SecretClient;

use super::call::within;
use crate::{
    error::{Error, Kind, Result},
    keys::{Keys, Secret, Wrapped, check_name, check_wrap},
};

/// A Key Vault; needed roles: *Key Vault Crypto User*, and *Key Vault Secrets User* where secrets are referred to.
pub struct Vault {
    pub(super) keys: KeyClient,
    pub(super) secrets: SecretClient,
}

fn parameters(value: Vec<u8>) -> KeyOperationParameters {
    KeyOperationParameters {
        algorithm: Some(EncryptionAlgorithm::RsaOaep256),
        value: Some(value),
        ..Default::default()
    }
}

fn nonsense(what: &str) -> Error {
    Error::new(Kind::Unavailable, format!("{what}: the vault's answer is incomplete; try again later"))
}

#[async_trait]
impl Keys for Vault {
    async fn version(&self, key: &str) -> Result<String> {
        check_name(key)?;
        let what = format!("the version of key {key}");
        let call = async { self.keys.get_key(key, None).await?.into_model() };
        let found = within(&what, call).await?;
        found.resource_id().ok().and_then(|id| id.version).ok_or_else(|| nonsense(&what))
    }

    async fn wrap(&self, key: &str, data: &[u8]) -> Result<Wrapped> {
        check_name(key)?;
        check_wrap(data)?;
        let what = format!("wrapping by key {key}");
        let call = async {
            let body = parameters(data.to_vec()).try_into()?;
            let options: Option<KeyClientWrapKeyOptions<'_>> = None;
            self.keys.wrap_key(key, body, options).await?.into_model()
        };
        let wrapped = within(&what, call).await?;
        let version = wrapped.resource_id().ok().and_then(|id| id.version).ok_or_else(|| nonsense(&what))?;
        let bytes = wrapped.result.ok_or_else(|| nonsense(&what))?;
        Ok(Wrapped { key: key.to_owned(), version, bytes })
    }

    async fn unwrap(&self, wrapped: &Wrapped) -> Result<Secret> {
        check_name(&wrapped.key)?;
        let what = format!("unwrapping by key {}", wrapped.key);
        let call = async {
            let body = parameters(wrapped.bytes.clone()).try_into()?;
            let options: Option<KeyClientUnwrapKeyOptions<'_>> = None;
            self.keys.unwrap_key(&wrapped.key, &wrapped.version, body, options).await?.into_model()
        };
        within(&what, call).await?.result.map(Secret::new).ok_or_else(|| nonsense(&what))
    }

    async fn secret(&self, reference: &str) -> Result<Secret> {
        check_name(reference)?;
        let what = format!("the secret {reference}");
        let call = async { self.secrets.get_secret(reference, None).await?.into_model() };
        within(&what, call).await?.value.map(Secret::new).ok_or_else(|| nonsense(&what))
    }
}
