//! What a tenant granted, and to which application.

use std::collections::BTreeSet;

use async_trait::async_trait;
use sync::TenantId;
use uuid::Uuid;

use super::Secret;
use super::entra::Claims;
use crate::graph::error::{Error, Kind, Withdrawn};

/// The permissions that read a tenant's directory: all that a tenant grants whose mailboxes Exchange's own roles scope.
pub const DIRECTORY_ROLES: [&str; 3] = ["User.Read.All", "OrgContact.Read.All", "GroupMember.Read.All"];

/// The permissions that reach into every mailbox of a tenant.
pub const MAILBOX_ROLES: [&str; 2] = ["Contacts.ReadWrite", "Calendars.ReadWrite"];

/// The permissions without which nothing works in a tenant of which nobody noted what it consented to.
pub const NEEDED_ROLES: [&str; 4] =
    ["User.Read.All", "OrgContact.Read.All", "GroupMember.Read.All", "Contacts.ReadWrite"];

/// As which application we sign in at a tenant, and what its tokens must carry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The application's client id.
    pub client_id: String,
    /// The roles without one of which a token counts as refused.
    pub needed: BTreeSet<String>,
}

/// Who knows what each tenant granted.
#[async_trait]
pub trait Grants: Send + Sync {
    /// What a tenant granted; asked before each new token, which is about once an hour.
    async fn of(&self, tenant: &TenantId) -> Result<Grant, Error>;
}

/// The same at every tenant.
#[async_trait]
impl Grants for Grant {
    async fn of(&self, _: &TenantId) -> Result<Grant, Error> {
        Ok(self.clone())
    }
}

/// What a token that was just issued proves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// Whose it is.
    pub tenant: Uuid,
    /// The permissions that were granted.
    pub roles: BTreeSet<String>,
    /// The object id of the enterprise application there.
    pub service_principal: Uuid,
}

impl Proof {
    /// Reads what a token says of itself.
    pub(super) fn of(place: &str, token: &Secret) -> Result<Proof, Error> {
        let unreadable = || Error::new(Kind::Protocol, place, "the token does not say whose it is");
        let claims = Claims::of(token).ok_or_else(unreadable)?;
        let id =
            |claim: Option<String>| claim.and_then(|id| Uuid::parse_str(&id).ok()).ok_or_else(unreadable);
        let (tenant, service_principal) = (id(claims.tid)?, id(claims.oid)?);
        Ok(Proof { tenant, roles: claims.roles.into_iter().collect(), service_principal })
    }
}

/// Refuses a token of another tenant, and one that lacks a role: a permission that was taken away still gives a token.
pub(super) fn check(place: &str, token: &Secret, tenant: &TenantId, grant: &Grant) -> Result<(), Error> {
    let Some(claims) = Claims::of(token) else { return Ok(()) };
    if claims.tid.is_some_and(|tid| !tid.eq_ignore_ascii_case(tenant.as_str())) {
        return Err(Error::new(Kind::Protocol, place, "the token is for another tenant"));
    }
    match grant.needed.iter().find(|role| !claims.roles.contains(role)) {
        Some(role) => {
            let why = format!("the token lacks the role {role}");
            Err(Error::new(Kind::Consent(Withdrawn::Permission), place, why))
        }
        None => Ok(()),
    }
}
