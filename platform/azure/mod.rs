//! The ports on Azure: Blob Storage, Storage Queues and Key Vault, by managed identity and role assignments only.
//!
//! Needed roles on the storage account: *Storage Blob Data Contributor* for the store, *Storage Queue Data
//! Contributor* for the queue; those on the vault: see [`Vault`]. Keys and connection strings are never used.

mod call;
mod queue;
mod store;
mod vault;

use std::{sync::Arc, time::Duration};

use azure_core::{
    credentials::TokenCredential,
    http::{ClientOptions, ExponentialRetryOptions, RetryOptions, Transport},
};
use azure_identity::{ManagedIdentityCredential, ManagedIdentityCredentialOptions, UserAssignedId};
use azure_security_keyvault_keys::{KeyClient, KeyClientOptions};
use azure_security_keyvault_secrets::{SecretClient, SecretClientOptions};
use azure_storage_blob::{BlobServiceClient, BlobServiceClientOptions};
use azure_storage_queue::{QueueServiceClient, QueueServiceClientOptions};
use reqwest::{Client, redirect::Policy};
use url::Url;

pub use self::{queue::StorageQueue, store::BlobStore, vault::Vault};
use crate::{
    error::{Error, Kind, Result, refused},
    random::Random,
};

/// Retries after the first attempt, and when the last of them may start.
const RETRIES: u32 = 3;
const RETRIES_END: azure_core::time::Duration = azure_core::time::Duration::seconds(20);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// Who we are to Azure, and the connections that everything shares: one per process.
#[derive(Clone)]
pub struct Azure {
    credential: Arc<dyn TokenCredential>,
    options: ClientOptions,
}

impl Azure {
    /// Works as the user-assigned managed identity of a client id; only inside Azure.
    ///
    /// A rustls crypto provider must be installed before. Fails with `Refused` if this is no place with an identity.
    pub fn managed_identity(client_id: &str) -> Result<Self> {
        let options = client_options(Transport::new(Arc::new(client()?)));
        let settings = ManagedIdentityCredentialOptions {
            user_assigned_id: Some(UserAssignedId::ClientId(client_id.to_owned())),
            client_options: options.clone(),
        };
        let credential = ManagedIdentityCredential::new(Some(settings)).map_err(|error| {
            refused("there is no managed identity here; run inside Azure, or in local mode").because(error)
        })?;
        Ok(Self { credential, options })
    }

    /// Works by another credential, on a transport of the caller's making (which must not decompress).
    pub fn with(credential: Arc<dyn TokenCredential>, transport: Transport) -> Self {
        Self { credential, options: client_options(transport) }
    }

    /// The credential, for other services.
    pub fn credential(&self) -> Arc<dyn TokenCredential> {
        Arc::clone(&self.credential)
    }

    /// The port `Store` in a container, which is created on first use.
    ///
    /// The endpoint is the account's blob URL. Fails with `Refused` if it is not https.
    pub fn store(&self, endpoint: Url, container: &str, random: Arc<dyn Random>) -> Result<BlobStore> {
        let options = BlobServiceClientOptions { client_options: self.options.clone(), ..Default::default() };
        let service = BlobServiceClient::new(endpoint, Some(self.credential()), Some(options));
        let service = service.map_err(|error| refused("the blob endpoint is no https URL").because(error))?;
        Ok(BlobStore::new(service.blob_container_client(container), random))
    }

    /// The port `Queue` in an account, whose queues are created on first use.
    ///
    /// The endpoint is the account's queue URL. Fails with `Refused` if it is not https.
    pub fn queue(&self, endpoint: Url) -> Result<StorageQueue> {
        let options =
            QueueServiceClientOptions { client_options: self.options.clone(), ..Default::default() };
        let service = QueueServiceClient::new(endpoint, Some(self.credential()), Some(options));
        service
            .map(StorageQueue::new)
            .map_err(|error| refused("the queue endpoint is no https URL").because(error))
    }

    /// The port `Keys` on a vault, by its URL.
    ///
    /// Fails with `Refused` if it is not https.
    pub fn keys(&self, vault: &Url) -> Result<Vault> {
        if vault.scheme() != "https" {
            return Err(refused("the vault's address is no https URL"));
        }
        let options = KeyClientOptions { client_options: self.options.clone(), ..Default::default() };
        let no_url = |error| refused("the vault's address can't be used").because(error);
        let keys = KeyClient::new(vault.as_str(), self.credential(), Some(options)).map_err(no_url)?;
        let options = SecretClientOptions { client_options: self.options.clone(), ..Default::default() };
        let secrets = SecretClient::new(vault.as_str(), self.credential(), Some(options)).map_err(no_url)?;
        Ok(Vault { keys, secrets })
    }
}

/// The SDK's defaults keep a caller of a dead endpoint waiting for 82 seconds.
fn client_options(transport: Transport) -> ClientOptions {
    let retry = ExponentialRetryOptions {
        max_retries: RETRIES,
        max_total_elapsed: RETRIES_END,
        ..Default::default()
    };
    ClientOptions {
        retry: RetryOptions::exponential(retry),
        transport: Some(transport),
        ..Default::default()
    }
}

fn client() -> Result<Client> {
    Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(READ_TIMEOUT)
        .redirect(Policy::none())
        .build()
        .map_err(|error| {
            Error::new(Kind::Refused, "no HTTPS client can be made; are root certificates installed?")
                .because(error)
        })
}
