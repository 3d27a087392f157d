//! Who calls.

use std::collections::BTreeSet;

use sync::TenantId;
use uuid::Uuid;

use super::Role;

/// Whoever makes a call, as an extension of the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// How they proved who they are.
    pub via: Via,
    /// Their tenant; none on this machine, which is let into all.
    pub tenant: Option<TenantId>,
    /// The object id of the person or of the script's service principal; none on this machine.
    pub person: Option<Uuid>,
    /// What they may do.
    pub roles: BTreeSet<Role>,
}

/// How a caller proved who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Via {
    /// They call from this machine, which has no public address.
    Machine,
    /// By the cookie of a sign-in.
    Session,
    /// By a bearer token.
    Token,
}

impl Caller {
    /// Somebody on this machine, which holds the data and the keys anyway.
    #[must_use]
    pub fn on_this_machine() -> Self {
        Self { via: Via::Machine, tenant: None, person: None, roles: Role::ALL.into() }
    }

    /// Whether they may do what a role may.
    #[must_use]
    pub fn may(&self, role: Role) -> bool {
        self.roles.iter().any(|own| own.includes(role))
    }
}
