//! Who we are to Graph: a token for each tenant.

mod developer;
mod entra;
mod federated;
mod grant;
mod managed_identity;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use sync::TenantId;

pub use developer::Developer;
pub use federated::Federated;
pub use grant::{DIRECTORY_ROLES, Grant, Grants, MAILBOX_ROLES, NEEDED_ROLES, Proof};
pub use managed_identity::{ManagedIdentity, ManagedIdentityOptions};

use super::error::Error;

/// A text that must not be shown: a token or an assertion.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Arc<str>);

impl Secret {
    /// Hides a text.
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        Secret(text.into())
    }

    /// The text, for the one place that sends it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// Who signs the application in at a tenant.
#[async_trait]
pub trait Login: Send + Sync {
    /// A token that is good for some minutes at least.
    async fn token(&self, tenant: &TenantId) -> Result<Secret, Error>;

    /// Sees to it that the token is some minutes old at most, and so shows what is granted now.
    async fn renew(&self, tenant: &TenantId) -> Result<(), Error>;

    /// What a new token of an application proves, whatever is held or noted of the tenant.
    async fn prove(&self, tenant: &TenantId, client_id: &str) -> Result<Proof, Error>;

    /// Forgets a token that Graph refused, or whichever is held, so that the next one is new.
    async fn forget(&self, tenant: &TenantId, refused: Option<&Secret>);
}

/// What proves to Entra ID that the caller is the application.
#[async_trait]
pub trait Assertion: Send + Sync {
    /// An assertion that is good for some minutes at least.
    async fn assertion(&self) -> Result<Secret, Error>;
}
