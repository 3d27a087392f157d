//! A developer's own sign-in, for a real tenant from a laptop.

use std::sync::Arc;

use async_trait::async_trait;
use azure_core::credentials::TokenCredential;
use azure_identity::DeveloperToolsCredential;
use sync::TenantId;

use super::entra::Claims;
use super::{Login, Proof, Secret};
use crate::graph::endpoints::Endpoints;
use crate::graph::error::{Error, Kind};

/// Whoever is signed in to the Azure CLI (`az login --tenant …`) or the Azure Developer CLI.
pub struct Developer {
    credential: Arc<DeveloperToolsCredential>,
    scope: String,
}

const PLACE: &str = "developer sign-in";

impl Developer {
    /// Takes the token of the command-line tools; nothing is asked before the first call.
    pub fn new(endpoints: &Endpoints) -> Result<Self, Error> {
        let credential = DeveloperToolsCredential::new(None)
            .map_err(|_| Error::new(Kind::Credential, PLACE, "the command-line tools can't be used"))?;
        Ok(Developer { credential, scope: endpoints.scope() })
    }
}

#[async_trait]
impl Login for Developer {
    async fn token(&self, tenant: &TenantId) -> Result<Secret, Error> {
        let token = self.credential.get_token(&[&self.scope], None).await;
        let token =
            token.map_err(|_| Error::new(Kind::Credential, PLACE, "not signed in: run az login --tenant"))?;
        let token = Secret::new(token.token.secret());
        match Claims::of(&token).and_then(|claims| claims.tid) {
            Some(tid) if tid != tenant.as_str() => {
                let why = format!("signed in to another tenant: run az login --tenant {tenant}");
                Err(Error::new(Kind::Credential, PLACE, why))
            }
            _ => Ok(token),
        }
    }

    /// Nothing is held here: the credential renews by itself.
    async fn renew(&self, _: &TenantId) -> Result<(), Error> {
        Ok(())
    }

    async fn prove(&self, _: &TenantId, _: &str) -> Result<Proof, Error> {
        Err(Error::new(
            Kind::Credential,
            PLACE,
            "a person's token proves no consent: use the managed identity",
        ))
    }

    async fn forget(&self, _: &TenantId, _: Option<&Secret>) {}
}
