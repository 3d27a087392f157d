//! Who may do what by the app roles of a tenant: people, admins, scripts.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

/// The assignments of a tenant.
#[derive(Debug, Default)]
pub(crate) struct Access {
    pub(crate) roles: BTreeMap<Uuid, BTreeSet<String>>,
    pub(crate) admins: BTreeSet<Uuid>,
    pub(crate) scripts: Vec<ScriptState>,
}

/// A script's own service principal; it is its app registration, too.
#[derive(Clone, Debug)]
pub(crate) struct ScriptState {
    pub(crate) client_id: Uuid,
    pub(crate) principal: Uuid,
    pub(crate) secret: String,
    pub(crate) roles: Vec<String>,
}

impl Access {
    /// The app roles of a person, as a token lists them.
    pub(crate) fn roles_of(&self, person: Uuid) -> Vec<String> {
        self.roles.get(&person).into_iter().flatten().cloned().collect()
    }

    /// The directory roles of a person: every member has the last one.
    pub(crate) fn directory_roles(&self, person: Uuid) -> Vec<&'static str> {
        let admin = self.admins.contains(&person).then_some(GLOBAL_ADMINISTRATOR);
        admin.into_iter().chain([ORDINARY_USER]).collect()
    }

    pub(crate) fn script(&self, client: &str) -> Option<&ScriptState> {
        self.scripts.iter().find(|script| client.eq_ignore_ascii_case(&script.client_id.to_string()))
    }
}

const GLOBAL_ADMINISTRATOR: &str = "62e90394-69f5-4237-9190-012177145e10";
const ORDINARY_USER: &str = "b79fbf4d-3ef9-4689-8143-76b194e85509";
