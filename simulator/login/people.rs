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
}

/// The tenants that an address' first segment stands for; a missing one is gone or never was.
pub(crate) fn tenants(world: &World, name: &str) -> Option<Vec<Arc<TenantState>>> {
    match name {
        "organizations" | "common" => Some(world.everyone()),
        id => Uuid::parse_str(id).ok().and_then(|id| world.tenant(id)).map(|tenant| vec![tenant]),
    }
}

/// The person of this id among the tenants; a refusal says why there is no such account.
pub(crate) fn find(tenants: &[Arc<TenantState>], id: &str) -> Result<Person, (u32, String)> {
    let id = Uuid::parse_str(id).map_err(|_| (50_020, "The account is not known.".to_owned()))?;
    let found = tenants.iter().find_map(|tenant| known(tenant, id));
    let person = found.ok_or_else(|| (50_020, format!("User account '{id}' does not exist in tenant.")))?;
    if person.enabled { Ok(person) } else { Err((50_057, "The user account is disabled.".to_owned())) }
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
    }
}

/// Everybody who can sign in, admins first.
fn everybody(tenants: &[Arc<TenantState>]) -> Vec<Person> {
    let mut all = Vec::new();
    for tenant in tenants {
        let directory = lock(&tenant.directory);
        all.extend(directory.users.all_present().map(|(id, user)| person(tenant, *id, &user.props)));
    }
    all.retain(|person: &Person| person.enabled);
    all.sort_by_key(|person| (!person.admin, lock(&person.tenant.access).roles_of(person.id).is_empty()));
    all.truncate(MOST);
    all
}

/// A form for each person who can sign in.
pub(crate) fn forms(
    tenants: &[Arc<TenantState>],
    action: &str,
    hidden: &[(&str, &str)],
    buttons: &[(&str, &str, &str)],
) -> String {
    let forms = everybody(tenants).into_iter().map(|person| {
        let id = person.id.to_string();
        let hidden: Vec<_> = hidden.iter().copied().chain([("person", id.as_str())]).collect();
        let kind = if person.admin { ", administrator" } else { "" };
        let who = format!("<p>{} ({}{kind})</p>", escape(&person.name), escape(&person.account));
        format!("{who}{}", form(action, &hidden, buttons))
    });
    forms.collect()
}
