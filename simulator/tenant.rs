//! The handle to a tenant: its directory, what it granted, its mailboxes.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::error::Error;
use crate::state::chance::{guid, text};
use crate::state::directory::{Directory, Gone};
use crate::state::lock;
use crate::state::schema::Kind;
use crate::state::tenant::{MailboxState, TenantState};
use crate::state::world::World;

/// One tenant of a simulated world; clones are handles to the same tenant.
#[derive(Clone)]
pub struct Tenant {
    pub(crate) world: Arc<World>,
    pub(crate) state: Arc<TenantState>,
}

impl Tenant {
    pub(crate) fn new(world: Arc<World>, state: Arc<TenantState>) -> Self {
        Self { world, state }
    }

    /// The tenant's id, a GUID.
    #[must_use]
    pub fn tenant_id(&self) -> String {
        self.state.id.to_string()
    }

    // --- directory -------------------------------------------------------------------------------------------

    /// Adds a user: Graph properties, all optional but `displayName`.
    ///
    /// Without `id` one is made up; without `userPrincipalName`, `userType` or `accountEnabled` the usual values
    /// are set. Guests have no mailbox.
    ///
    /// # Errors
    /// When a property is unknown, has the wrong type or is too long for Graph.
    pub fn add_user(&self, user: Value) -> Result<Uuid, Error> {
        let (id, mut user) = self.identified(user, Kind::User)?;
        user.entry("userPrincipalName").or_insert_with(|| format!("{id}@tenant.example").into());
        user.entry("userType").or_insert_with(|| "Member".into());
        user.entry("accountEnabled").or_insert(Value::Bool(true));
        let guest = user.get("userType").is_some_and(|kind| kind == "Guest");
        self.edit(|directory| directory.add(Kind::User, id, user))?;
        self.set_mailbox_state(id, if guest { MailboxState::NotEnabled } else { MailboxState::Ok });
        Ok(id)
    }

    /// Adds a room or a shared mailbox: an account that is disabled, with a mailbox and an address made of its name.
    ///
    /// # Errors
    /// When the name is too long for Graph.
    pub fn add_room(&self, name: &str) -> Result<Uuid, Error> {
        let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
        let mail = format!("{}-{:x}@tenant.example", plain.to_ascii_lowercase(), text(name) >> 48);
        self.add_user(json!({
            "displayName": name, "mail": mail, "userPrincipalName": mail, "accountEnabled": false,
        }))
    }

    /// Adds a group: Graph properties, and `members` as a list of ids.
    ///
    /// # Errors
    /// When a property does not fit, or a member is not in the directory.
    pub fn add_group(&self, mut group: Value) -> Result<Uuid, Error> {
        let members = group.as_object_mut().and_then(|group| group.remove("members"));
        let members: Vec<Uuid> = members
            .map_or(Ok(Vec::new()), serde_json::from_value)
            .map_err(|why| Error::edit(format!("members of the group: {why}; give a list of ids")))?;
        let (id, mut group) = self.identified(group, Kind::Group)?;
        group.entry("securityEnabled").or_insert(Value::Bool(true));
        group.entry("mailEnabled").or_insert(Value::Bool(false));
        self.edit(|directory| directory.add(Kind::Group, id, group))?;
        members.into_iter().try_for_each(|member| self.add_member(id, member))?;
        Ok(id)
    }

    /// Adds an organisational contact, as the global address list has them.
    ///
    /// # Errors
    /// When a property does not fit.
    pub fn add_org_contact(&self, contact: Value) -> Result<Uuid, Error> {
        let (id, contact) = self.identified(contact, Kind::OrgContact)?;
        self.edit(|directory| directory.add(Kind::OrgContact, id, contact))?;
        Ok(id)
    }

    /// Sets properties of a user; `null` clears one.
    ///
    /// # Errors
    /// When the user is unknown or a property does not fit.
    pub fn update_user(&self, id: Uuid, set: &Value) -> Result<bool, Error> {
        self.update(Kind::User, id, set)
    }

    /// Sets properties of a group; `null` clears one.
    ///
    /// # Errors
    /// When the group is unknown or a property does not fit.
    pub fn update_group(&self, id: Uuid, set: &Value) -> Result<bool, Error> {
        self.update(Kind::Group, id, set)
    }

    /// Sets properties of an org contact; `null` clears one.
    ///
    /// # Errors
    /// When the contact is unknown or a property does not fit.
    pub fn update_org_contact(&self, id: Uuid, set: &Value) -> Result<bool, Error> {
        self.update(Kind::OrgContact, id, set)
    }

    /// Deletes a user softly: deltas say `changed`, and [`Tenant::restore_user`] brings the user back.
    ///
    /// # Errors
    /// When the user is unknown.
    pub fn remove_user(&self, id: Uuid) -> Result<(), Error> {
        self.edit(|directory| directory.remove(Kind::User, id, Gone::Changed))?;
        self.set_mailbox_state(id, MailboxState::InvalidUser);
        Ok(())
    }

