//! The audit log: what was done, by whom, and when; append-only, and each entry bound to the one before.

mod append;
mod chain;
mod check;
pub mod command;
mod export;
mod keys;
mod people;
mod verify;

use serde_json::Value;
use sync::TenantId;
use uuid::Uuid;

use crate::App;
use crate::access::Caller;
use crate::host::Failure;
use crate::tables::Log;

pub use check::{Broken, Checked, What};
pub use export::Exported;
pub use keys::shown_key;
pub use people::{forget_person, people, pseudonym};
pub use verify::{entries, verify};

/// Who did something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// The program itself, by schedule or because a service's answer called for it.
    Wheelhouse,
    /// Somebody on the machine that has no public address.
    Machine,
    /// A person or a script, by object id.
    Person(Uuid),
}

impl From<&Caller> for Actor {
    fn from(caller: &Caller) -> Self {
        caller.person.map_or(Self::Machine, Self::Person)
    }
}

impl App {
    /// Appends an entry: `action` names an operation or an event, `details` holds ids, names of fields and counts.
    ///
    /// Never a value, a name or an address. Fails if the store does; what it tells of has then happened unlogged, so call
    /// it before the answer is given, and fail with it. Every GUID in it but the tenant's stands there as a pseudonym.
    pub async fn audit(
        &self,
        tenant: &TenantId,
        actor: Actor,
        action: &str,
        details: Value,
    ) -> Result<(), Failure> {
        append::append(self, &tenant.into(), actor, action, details).await
    }

    /// The same for what belongs to the deployment and no tenant; its details may name tenants, and no people.
    pub async fn audit_deployment(&self, actor: Actor, action: &str, details: Value) -> Result<(), Failure> {
        append::append(self, &Log::deployment(), actor, action, details).await
    }
}
