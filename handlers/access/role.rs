//! What a person or script may do: the app roles of the registration.

use serde::{Deserialize, Serialize};

/// The directory roles that may consent to application permissions: Global and Privileged Role Administrator.
///
/// <https://learn.microsoft.com/entra/identity/role-based-access-control/permissions-reference>
const CONSENTING: [&str; 2] =
    ["62e90394-69f5-4237-9190-012177145e10", "e8611ab8-c189-46e8-94e1-60213ab1f814"];

/// Whether one of the directory roles that an id token's claim `wids` names may consent for the whole tenant.
#[must_use]
pub fn may_consent(wids: &[String]) -> bool {
    wids.iter().any(|id| CONSENTING.contains(&id.as_str()))
}

/// An app role, assigned in the caller's own tenant; its name is the role's value in Entra.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Role {
    /// Sees status, and no content.
    Reader,
    /// Starts runs and previews; a `Reader` too.
    Operator,
    /// Decides about hubs and held plans, and sees content where that needs it; an `Operator` too.
    Administrator,
    /// Exports, erases and audits; a `Reader` too.
    Privacy,
    /// Owns the deployment: tenants and plans of all, and nobody's content. Counts in the home tenant only.
    Owner,
}

impl Role {
    /// All of them, the least first.
    pub const ALL: [Role; 5] =
        [Role::Reader, Role::Operator, Role::Administrator, Role::Privacy, Role::Owner];

    /// Its name in Entra, in tokens and in the documents.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Role::Reader => "Reader",
            Role::Operator => "Operator",
            Role::Administrator => "Administrator",
            Role::Privacy => "Privacy",
            Role::Owner => "Owner",
        }
    }

    /// The role of this name; none where it is no role of ours.
    #[must_use]
    pub fn named(name: &str) -> Option<Role> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// Whether whoever has this role may do what `other` may.
    #[must_use]
    pub fn includes(self, other: Role) -> bool {
        self == other
            || match self {
                Role::Administrator => matches!(other, Role::Operator | Role::Reader),
                Role::Operator | Role::Privacy => other == Role::Reader,
                Role::Reader | Role::Owner => false,
            }
    }
}
