//! Who can sign in at a page, and who was picked.

use std::sync::Arc;

use serde_json::Value;
use uuid::Uuid;

use super::page::{escape, form};
use crate::state::lock;
use crate::state::tenant::TenantState;
use crate::state::world::World;

/// The most accounts that a page offers.
const MOST: usize = 100;

/// A person at the sign-in page.
#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) tenant: Arc<TenantState>,
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) account: String,
    pub(crate) admin: bool,
    enabled: bool,
    guest: bool,
}

/// Who can sign in at an address of the sign-in service.
pub(crate) struct Accounts {
    tenants: Vec<Arc<TenantState>>,
    /// Guests sign in where the tenant is named; elsewhere they are asked for at home.
    guests: bool,
}

type Refused = (u32, String);

impl Accounts {
    /// Those of one tenant.
    pub(crate) fn of(tenant: &Arc<TenantState>) -> Self {
        Self { tenants: vec![Arc::clone(tenant)], guests: true }
    }

    /// Those that an address' first segment stands for; a tenant that is missing is gone or never was.
    pub(crate) fn at(world: &World, name: &str) -> Result<Self, Refused> {
        if matches!(name, "organizations" | "common") {
            return Ok(Self { tenants: world.everyone(), guests: false });
        }
        let tenant = Uuid::parse_str(name).ok().and_then(|id| world.tenant(id));
        tenant.map(|tenant| Self::of(&tenant)).ok_or_else(|| (90_002, format!("Tenant '{name}' not found.")))
    }

    /// The person of this id, in a tenant if one is named.
    pub(crate) fn find(&self, person: &str, tenant: &str) -> Result<Person, Refused> {
        let unknown = || (50_020, format!("User account '{person}' does not exist in tenant."));
        let id = Uuid::parse_str(person).map_err(|_| unknown())?;
        let named = |known: &&Arc<TenantState>| tenant.is_empty() || known.id.to_string() == tenant;
        let found = self.tenants.iter().filter(named).find_map(|tenant| known(tenant, id));
        let person = found.filter(|person| self.guests || !person.guest).ok_or_else(unknown)?;
        if person.enabled { Ok(person) } else { Err((50_057, "The user account is disabled.".to_owned())) }
    }

    /// Everybody who can sign in, admins first.
    fn everybody(&self) -> Vec<Person> {
        let mut all = Vec::new();
        for tenant in &self.tenants {
            let directory = lock(&tenant.directory);
            all.extend(directory.users.all_present().map(|(id, user)| person(tenant, *id, &user.props)));
        }
        all.retain(|person: &Person| person.enabled && (self.guests || !person.guest));
        all.sort_by_key(|person| (!person.admin, lock(&person.tenant.access).roles_of(person.id).is_empty()));
        all.truncate(MOST);
        all
    }

    /// A form for each person who can sign in.
    pub(crate) fn forms(
        &self,
        action: &str,
        hidden: &[(&str, &str)],
        buttons: &[(&str, &str, &str)],
    ) -> String {
        let forms = self.everybody().into_iter().map(|person| {
            let (id, tenant) = (person.id.to_string(), person.tenant.id.to_string());
            let who = [("person", id.as_str()), ("tenant", tenant.as_str())];
            let hidden: Vec<_> = hidden.iter().copied().chain(who).collect();
            let kind = if person.admin { ", administrator" } else { "" };
            let who = format!("<p>{} ({}{kind})</p>", escape(&person.name), escape(&person.account));
            format!("{who}{}", form(action, &hidden, buttons))
        });
        forms.collect()
    }
}

fn known(tenant: &Arc<TenantState>, id: Uuid) -> Option<Person> {
    let directory = lock(&tenant.directory);
    let user = directory.users.all_present().find(|(known, _)| **known == id);
    user.map(|(_, user)| person(tenant, id, &user.props))
}

fn person(tenant: &Arc<TenantState>, id: Uuid, props: &serde_json::Map<String, Value>) -> Person {
    let text = |name: &str| props.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    Person {
        tenant: Arc::clone(tenant),
        id,
        name: text("displayName"),
        account: text("userPrincipalName"),
        admin: lock(&tenant.access).admins.contains(&id),
        enabled: props.get("accountEnabled") != Some(&Value::Bool(false)),
        guest: text("userType") == "Guest",
    }
}