    /// Deletes a user for good: deltas say `deleted`.
    ///
    /// # Errors
    /// When the user is unknown.
    pub fn purge_user(&self, id: Uuid) -> Result<(), Error> {
        self.edit(|directory| directory.remove(Kind::User, id, Gone::Deleted))?;
        self.set_mailbox_state(id, MailboxState::InvalidUser);
        Ok(())
    }

    /// Brings a softly deleted user back, with its mailbox.
    ///
    /// # Errors
    /// When there is no such deleted user.
    pub fn restore_user(&self, id: Uuid) -> Result<(), Error> {
        self.edit(|directory| directory.restore(Kind::User, id))?;
        self.set_mailbox_state(id, MailboxState::Ok);
        Ok(())
    }

    /// Deletes a group for good.
    ///
    /// # Errors
    /// When the group is unknown.
    pub fn remove_group(&self, id: Uuid) -> Result<(), Error> {
        self.edit(|directory| directory.remove(Kind::Group, id, Gone::Deleted))
    }

    /// Deletes an org contact for good.
    ///
    /// # Errors
    /// When the contact is unknown.
    pub fn remove_org_contact(&self, id: Uuid) -> Result<(), Error> {
        self.edit(|directory| directory.remove(Kind::OrgContact, id, Gone::Deleted))
    }

    /// Puts a user, group or org contact into a group.
    ///
    /// # Errors
    /// When either is unknown.
    pub fn add_member(&self, group: Uuid, member: Uuid) -> Result<(), Error> {
        self.edit(|directory| directory.set_member(group, member, true))
    }

    /// Takes a member out of a group.
    ///
    /// # Errors
    /// When the group is unknown.
    pub fn remove_member(&self, group: Uuid, member: Uuid) -> Result<(), Error> {
        self.edit(|directory| directory.set_member(group, member, false))
    }

    /// All users as the directory holds them, in the order of their ids; only properties that are set.
    #[must_use]
    pub fn users(&self) -> Vec<Value> {
        self.objects(Kind::User)
    }

    /// All groups as the directory holds them, with `members` as a list of ids.
    #[must_use]
    pub fn groups(&self) -> Vec<Value> {
        let directory = lock(&self.state.directory);
        let with_members = directory.groups.all_present().map(|(_, group)| {
            let mut shown = group.props.clone();
            shown.insert("members".into(), group.member_ids().map(|id| id.to_string()).collect());
            Value::Object(shown)
        });
        with_members.collect()
    }

    /// All org contacts as the directory holds them.
    #[must_use]
    pub fn org_contacts(&self) -> Vec<Value> {
        self.objects(Kind::OrgContact)
    }

    /// The id of the group of this name.
    #[must_use]
    pub fn group_named(&self, name: &str) -> Option<String> {
        let directory = lock(&self.state.directory);
        let mut groups = directory.groups.all_present();
        groups
            .find(|(_, group)| group.props.get("displayName").is_some_and(|n| n == name))
            .map(|(id, _)| id.to_string())
    }

    fn objects(&self, kind: Kind) -> Vec<Value> {
        let directory = lock(&self.state.directory);
        directory.of(kind).all_present().map(|(_, object)| object.props.clone().into()).collect()
    }

    fn update(&self, kind: Kind, id: Uuid, set: &Value) -> Result<bool, Error> {
        let set = set.as_object().ok_or_else(|| Error::edit("an update must be a JSON object"))?;
        self.edit(|directory| directory.update(kind, id, set))
    }

    fn edit<T>(&self, change: impl FnOnce(&mut Directory) -> Result<T, String>) -> Result<T, Error> {
        change(&mut lock(&self.state.directory)).map_err(Error::edit)
    }

    /// The object's id, its own or a made up one, and its properties.
    fn identified(&self, object: Value, kind: Kind) -> Result<(Uuid, Map<String, Value>), Error> {
        let Value::Object(object) = object else {
            return Err(Error::edit("a directory object must be a JSON object"));
        };
        if object.get("displayName").is_none_or(Value::is_null) {
            return Err(Error::edit(format!("a {} needs a displayName", kind.type_name())));
        }
        let id = match object.get("id") {
            Some(id) => {
                serde_json::from_value(id.clone()).map_err(|why| Error::edit(format!("id: {why}")))?
            }
            None => {
                let number = lock(&self.state.directory).version;
                guid(self.state.seed, kind.type_name(), number)
            }
        };
        Ok((id, object))
    }

    // --- mailboxes -------------------------------------------------------------------------------------------

    /// Changes whether a user's mailbox can be reached.
    pub fn set_mailbox_state(&self, user: Uuid, state: MailboxState) {
        *lock(&self.state.cell(user).state) = state;
    }

    /// Everything in a user's mailbox: `{"folders":[{"id","displayName","singleValueExtendedProperties","contacts"}]}`.
    ///
    /// The default folder is the one named "Contacts". Contacts carry every set field, `id` (immutable), `changeKey`
    /// and all extended properties; unset fields are left out.
    #[must_use]
    pub fn mailbox_contents(&self, user: Uuid) -> Value {
        lock(&self.state.cell(user).contacts).contents()
    }
}
