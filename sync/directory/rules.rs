//! Who of the directory is in the list.

use serde::{Deserialize, Serialize};

use super::{Directory, Feed, GroupError, Person};

/// A hub's choice among the people of a directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Rules {
    /// Only who is in one of these groups (object ids), nested ones included; none = everybody.
    pub groups: Vec<String>,
    /// Nobody who is in one of these groups, whatever else lets them in.
    pub exclude_groups: Vec<String>,
    /// Users from other tenants too.
    pub guests: bool,
    /// Disabled accounts too; shared mailboxes and rooms have such accounts.
    pub disabled: bool,
    /// People who are hidden from address lists too.
    pub hidden: bool,
    /// People without a business or mobile phone too.
    pub without_phone: bool,
    /// Org contacts too.
    pub org_contacts: bool,
}

impl Default for Rules {
    fn default() -> Self {
        Rules {
            groups: Vec::new(),
            exclude_groups: Vec::new(),
            guests: false,
            disabled: false,
            hidden: false,
            without_phone: true,
            org_contacts: true,
        }
    }
}

impl Rules {
    /// The people of the directory who are in the list.
    pub fn people<'d>(&self, directory: &'d Directory) -> Result<Vec<Person<'d>>, GroupError> {
        let inside = directory.members_of(&self.groups)?;
        let outside = directory.members_of(&self.exclude_groups)?;
        let chosen = |person: &Person<'_>| {
            (self.groups.is_empty() || inside.contains(person.id))
                && !outside.contains(person.id)
                && self.admits(person)
        };
        Ok(directory.people().filter(chosen).collect())
    }

    /// Whether a person is in the list, groups aside.
    fn admits(&self, person: &Person<'_>) -> bool {
        (self.guests || !person.guest)
            && (self.disabled || person.enabled)
            && (self.hidden || !person.hidden)
            && (self.without_phone || person.has_phone())
            && (self.org_contacts || person.feed != Feed::OrgContacts)
    }
}
