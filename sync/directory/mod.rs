//! What one contributing `directory` spoke was last known to hold: users, org contacts, groups.
//!
//! It is kept as Graph gave it, property by property, and read leniently: what the service adds or spoils later
//! must not stop a run.

mod apply;
mod groups;
mod person;
mod properties;
mod round;
mod rules;
mod strike;

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use groups::{Group, GroupError};
pub use person::{EXTENSION_ATTRIBUTES, Person};
pub use round::{Change, Feed, Member, Round};
pub use rules::Rules;

/// The state of a directory, moved on by each [`Round`] that is applied to it.
///
/// Store it together with the delta links that it was read up to: one without the other is worth nothing.
/// `Debug` shows counts only, for the rest is personal data.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Directory {
    users: BTreeMap<String, Map<String, Value>>,
    org_contacts: BTreeMap<String, Map<String, Value>>,
    groups: BTreeMap<String, Group>,
    /// A listing of the groups was read to its end at least once: an unknown group is really unknown.
    groups_known: bool,
}

impl Directory {
    /// Everybody in the directory, users before org contacts, by id.
    pub fn people(&self) -> impl Iterator<Item = Person<'_>> {
        let users = self.users.iter().map(|(id, properties)| Person::user(id, properties));
        let contacts = self.org_contacts.iter().map(|(id, properties)| Person::org_contact(id, properties));
        users.chain(contacts)
    }

    /// How many objects a feed has brought.
    pub fn count(&self, feed: Feed) -> usize {
        match feed {
            Feed::Users => self.users.len(),
            Feed::OrgContacts => self.org_contacts.len(),
            Feed::Groups => self.groups.len(),
        }
    }
}

impl fmt::Debug for Directory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Directory { users, org_contacts, groups, .. } = self;
        write!(
            f,
            "Directory({} users, {} org contacts, {} groups)",
            users.len(),
            org_contacts.len(),
            groups.len()
        )
    }
}

#[cfg(test)]
pub(crate) mod tests;
