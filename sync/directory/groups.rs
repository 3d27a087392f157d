//! Groups and who is in them, nested ones included.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::Directory;
use super::apply::usable;

/// A group and its direct members; a group that is a member of another is no member of the list itself.
///
/// `Debug` shows the count only, for the name may be personal.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Group {
    /// The group's name, perhaps empty.
    pub display_name: String,
    /// The ids of users, org contacts, groups and whatever else is in it.
    pub members: BTreeSet<String>,
}

/// A group's members that can't be told.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum GroupError {
    /// There is no such group: somebody must correct the configuration.
    #[error("there is no group {0} in the directory")]
    Unknown(String),
    /// The groups were not yet read to the end: try again after the next reading.
    #[error("the groups of the directory were not read to the end yet")]
    NotRead,
}

impl Directory {
    /// The group with this id.
    pub fn group(&self, id: &str) -> Result<&Group, GroupError> {
        if !self.groups_known {
            return Err(GroupError::NotRead);
        }
        let key = usable(id).unwrap_or_default();
        self.groups.get(&key).ok_or_else(|| GroupError::Unknown(id.to_owned()))
    }

    /// The ids of all that is in these groups, directly or through nested groups.
    ///
    /// Each group is entered once, so that groups which contain each other do no harm.
    pub fn members_of(&self, groups: &[String]) -> Result<BTreeSet<&str>, GroupError> {
        let mut open = groups.iter().map(|id| self.group(id)).collect::<Result<Vec<_>, _>>()?;
        let mut found = BTreeSet::new();
        while let Some(group) = open.pop() {
            for member in &group.members {
                if found.insert(member.as_str()) {
                    open.extend(self.groups.get(member));
                }
            }
        }
        Ok(found)
    }

    /// The groups by id.
    pub fn groups(&self) -> &BTreeMap<String, Group> {
        &self.groups
    }
}

impl fmt::Debug for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Group({} members)", self.members.len())
    }
}
